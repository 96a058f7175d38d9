"""MySQL and HDFS alone, for a command that needs no other server; they end with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import Event, Thread
from typing import Any, Final

from isotherm.errors import ServerStartError
from isotherm.local.checks import check_disk, check_ports
from isotherm.local.environment import instance_name
from isotherm.local.folders import clear_runtime_dir
from isotherm.local.processes import end_processes, instance_processes
from isotherm.local.record import FAILED, Record
from isotherm.local.server import Server, nothing, stop_waves
from isotherm.local.servers import all_servers
from isotherm.local.servers.elsewhere import servers_elsewhere
from isotherm.local.stack import Stack
from isotherm.local.steps import setup_steps
from isotherm.local.tools import Tools
from isotherm.local.watch import Watch
from isotherm.settings import Settings

STORES: Final = ("hdfs-namenode", "hdfs-datanode", "mysql")
_STEPS: Final = ("java", "mariadb", "jars-hdfs")
_POLL_S: Final = 0.2

Report = Callable[[str], None]


@contextmanager
def stores_running(settings: Settings, report: Report) -> Iterator[None]:
    """See that MySQL and HDFS run; those started here are stopped on leaving. Nothing is migrated.

    Whoever calls holds the state folder's command lock, unless the servers run.

    Raises:
        SetupError: a tool could not be fetched.
        ServerStartError: one of them does not start, or one elsewhere does not answer.
    """
    stack = Stack(settings)
    if stack.is_running() or stack.record.living:
        yield
        return
    tools = Tools.of(settings)
    for step in setup_steps(tools):
        if step.name in _STEPS:
            report(f"setting up {step.name}")
            step.ensure(tools, report)
    # What a killed command like this one has left would hold the ports and the data.
    end_processes(instance_processes(instance_name(settings)), grace_s=5)
    for one in servers_elsewhere(settings):
        if one.name in STORES:
            replace(one, after_ready=nothing).ensure(report)
    servers = [
        replace(one, after_ready=nothing)
        for one in all_servers(settings)
        if one.name.startswith(STORES)
    ]
    check_disk(settings)
    check_ports(settings, servers, Record())
    with _watched(settings, servers, report):
        yield


@contextmanager
def _watched(settings: Settings, servers: list[Server], report: Report) -> Iterator[None]:
    stopping, failures = Event(), dict[str, str]()

    def note(name: str, **changes: Any) -> None:  # noqa: ANN401 - as the record's
        if changes.get("state") == FAILED:
            failures[name] = changes["detail"]

    watches = [Watch(one, settings, Event(), stopping, partial(note, one.name)) for one in servers]
    threads = [Thread(target=one.run, daemon=True) for one in watches]
    try:
        for thread in threads:
            thread.start()
        for watch in watches:
            report(f"starting {watch.server.name}")
            while not watch.ready.wait(_POLL_S):
                if failures:
                    raise ServerStartError("\n".join(failures.values()))
        yield
    finally:
        report("stopping MySQL and HDFS")
        stopping.set()
        for thread in threads:
            thread.join()
        order = [server.name for wave in stop_waves(servers) for server in wave]
        for watch in sorted(watches, key=lambda one: order.index(one.server.name)):
            watch.stop()
        clear_runtime_dir(settings)
