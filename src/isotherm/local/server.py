"""What one local server is: its command, what it needs, how it is prepared, and when it is ready."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

AIRFLOW_DATABASE = "airflow-database"
# The step that fetches what OpenLineage needs, where its events are asked for.
LINEAGE = "lineage"


def nothing() -> None:
    """A server without work of this kind."""


def unknown() -> bool | None:
    """The answer of a server that cannot be asked."""
    return None


@dataclass(frozen=True)
class Server:
    """One server of the local stack.

    Attributes:
        name: as in `status`, in docker-compose.yaml and of its log.
        command: program and arguments; given late, because tools may not be there yet.
        environment: given late too, because secrets may not be there yet.
        needs: steps and servers that must be ready before it starts.
        is_ready: a quick question to the server itself, asked until it says yes. It gets the wall
            time in seconds at which the process started, to tell its heartbeat from an old one.
        answers: asked again and again once it was ready; False from one that hangs, None where it
            cannot be told now, because what is asked is another server that does not answer.
        ports: every TCP port it listens on, the one to show first; empty for unix sockets.
        prepare: work before each start (format, write settings); must bear repetition.
        after_ready: work on the running server before others may use it (migrate, create topics).
        ready_within_s: time limit from start to ready.
        stops_before: servers that it needs no more than while stopping, and which end after it.
        stop_signal: what asks it to end.
        stop_within_s: time between that signal and SIGKILL.
    """

    name: str
    command: Callable[[], Sequence[str]]
    environment: Callable[[], Mapping[str, str]]
    needs: tuple[str, ...]
    is_ready: Callable[[float], bool]
    answers: Callable[[], bool | None] = unknown
    ports: tuple[int, ...] = ()
    folder: Path = Path("/")
    prepare: Callable[[], None] = nothing
    after_ready: Callable[[], None] = nothing
    ready_within_s: float = 240
    stops_before: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 10

    @property
    def port(self) -> int | None:
        """The port people use, if it has one."""
        return self.ports[0] if self.ports else None


def numbered(name: str, number: int) -> str:
    """The name of one of several servers of a kind: the first has the kind's own."""
    return name if number == 1 else f"{name}-{number}"


def stop_waves(servers: Sequence[Server]) -> list[list[Server]]:
    """The servers in the order of stopping: each after all those that need it, some side by side."""
    needed_by = {
        one.name: {
            other.name
            for other in servers
            if one.name in other.needs
            or one.name in other.stops_before
            or (one.name == "airflow-postgres" and AIRFLOW_DATABASE in other.needs)
        }
        for one in servers
    }
    waves: list[list[Server]] = []
    left = set(needed_by)
    while left:
        wave = [one for one in servers if one.name in left and not needed_by[one.name] & left]
        waves.append(wave)
        left -= {one.name for one in wave}
    return waves
