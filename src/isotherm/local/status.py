"""What `status` tells: every server with its state, process, port and memory, and the first run."""

import json
from collections.abc import Set
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil

from isotherm.local.environment import instance_name
from isotherm.local.processes import family, has_mark, proportional_memory, with_descendants
from isotherm.local.record import IDLE, READY, STOPPED, Entry, RecordFile
from isotherm.local.servers import all_servers
from isotherm.settings import Settings

# Children of the streaming task; idle while no stream runs.
STREAM_PROGRAMS = {
    "feeder": "feed_observations.py",
    "bridge": "bridge_to_kafka.py",
    "stream": "summarise_stream.py",
    "forecaster": "forecast_stream.py",
}


@dataclass(frozen=True)
class ServerStatus:
    """One line of `status`; memory is the proportional set size of all its processes, in bytes.

    The detail says why a server is, or was last, started again, or why it failed: its exit status or
    signal, or that it did not answer; `restarted_at` when, ISO 8601 in UTC; `last_line` what its log
    ended with then; `restarts` how often since it last ran well.

    A process is in one line only: the stream's programs are descendants of the scheduler, and not in
    its memory.
    """

    name: str
    state: str
    pid: int | None
    port: int | None
    memory_bytes: int
    detail: str = ""
    restarts: int = 0
    restarted_at: str | None = None
    last_line: str = ""


def read_status(settings: Settings) -> dict[str, object]:
    """The document of `status --json`."""
    return {
        "servers": [asdict(one) for one in all_statuses(settings)],
        "first_run": first_run_state(settings),
    }


def all_statuses(settings: Settings) -> list[ServerStatus]:
    """The servers, then the stream's programs, in the order they are always shown; idle ones too."""
    record = RecordFile(settings).read()
    programs = stream_processes(settings)
    shown_apart = {one.pid for processes in programs.values() for one in processes}
    servers = []
    for server in all_servers(settings):
        entry = record.servers.get(server.name, Entry(state=STOPPED))
        alive = entry.process is not None and entry.process.is_alive()
        state = entry.state if alive or entry.state != READY else STOPPED
        if record.supervisor is None:
            state = STOPPED
        pid = entry.process.pid if entry.process is not None and alive else None
        memory = _memory(settings, entry, shown_apart)
        shown = ServerStatus(server.name, state, pid, server.port, memory)
        if state != STOPPED and entry.detail:
            shown = replace(
                shown,
                detail=entry.detail,
                restarts=entry.restarts,
                restarted_at=entry.restarted_at,
                last_line=entry.last_line,
            )
        servers.append(shown)
    return servers + [_stream_status(name, processes) for name, processes in programs.items()]


def _memory(settings: Settings, entry: Entry, shown_apart: Set[int]) -> int:
    if entry.process is None or not entry.process.is_alive():
        return 0
    members = family(entry.process, instance_name(settings))
    return proportional_memory(one for one in members if one.pid not in shown_apart)


def stream_processes(settings: Settings) -> dict[str, list[psutil.Process]]:
    """The processes of a running stream by program, the oldest first, with all their descendants.

    They are found by their marks among all processes: a task started them, and may have died.
    """
    roots: dict[str, list[psutil.Process]] = {name: [] for name in STREAM_PROGRAMS}
    for process in psutil.process_iter():
        try:
            words = {Path(word).name for word in process.cmdline()}
        except psutil.Error:
            continue
        for name, program in STREAM_PROGRAMS.items():
            if program in words and has_mark(process.pid, instance_name(settings)):
                roots[name].append(process)
    for found in roots.values():
        found.sort(key=lambda one: one.create_time())
    return {name: list(with_descendants(found).values()) for name, found in roots.items()}


def _stream_status(name: str, processes: list[psutil.Process]) -> ServerStatus:
    if not processes:
        return ServerStatus(name, IDLE, None, None, 0)
    return ServerStatus(name, READY, processes[0].pid, None, proportional_memory(processes))


def first_run_state(settings: Settings) -> str:
    """`running`, `complete` or `failed`; `running` also while it has not begun."""
    try:
        return str(json.loads((settings.state_dir / "first_run.json").read_text())["state"])
    except FileNotFoundError:
        return "running"
