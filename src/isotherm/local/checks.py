"""What is checked before anything starts: the disk of the state folder, and our ports."""

import os
import pwd
import shutil
import socket
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from isotherm.errors import ServerStartError
from isotherm.local.environment import instance_name
from isotherm.local.processes import has_mark
from isotherm.local.record import Record
from isotherm.local.server import Server
from isotherm.settings import LOOPBACK, Settings

LEAST_FREE_BYTES = 2 * 1024**3
DYING_S = 3.0
_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
# Numbers of accounts that are people's, on every common Linux.
FIRST_PERSON, NOBODY = 1000, 65534
NO_SHELLS = ("nologin", "false", "sync")


def check_disk(settings: Settings, least_free_bytes: int = LEAST_FREE_BYTES) -> None:
    """See that the servers have room to write.

    Raises:
        ServerStartError: they have not.
    """
    free = shutil.disk_usage(settings.state_dir).free
    if free < least_free_bytes:
        raise ServerStartError(
            f"Only {free / 1024**3:.1f} GB are free on the disk of {settings.state_dir}; the servers "
            f"need at least {least_free_bytes / 1024**3:.0f} GB. Free some, or put the state folder on "
            "another disk with ISOTHERM_STATE_DIR."
        )


def check_ports(settings: Settings, servers: list[Server], record: Record) -> None:
    """See that every port is free, but for those our own living servers hold.

    Raises:
        ServerStartError: one is not; the message names who holds it where that can be seen.
    """
    living = record.living
    for server in servers:
        if server.name in living:
            continue
        for port in server.ports:
            if not _becomes_free(port) and not _is_ours(settings, port):
                raise ServerStartError(
                    f"Port {port}, wanted by {server.name}, is in use{_holder(port)}. "
                    f"{_way_out(port)} move all ports of Isotherm: "
                    f"ISOTHERM_PORT_BASE={_other_base(settings, servers)} ./isotherm up"
                )


def outgoing_ports() -> range:
    """The ports that this machine gives to outgoing connections: no place for a server's own."""
    try:
        first, last = map(int, _OUTGOING.read_text().split())
    except (OSError, ValueError):
        first, last = 32768, 60999
    return range(first, last + 1)


def other_people(accounts: Iterable[pwd.struct_passwd]) -> list[str]:
    """Accounts of other people who can run programs here: they reach what listens on loopback."""
    return [
        one.pw_name
        for one in accounts
        if FIRST_PERSON <= one.pw_uid < NOBODY
        and one.pw_uid != os.geteuid()
        and Path(one.pw_shell or "/bin/sh").name not in NO_SHELLS
    ]


def _becomes_free(port: int) -> bool:
    """Whether a port is free, at once or when whoever has just been killed is gone."""
    deadline = time.monotonic() + DYING_S
    while not _is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _is_ours(settings: Settings, port: int) -> bool:
    """Whether a leftover of this state folder holds a port; the supervisor ends it first."""
    pid = _holder_pid(port)
    return pid is not None and has_mark(pid, instance_name(settings))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _holder_pid(port: int) -> int | None:
    """Who listens on a port, else whose outgoing connection has it."""
    try:
        found = [one for one in psutil.net_connections("tcp") if one.laddr[1:] == (port,)]
    except psutil.AccessDenied:
        return None
    found.sort(key=lambda one: one.status != psutil.CONN_LISTEN)
    return next((int(one.pid) for one in found if one.pid), None)


def _holder(port: int) -> str:
    """Who has a port, where this user may see it."""
    pid = _holder_pid(port)
    if pid is None:
        return ""
    try:
        return f" by process {pid} ({' '.join(psutil.Process(pid).cmdline())[:120]})"
    except psutil.Error:
        return f" by process {pid}"


def _way_out(port: int) -> str:
    outgoing = outgoing_ports()
    if port not in outgoing:
        return "Stop that program, or"
    return (
        f"This machine gives ports {outgoing[0]} to {outgoing[-1]} to outgoing connections, so any "
        "program may have it at any time:"
    )


def _other_base(settings: Settings, servers: list[Server]) -> int:
    """A port base whose ports are all free, and given to no outgoing connection."""
    offsets = [port - settings.port_base for one in servers for port in one.ports]
    outgoing = outgoing_ports()
    bases = [*range(settings.port_base + 100, 64000, 100), *range(10000, settings.port_base, 100)]
    for base in bases:
        if all(base + one not in outgoing and _is_free(base + one) for one in offsets):
            return int(base)
    return 30000
