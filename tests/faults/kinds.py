"""The kinds of faults: each does its harm to a chain, undoes it where that is not the product's to do,
and waits until new rows arrive."""

import itertools
import random
import signal
import time

from faults.chain import Chain
from faults.disorder import Writer
from faults.fault import Fault
from faults.odd_kinds import at_the_socket, damaged_checkpoint, no_connections, second_feeder
from servers.cutting_proxy import Moment

# Seconds within which the second of a pair is killed after the first.
_PAIR_WITHIN_S = 1.5
_ROWS_FOR_A_FULL_DISK = 5_000
_NOTICED_WITHIN_S = 300.0
# In which log somebody says what of a full disk.
_FULL_DISK_SAYS = {
    "kafka": ("kafka", "kafka ended with"),
    "checkpoints": ("task", "stream ended with"),
    "mysql": ("sink", "store_away"),
    "feeds": ("task", "feeder ended with"),
}


def _none(chain: Chain, _chance: random.Random) -> float:
    return chain.wait_for_new_rows()


def _kill_all(chain: Chain, chance: random.Random, names: tuple[str, ...]) -> None:
    for number, name in enumerate(names):
        if number:
            time.sleep(chance.uniform(0, _PAIR_WITHIN_S))
        chain.processes.signal(name, signal.SIGKILL)


def kill(*names: str) -> Fault:
    """kill -9 of one process at a random moment, or of several within a moment."""

    def inject(chain: Chain, chance: random.Random) -> float:
        time.sleep(chance.uniform(0, 2))
        _kill_all(chain, chance, names)
        return chain.wait_for_new_rows()

    return Fault(f"kill -9 of {' and '.join(names)}", inject)


def kill_a_pair(victims: tuple[str, ...]) -> Fault:
    """kill -9 of two processes, another pair each time."""
    pairs = list(itertools.combinations(victims, 2))

    def inject(chain: Chain, chance: random.Random) -> float:
        return kill(*chance.choice(pairs)).inject(chain, chance)

    return Fault("kill -9 of two", inject)


def stop_for(name: str, seconds: float) -> Fault:
    """SIGSTOP, and SIGCONT later: a machine that swaps, a debugger, a pause of a virtual machine."""

    def inject(chain: Chain, chance: random.Random) -> float:
        time.sleep(chance.uniform(0, 1))
        chain.processes.signal(name, signal.SIGSTOP)
        time.sleep(seconds)
        chain.processes.signal(name, signal.SIGCONT)
        return chain.wait_for_new_rows()

    return Fault(f"SIGSTOP of {name} for {seconds:.0f} s", inject)


def away_for(*names: str, seconds: float) -> Fault:
    """Servers that die and do not come back for a while."""

    def inject(chain: Chain, chance: random.Random) -> float:
        time.sleep(chance.uniform(0, 1))
        for name in names:
            chain.processes.hold(name)
        time.sleep(seconds)
        for name in names:
            chain.processes.release(name)
        return chain.wait_for_new_rows()

    return Fault(f"{' and '.join(names)} away for {seconds:.0f} s", inject)


def cut(moment: Moment) -> Fault:
    """The sink's connection to MySQL, cut at a moment of a transaction."""

    def inject(chain: Chain, _chance: random.Random) -> float:
        assert chain.proxy.cut_next(moment).wait(60), "no transaction came by"
        return chain.wait_for_new_rows()

    return Fault(f"connection cut {moment.value}", inject)


def disorder(rows: int, *, times: int, days: int) -> Fault:
    """Observations shuffled, each delivered several times, up to so many days late."""

    def inject(chain: Chain, chance: random.Random) -> float:
        writer = Writer(chain, chance)
        writer.send_and_take_back()
        writer.send_shuffled(rows, times=times, days=days)
        return chain.wait_for_new_rows()

    return Fault(f"{rows} rows shuffled, {times} times each, up to {days} days late", inject)


def poison(count: int, among: int) -> Fault:
    """Messages that are no observation, of twelve kinds, among good ones."""

    def inject(chain: Chain, chance: random.Random) -> float:
        Writer(chain, chance).send_poison(count, among)
        return chain.wait_for_new_rows()

    return Fault(f"{count} poison messages among {among}", inject)


def poison_and_kill(count: int, among: int, *names: str) -> Fault:
    """The same, and processes die while it is worked off."""

    def inject(chain: Chain, chance: random.Random) -> float:
        Writer(chain, chance).send_poison(count, among)
        return kill(*names).inject(chain, chance)

    return Fault(f"{count} poison among {among}, kill -9 of {' and '.join(names)}", inject)


def full_disk(of: str, seconds: float) -> Fault:
    """A disk without a free byte until somebody has noticed, and for a while longer."""
    log, said = _FULL_DISK_SAYS[of]

    def inject(chain: Chain, chance: random.Random) -> float:
        assert chain.disks is not None
        writer = Writer(chain, chance)
        before = chain.processes.log(log).count(said)
        chain.disks.fill(of)
        deadline = time.monotonic() + _NOTICED_WITHIN_S
        while chain.processes.log(log).count(said) == before:
            assert time.monotonic() < deadline, f"nobody noticed that the disk of {of} is full"
            if of == "mysql":  # its files have room for some rows yet
                writer.send_shuffled(_ROWS_FOR_A_FULL_DISK, times=1, days=6)
            time.sleep(2)
        time.sleep(seconds)
        chain.disks.clear(of)
        return chain.wait_for_new_rows()

    return Fault(f"full disk of {of} for {seconds:.0f} s", inject, needs_disks=True)


PROGRAMS = ("feeder", "bridge", "stream", "java", "worker", "sink", "kafka", "mysql")
VICTIMS = (*PROGRAMS, "task")
CUTS = tuple(cut(moment) for moment in Moment)

SHORT: tuple[Fault, ...] = (
    kill("java", "sink"),
    kill("kafka", "feeder"),
    kill("mysql", "bridge"),
    *CUTS,
    disorder(3_000, times=3, days=6),
    poison_and_kill(120, 6_000, "worker"),
)
# Each of them often, in turn.
OFTEN: tuple[Fault, ...] = (
    Fault("none, for comparison", _none),
    *(kill(name) for name in VICTIMS),
    kill_a_pair(VICTIMS),
    *CUTS,
)
# Long ones, a few times each.
SELDOM: tuple[Fault, ...] = (
    poison(1_000, 100_000),
    poison_and_kill(1_000, 100_000, "java", "sink"),
    disorder(30_000, times=3, days=6),
    full_disk("kafka", 20),
    full_disk("checkpoints", 20),
    full_disk("mysql", 20),
    full_disk("feeds", 10),
    *(stop_for(name, 60) for name in PROGRAMS),
    away_for("kafka", seconds=180),
    away_for("mysql", seconds=180),
    away_for("kafka", "mysql", seconds=120),
    damaged_checkpoint(),
    no_connections(20),
    at_the_socket(),
    second_feeder(),
)
