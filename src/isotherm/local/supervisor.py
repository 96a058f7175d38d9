"""A program: sets up what is missing, starts every server, watches them, and stops them when told.

It runs in a session of its own, so that neither a closed terminal nor a killed launcher ends it.
`up` starts it and follows its record; `down` sends it SIGTERM. Killed itself, its servers live on,
and the next one takes them over from the record.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from threading import Event, Thread

import psutil
import structlog

from isotherm.errors import LockedError, reason_of
from isotherm.files import hold_lock
from isotherm.local import spark_archive
from isotherm.local.environment import instance_name
from isotherm.local.locks import supervisor_lock
from isotherm.local.log_files import rotate_logs
from isotherm.local.processes import (
    ProcessIdentity,
    become_subreaper,
    end_processes,
    group_of,
    instance_processes,
    reap_orphans,
)
from isotherm.local.record import FAILED, READY, STARTING, STOPPED, Entry, Record, RecordFile
from isotherm.local.server import AIRFLOW_DATABASE, Server, stop_waves
from isotherm.local.servers import all_servers
from isotherm.local.servers.airflow import set_up_database
from isotherm.local.servers.elsewhere import servers_elsewhere
from isotherm.local.steps import Step, setup_steps
from isotherm.local.tools import Tools
from isotherm.local.watch import Watch
from isotherm.settings import Settings, load_settings

HOUSEKEEPING_S = 10.0
LOCK_WAIT_S = 3.0

log = structlog.get_logger(__name__)


class Supervisor:
    """Everything of one stack that has a thread."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tools = Tools.of(settings)
        self.stopping = Event()
        self.file = RecordFile(settings)
        self.servers = all_servers(settings)
        self.steps = setup_steps(self.tools)
        self.elsewhere = servers_elsewhere(settings)
        steps = [one.name for one in self.steps] + [one.name for one in self.elsewhere]
        steps.append(AIRFLOW_DATABASE)
        self.ready = {name: Event() for name in (*steps, *(one.name for one in self.servers))}
        previous = self.file.read()
        self.record = Record(
            supervisor=ProcessIdentity.of(os.getpid()),
            archive=settings.archive,
            port_base=settings.port_base,
            steps={name: Entry() for name in steps},
            servers={one.name: Entry(port=one.port) for one in self.servers},
        )
        self.watches = [self._watch(one, previous) for one in self.servers]

    def _watch(self, server: Server, previous: Record) -> Watch:
        """A watch, with the living process of the last supervisor if there is one."""
        adopted = previous.living.get(server.name)
        if adopted is not None:
            self.file.update(self.record, server.name, process=adopted, state=STARTING)
        return Watch(
            server=server,
            settings=self.settings,
            ready=self.ready[server.name],
            stopping=self.stopping,
            update=partial(self.file.update, self.record, server.name),
            identity=adopted,
        )

    def run(self) -> None:
        """Run until told to stop; then leave no process behind."""
        become_subreaper()
        self.file.write(self.record)
        self._end_strangers()
        for step in self.steps:
            self._start_thread(partial(self._run_step, step))
        for one in self.elsewhere:
            self._start_thread(partial(self._run_named, one.name, one.ensure))
        self._start_thread(self._run_database_step)
        for watch in self.watches:
            self._start_thread(partial(self._run_watch, watch))
        zombies: set[int] = set()
        while not self.stopping.wait(HOUSEKEEPING_S):
            rotate_logs(self.settings.logs_dir)
            zombies = reap_orphans(zombies)
        self._stop()

    def _end_strangers(self) -> None:
        """End what an earlier supervisor left and nobody knows: it would hold our ports."""
        known = {one.identity.pid for one in self.watches if one.identity is not None}
        self._end_children(exclude=known)

    def _start_thread(self, target: Callable[[], None]) -> None:
        Thread(target=target, daemon=True).start()

    def _run_step(self, step: Step) -> None:
        # The class archive only makes later jobs quicker: it must not slow the start down.
        needs = (*step.needs, *(one.name for one in self.servers)) if _is_late(step) else step.needs
        if self._wait_for(needs):
            self._run_named(step.name, lambda report: step.ensure(self.tools, report))

    def _run_database_step(self) -> None:
        if self._wait_for(("airflow-postgres",)):
            self._run_named(AIRFLOW_DATABASE, lambda _report: set_up_database(self.settings))

    def _run_named(self, name: str, work: Callable[[Callable[[str], None]], None]) -> None:
        def report(detail: str) -> None:
            self.file.update(self.record, name, detail=detail)

        self.file.update(self.record, name, state=STARTING)
        try:
            work(report)
        except Exception as error:  # whatever it was, the person at the launcher must read it
            reason = reason_of(error, name)
            log.error("failed", step=name, reason=reason)
            self.file.update(self.record, name, state=FAILED, detail=reason)
            return
        self.ready[name].set()
        self.file.update(self.record, name, state=READY, detail="")

    def _run_watch(self, watch: Watch) -> None:
        if self._wait_for(watch.server.needs):
            watch.run()

    def _wait_for(self, names: Iterable[str]) -> bool:
        """Wait until all of these are ready; False if everything ends before."""
        for name in names:
            while not self.ready[name].wait(0.2):
                if self.stopping.is_set():
                    return False
        return not self.stopping.is_set()

    def _stop(self) -> None:
        """Stop the servers, those first that others do not need; then whatever is left."""
        for wave in stop_waves(self.servers):
            watches = [one for one in self.watches if one.server in wave]
            threads = [Thread(target=one.stop) for one in watches]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for watch in watches:
                watch.update(state=STOPPED, process=None)
        self._end_children(exclude=set())
        self.file.delete()

    def _end_children(self, exclude: set[int]) -> None:
        """End our descendants and everything with our mark, except these and what they started."""
        found = {one.pid: one for one in psutil.Process().children(recursive=True)}
        found |= {one.pid: one for one in instance_processes(instance_name(self.settings))}
        kept = set(exclude)
        for pid in exclude:
            with suppress(psutil.NoSuchProcess):  # it may end while it is looked at
                kept |= {one.pid for one in psutil.Process(pid).children(recursive=True)}
            kept |= {one for one in found if group_of(one) == pid}
        end_processes([one for pid, one in found.items() if pid not in kept], grace_s=3)


def _is_late(step: Step) -> bool:
    return step.name == spark_archive.STEP


def main() -> int:
    """Run the supervisor of the configured state folder."""
    settings = load_settings()
    path = supervisor_lock(settings)
    try:
        with hold_lock(path, wait_s=LOCK_WAIT_S):
            supervisor = Supervisor(settings)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda _number, _frame: supervisor.stopping.set())
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            supervisor.run()
            path.unlink(missing_ok=True)
    except LockedError as error:
        log.error("another supervisor runs this state folder", reason=str(error))
        return 1
    sys.stdout.flush()
    os._exit(0)  # threads inside a step of set-up have lost their child; they are not waited for


if __name__ == "__main__":
    sys.exit(main())
