"""Processes by identity: started in a group of their own, never mistaken for another, stopped whole.

A pid alone is no identity: it is reused. A recorded process counts as alive only if boot, pid and
start tick agree. What outlived its parent is still found, because everything we start carries two
marks of its instance: `ISOTHERM_INSTANCE` in its environment, which a program that sets its own title
overwrites, and an inherited open file, which a program started anew by another may not get.
"""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

INSTANCE_VARIABLE = "ISOTHERM_INSTANCE"
_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class ProcessIdentity:
    """One process, for ever: its pid, when it started (clock ticks since boot), and which boot."""

    pid: int
    start_tick: int
    boot_id: str

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity | None":
        """Identity of a living process; None if there is none (a zombie counts as none)."""
        start_tick = _start_tick(pid)
        return None if start_tick is None else cls(pid, start_tick, boot_id())

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return self.boot_id == boot_id() and _start_tick(self.pid) == self.start_tick


def boot_id() -> str:
    """What tells this boot of the machine from any other."""
    return _BOOT_ID_FILE.read_text().strip() if _BOOT_ID_FILE.exists() else ""


def _start_tick(pid: int) -> int | None:
    """Field 22 of /proc/<pid>/stat; None if the process is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, start_tick = fields[0], fields[19]
    return None if state in "ZX" else int(start_tick)


def become_subreaper() -> None:
    """Have orphans of our servers become our children, so that none escapes the stop."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_orphans(seen: set[int]) -> set[int]:
    """Collect the exit status of orphans that came to us and ended.

    Our own children are collected within a second by whoever started them, so only a zombie that was
    there last time too is an orphan's.

    Args:
        seen: the zombies of the last call.

    Returns:
        The zombies of this call.
    """
    zombies = set()
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess, ChildProcessError):
            if child.status() != psutil.STATUS_ZOMBIE:
                continue
            if child.pid in seen:
                os.waitpid(child.pid, os.WNOHANG)
            else:
                zombies.add(child.pid)
    return zombies


def start_in_group(
    command: Sequence[str], environment: Mapping[str, str], log_file: Path, folder: Path
) -> "subprocess.Popen[bytes]":
    """Start a program in a session and process group of its own, output appended to a log.

    The log is opened for appending, so that it can be truncated while the program writes. Where the
    environment names an instance, the program and what it forks inherit an open file of that name.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    instance = environment.get(INSTANCE_VARIABLE, "")
    mark = os.memfd_create(_mark_name(instance))
    try:
        with log_file.open("ab") as log:
            return subprocess.Popen(
                command,
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(mark,) if instance else (),
            )
    finally:
        os.close(mark)


def _mark_name(instance: str) -> str:
    return f"isotherm-{instance}"


def family(identity: ProcessIdentity, instance: str = "") -> list[psutil.Process]:
    """A server's processes: its group, and their descendants in groups of their own.

    Args:
        identity: the server's first process; the group is looked for even after it has died.
        instance: the mark that tells our orphans from a stranger's group with a reused number.
    """
    group = (one for one in psutil.process_iter() if group_of(one.pid) == identity.pid)
    members = [one for one in group if is_living(one)]
    if not identity.is_alive():
        if identity.boot_id != boot_id():
            return []
        members = [one for one in members if _is_ours(one, instance)]
    return list(with_descendants(members).values())


def with_descendants(processes: Iterable[psutil.Process]) -> dict[int, psutil.Process]:
    """These processes and all they started, by pid; nothing is said of what ends meanwhile."""
    found: dict[int, psutil.Process] = {}
    for process in processes:
        found[process.pid] = process
        with suppress(psutil.NoSuchProcess):
            found |= {one.pid: one for one in process.children(recursive=True)}
    return found


def _is_ours(process: psutil.Process, instance: str) -> bool:
    """Whether a process carries our mark, or has become our child as an orphan."""
    try:
        return process.ppid() == os.getpid() or has_mark(process.pid, instance)
    except psutil.NoSuchProcess:
        return False


def has_mark(pid: int, instance: str) -> bool:
    """Whether a process was started by the instance, or by one of its processes."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        if f"{INSTANCE_VARIABLE}={instance}".encode() in environment.split(b"\0"):
            return True
        link = f"/memfd:{_mark_name(instance)} "
        marks = (one for one in Path(f"/proc/{pid}/fd").iterdir() if _link(one).startswith(link))
        return any(_is_handed_on(pid, one.name) for one in marks)
    except OSError:
        return False  # gone, or another user's


def _is_handed_on(pid: int, descriptor: str) -> bool:
    """Whether what the process executes has the file, too.

    It was handed to it in the same way. Whoever starts one of ours has the file as well, for a moment,
    but closed to what it executes: `up` must not be ended as a leftover by the supervisor it starts.
    """
    try:
        fields = Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text().split()
    except OSError:
        return False  # closed meanwhile
    return not int(fields[fields.index("flags:") + 1], 8) & os.O_CLOEXEC


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""  # closed meanwhile


def instance_processes(instance: str) -> list[psutil.Process]:
    """Every process that carries a mark of the instance, with all descendants, except this one."""
    found = with_descendants(one for one in psutil.process_iter() if has_mark(one.pid, instance))
    found.pop(os.getpid(), None)
    return list(found.values())


def proportional_memory(processes: Iterable[psutil.Process]) -> int:
    """Proportional set size of some processes together, in bytes: shared pages count once in all."""
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_full_info().pss
    return total


def stop_family(
    identity: ProcessIdentity,
    grace_s: float,
    stop_signal: signal.Signals = signal.SIGTERM,
    instance: str = "",
) -> None:
    """Stop a server with all its processes: ask its group, wait, then kill what is left.

    Children in other groups are not signalled first: their parents forward it, and know the order.
    """
    members = family(identity, instance)
    if not members:
        return
    group = [one for one in members if group_of(one.pid) == identity.pid]
    for process in group:
        _quietly(partial(process.send_signal, stop_signal))
    _wait_gone(members, grace_s)
    for process in [*members, *family(identity, instance)]:
        _quietly(process.kill)
    _wait_gone(members, 5)


def group_of(pid: int) -> int | None:
    """The process group of a process; None if there is none."""
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def end_processes(processes: Sequence[psutil.Process], grace_s: float) -> None:
    """End some processes one by one: SIGTERM, wait, SIGKILL. psutil checks that no pid was reused."""
    living = [one for one in processes if one.is_running()]
    for process in living:
        _quietly(process.terminate)
    for process in _wait_gone(living, grace_s):
        _quietly(process.kill)
    _wait_gone(living, 5)


def _quietly(action: Callable[[], object]) -> None:
    with suppress(psutil.NoSuchProcess):
        action()


def _wait_gone(processes: Sequence[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    """Wait for processes to end, whoever reaps them; gives those that have not."""
    deadline = time.monotonic() + timeout_s
    living = list(processes)
    while True:
        living = [one for one in living if is_living(one)]
        if not living or time.monotonic() > deadline:
            return living
        time.sleep(0.05)


def is_living(process: psutil.Process) -> bool:
    """Whether it runs; a zombie does not, nor one that is collected while it is asked."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
