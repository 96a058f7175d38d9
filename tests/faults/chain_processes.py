"""The processes of a chain: started, looked up by name, killed, held back.

What has died is started again by the product itself: servers by its `Watch`, the programs of the replay
by its supervisor; only the task that holds that supervisor, Airflow's in the product, by this.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil

from isotherm.local.environment import base_environment, instance_name
from isotherm.local.processes import end_processes, instance_processes
from isotherm.local.server import Server
from isotherm.local.watch import Watch
from isotherm.settings import Settings
from isotherm.stream.children import record_path

CHILDREN: Final = ("feeder", "bridge", "stream")
READY_WITHIN_S: Final = 600.0
_TASK: Final = Path(__file__).with_name("replay_task.py")
_RETRY_AFTER_S: Final = 1.0
_POLL_S: Final = 0.05


def wait_until(is_so: Callable[[], bool], within_s: float, describe: Callable[[], str]) -> float:
    """Wait for a condition; returns how long that took, in seconds."""
    started = time.monotonic()
    while not is_so():
        waited = time.monotonic() - started
        assert waited < within_s, f"not within {within_s:.0f} s\n{describe()}"
        time.sleep(_POLL_S)
    return time.monotonic() - started


class ChainProcesses:
    """Servers, the task of a replay, and the programs that it starts."""

    def __init__(self, settings: Settings, servers: list[Server], form: Mapping[str, object]) -> None:
        """Prepare; `start` starts them.

        Args:
            settings: of this chain.
            servers: in order of their start; each waits for those before it.
            form: what the task plays, see `replay_task`.
        """
        self._settings = settings
        self._form = form
        self._stopping = threading.Event()
        self._held = {one.name: threading.Event() for one in servers}
        self._task: subprocess.Popen[bytes] | None = None
        self._watches = {one.name: self._watch(one) for one in servers}

    def _watch(self, server: Server) -> Watch:
        held = self._held[server.name]

        def prepare() -> None:
            while held.is_set() and not self._stopping.wait(_POLL_S):
                pass
            server.prepare()

        return Watch(
            server=replace(server, prepare=prepare),
            settings=self._settings,
            ready=threading.Event(),
            stopping=self._stopping,
            update=lambda **_changes: None,
        )

    def start(self) -> None:
        """Start everything and return once the task is under way."""
        for name in self._watches:
            threading.Thread(target=self._run_watch, args=(name,), name=name, daemon=True).start()
        for watch in self._watches.values():
            assert watch.ready.wait(READY_WITHIN_S), self.logs()
        threading.Thread(target=self._run_task, name="task", daemon=True).start()

    def _run_watch(self, name: str) -> None:
        for needed in self._watches[name].server.needs:
            if needed in self._watches:
                self._watches[needed].ready.wait()
        self._watches[name].run()

    def _run_task(self) -> None:
        """Airflow's part: one attempt after the other, until the feed is through."""
        command = [sys.executable, str(_TASK), json.dumps(self._form)]
        self._settings.logs_dir.mkdir(parents=True, exist_ok=True)
        with (self._settings.logs_dir / "task.log").open("ab") as log:
            while not self._stopping.is_set():
                self._task = subprocess.Popen(
                    command,
                    env=base_environment(self._settings),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                if self._task.wait() == 0:
                    return
                self._stopping.wait(_RETRY_AFTER_S)

    def pid(self, name: str) -> int | None:
        """The process to be killed under a name; None while there is none.

        Besides the servers and the replay's programs: `task`, `java` of the stream, and `worker`, the
        Python that Java starts.
        """
        if name in self._watches:
            identity = self._watches[name].identity
            return identity.pid if identity is not None and identity.is_alive() else None
        if name == "task":
            return self._task.pid if self._task is not None and self._task.poll() is None else None
        if name in CHILDREN:
            return self._recorded(name)
        stream = self._recorded("stream")
        return None if stream is None else _below(stream, is_java=name == "java")

    def _recorded(self, name: str) -> int | None:
        with suppress(OSError, ValueError, KeyError, psutil.NoSuchProcess):
            pid = int(json.loads(record_path(self._settings, name).read_text())["pid"])
            return pid if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else None
        return None

    def signal(self, name: str, number: signal.Signals) -> None:
        """Signal a process, once it is there; one that has just ended is left at that."""
        wait_until(lambda: self.pid(name) is not None, READY_WITHIN_S, self.logs)
        if pid := self.pid(name):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def run_again(self, name: str) -> "subprocess.CompletedProcess[str]":
        """Run a program of the replay once more beside the one that runs, to its end."""
        wait_until(lambda: self.pid(name) is not None, READY_WITHIN_S, self.logs)
        command = psutil.Process(self.pid(name)).cmdline()
        return subprocess.run(
            command,
            env=base_environment(self._settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=READY_WITHIN_S,
            check=False,
        )

    def hold(self, name: str) -> None:
        """Kill a server, and let it not come back until `release`."""
        self._held[name].set()
        self.signal(name, signal.SIGKILL)

    def release(self, name: str) -> None:
        """Let it come back."""
        self._held[name].clear()

    def log(self, name: str) -> str:
        """All of one log."""
        path = self._settings.logs_dir / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def logs(self) -> str:
        """The last lines of each log."""
        parts = []
        for path in sorted(self._settings.logs_dir.glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()[-8:]
            parts.append("\n".join((f"--- {path.name}", *(line[:400] for line in lines))))
        return "\n".join(parts)

    def dispose(self) -> None:
        """End everything."""
        self._stopping.set()
        if self._task is not None and self._task.poll() is None:
            self._task.terminate()
        for watch in reversed(self._watches.values()):
            watch.stop()
        end_processes(instance_processes(instance_name(self._settings)), grace_s=5)


def _below(pid: int, *, is_java: bool) -> int | None:
    """The first Java, or the first process that is none, among what a process has started."""
    with suppress(psutil.NoSuchProcess):
        for one in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if one.name().startswith("java") == is_java:
                    return one.pid
    return None
