"""Kinds of faults that are no kill: others at the servers, a checkpoint that is damaged."""

import random
import shutil
import signal
import time

from faults import strangers
from faults.chain import Chain
from faults.fault import Fault


def damaged_checkpoint() -> Fault:
    """A log of the checkpoint is cut: said with the way out, which is then gone."""

    def inject(chain: Chain, _chance: random.Random) -> float:
        said = f"Delete the checkpoint {chain.settings.checkpoint_uri}"
        before = chain.processes.log("task").count(said)
        for name in ("java", "stream"):
            chain.processes.signal(name, signal.SIGKILL)
        checkpoint = chain.settings.state_dir / "checkpoints" / chain.feed_id
        newest = max((checkpoint / "offsets").glob("[0-9]*"), key=lambda one: int(one.name))
        newest.with_name(f".{newest.name}.crc").unlink(missing_ok=True)
        newest.write_bytes(newest.read_bytes()[:-20])
        chain.wait_until(lambda: chain.processes.log("task").count(said) > before)
        shutil.rmtree(checkpoint)
        return chain.wait_for_new_rows()

    return Fault("the checkpoint's log cut, then deleted as told", inject)


def no_connections(seconds: float) -> Fault:
    """A MySQL whose connections others have taken, all of them, until the sink has noticed."""

    def inject(chain: Chain, _chance: random.Random) -> float:
        before = chain.processes.log("sink").count("Too many connections")
        with strangers.all_connections(chain):
            chain.wait_until(lambda: chain.processes.log("sink").count("Too many connections") > before)
            time.sleep(seconds)
        return chain.wait_for_new_rows()

    return Fault(f"no connections to mysql for {seconds:.0f} s", inject)


def at_the_socket() -> Fault:
    """Others at the bridge's socket: frames that are none, half ones, and some who never read."""

    def inject(chain: Chain, chance: random.Random) -> float:
        with strangers.at_the_socket(chain, chance):
            return chain.wait_for_new_rows()

    return Fault("strangers at the socket", inject)


def second_feeder() -> Fault:
    """A second feeder of the feed, started by hand."""

    def inject(chain: Chain, _chance: random.Random) -> float:
        ended = chain.processes.run_again("feeder")
        assert ended.returncode != 0
        assert "Another process holds" in ended.stdout, ended.stdout
        return chain.wait_for_new_rows()

    return Fault("a second feeder", inject)
