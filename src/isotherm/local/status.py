"""What `status` tells: every server with its state, process, port and memory, and the first run."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from isotherm.local.environment import instance_name
from isotherm.local.processes import family, has_mark, proportional_memory
from isotherm.local.record import IDLE, READY, STOPPED, Entry, RecordFile
from isotherm.local.servers import all_servers
from isotherm.settings import Settings

# Children of the streaming task; idle while no stream runs.
STREAM_PROGRAMS = {
    "feeder": "feed_observations.py",
    "bridge": "bridge_to_kafka.py",
    "stream": "summarise_stream.py",
}


@dataclass(frozen=True)
class ServerStatus:
    """One line of `status`; memory is the proportional set size of all its processes, in bytes."""

    name: str
    state: str
    pid: int | None
    port: int | None
    memory_bytes: int


def read_status(settings: Settings) -> dict[str, object]:
    """The document of `status --json`."""
    servers = [*server_statuses(settings), *stream_statuses(settings)]
    return {
        "servers": [asdict(one) for one in servers],
        "first_run": first_run_state(settings),
    }


def server_statuses(settings: Settings) -> list[ServerStatus]:
    """The servers, in the order they are always shown; all of them, also when nothing runs."""
    record = RecordFile(settings).read()
    found = []
    for server in all_servers(settings):
        entry = record.servers.get(server.name, Entry(state=STOPPED))
        alive = entry.process is not None and entry.process.is_alive()
        state = entry.state if alive or entry.state != READY else STOPPED
        if record.supervisor is None:
            state = STOPPED
        pid = entry.process.pid if entry.process is not None and alive else None
        found.append(ServerStatus(server.name, state, pid, server.port, _memory(settings, entry)))
    return found


def _memory(settings: Settings, entry: Entry) -> int:
    if entry.process is None or not entry.process.is_alive():
        return 0
    return proportional_memory(family(entry.process, instance_name(settings)))


def stream_statuses(settings: Settings) -> list[ServerStatus]:
    """The programs of a running stream, found by their marks among all processes."""
    processes: dict[str, list[psutil.Process]] = {name: [] for name in STREAM_PROGRAMS}
    for process in psutil.process_iter():
        try:
            words = {Path(word).name for word in process.cmdline()}
        except psutil.Error:
            continue
        for name, program in STREAM_PROGRAMS.items():
            if program in words and has_mark(process.pid, instance_name(settings)):
                processes[name].append(process)
    return [_stream_status(name, found) for name, found in processes.items()]


def _stream_status(name: str, processes: list[psutil.Process]) -> ServerStatus:
    if not processes:
        return ServerStatus(name, IDLE, None, None, 0)
    oldest = min(processes, key=lambda one: one.create_time())
    everything = {one.pid: one for one in processes}
    everything |= {child.pid: child for child in oldest.children(recursive=True)}
    return ServerStatus(name, READY, oldest.pid, None, proportional_memory(everything.values()))


def first_run_state(settings: Settings) -> str:
    """`running`, `complete` or `failed`; `running` also while it has not begun."""
    try:
        return str(json.loads((settings.state_dir / "first_run.json").read_text())["state"])
    except FileNotFoundError:
        return "running"
