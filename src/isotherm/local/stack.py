"""Starting, following and stopping one stack, for the command line and for tests.

stack = Stack(load_settings())
stack.start()            # returns at once; the supervisor does the work
stack.wait_ready()       # raises with the reason if a server does not come up
stack.stop()
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from isotherm.errors import ServerStartError
from isotherm.local.checks import check_disk, check_ports
from isotherm.local.environment import base_environment, instance_name
from isotherm.local.folders import (
    claim_state_dir,
    clear_runtime_dir,
    is_state_dir,
    record_settings,
    require_no_restore,
)
from isotherm.local.locks import command_lock, supervisor_lock
from isotherm.local.log_files import last_lines
from isotherm.local.processes import (
    ProcessIdentity,
    end_processes,
    instance_processes,
    start_in_group,
    stop_family,
)
from isotherm.local.record import Entry, Record, RecordFile
from isotherm.local.secret_files import make_secrets
from isotherm.local.server import Server, stop_waves
from isotherm.local.servers import all_servers
from isotherm.local.tools import Tools
from isotherm.settings import Settings
from isotherm.spark.scratch import remove_scratch

STOP_TIMEOUT_S = 120
SUPERVISOR_START_S = 30


class Stack:
    """The servers of one state folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._file = RecordFile(settings)
        self._started: subprocess.Popen[bytes] | None = None

    @property
    def record(self) -> Record:
        """What runs, as last written."""
        return self._file.read()

    def is_running(self) -> bool:
        """Whether a supervisor watches this state folder."""
        supervisor = self.record.supervisor
        return supervisor is not None and supervisor.is_alive()

    def start(self) -> bool:
        """Start the supervisor, unless one runs.

        Returns:
            Whether it was started now.

        Raises:
            SettingsError: the state folder belongs to another archive, or is half restored.
            ServerStartError: a port or the disk is not free, or another command is at work.
        """
        require_no_restore(self.settings.state_dir)
        claim_state_dir(self.settings)
        if self.is_running():
            return False
        with command_lock(self.settings, "up"):
            make_secrets(self.settings)
            check_disk(self.settings)
            check_ports(self.settings, all_servers(self.settings), self.record)
            record_settings(self.settings)
            self._started = self._start_supervisor()
            self._wait_for_supervisor()
        return True

    def _start_supervisor(self) -> "subprocess.Popen[bytes]":
        python = str(Tools.of(self.settings).python)
        return start_in_group(
            [python, "-m", "isotherm.local.supervisor"],
            base_environment(self.settings),
            self._supervisor_log,
            self.settings.state_dir,
        )

    @property
    def _supervisor_log(self) -> Path:
        return self.settings.logs_dir / "supervisor.log"

    def _wait_for_supervisor(self) -> None:
        """Wait until it has written its record, so that what follows reads the new one."""
        deadline = time.monotonic() + SUPERVISOR_START_S
        started = self._started
        while started is not None and time.monotonic() < deadline:
            supervisor = self.record.supervisor
            if supervisor is not None and supervisor.pid == started.pid:
                return
            if started.poll() is not None:
                break
            time.sleep(0.1)
        raise ServerStartError(
            f"The supervisor did not start. {self._supervisor_log} ends with:\n"
            f"{last_lines(self._supervisor_log)}"
        )

    def wait_ready(
        self,
        timeout_s: float = 600,
        on_change: Callable[[Record], None] = lambda record: None,
    ) -> Record:
        """Wait until every server is ready.

        Args:
            timeout_s: without any change of any server or step of set-up.
            on_change: called with each record read, about three times a second.

        Raises:
            ServerStartError: something failed for good, the supervisor ended, or time is up.
        """
        deadline = time.monotonic() + timeout_s
        entries: dict[str, Entry] = {}
        while True:
            record = self.record
            on_change(record)
            if record.entries != entries:
                entries, deadline = record.entries, time.monotonic() + timeout_s
            if record.failures:
                raise ServerStartError("\n".join(record.failures.values()))
            if record.is_ready:
                return record
            if not self.is_running():
                raise ServerStartError(
                    f"The supervisor has ended. {self._supervisor_log} ends with:\n"
                    f"{last_lines(self._supervisor_log)}"
                )
            if time.monotonic() > deadline:
                late = [name for name, one in record.servers.items() if one.state != "ready"]
                raise ServerStartError(
                    f"Not ready, and nothing changed for {timeout_s:.0f} s: {', '.join(late)}. "
                    f"See `./isotherm status` and the logs in {self.settings.logs_dir}."
                )
            time.sleep(0.3)

    def stop(self) -> bool:
        """Stop everything of this state folder, orphans included; leave no process and no lock.

        In a folder where Isotherm was never started nothing is touched.

        Returns:
            Whether anything ran.
        """
        if not is_state_dir(self.settings.state_dir):
            return False
        with command_lock(self.settings, "down"):
            record = self.record
            ran = self._stop_supervisor(record.supervisor)
            ran |= self._stop_servers()
            left = instance_processes(instance_name(self.settings))
            end_processes(left, grace_s=5)
            remove_scratch(self.settings)
            self._file.delete()
            supervisor_lock(self.settings).unlink(missing_ok=True)
            clear_runtime_dir(self.settings)
        return ran or bool(left)

    def _stop_servers(self) -> bool:
        """Stop what a killed supervisor left, in order and side by side; whether there was any."""
        living = self.record.living
        with ThreadPoolExecutor(len(living) or 1) as pool:
            for wave in stop_waves(all_servers(self.settings)):
                there = [one for one in wave if one.name in living]
                list(pool.map(lambda one: self._stop_server(one, living[one.name]), there))
        return bool(living)

    def _stop_server(self, server: Server, identity: ProcessIdentity) -> None:
        stop_family(identity, server.stop_within_s, server.stop_signal, instance_name(self.settings))

    def _stop_supervisor(self, supervisor: ProcessIdentity | None) -> bool:
        if supervisor is None or not supervisor.is_alive():
            return False
        with suppress(ProcessLookupError):  # ended meanwhile
            os.kill(supervisor.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while supervisor.is_alive() and time.monotonic() < deadline:
            if self._started is not None:
                self._started.poll()
            time.sleep(0.1)
        return True
