"""What runs, written to the state folder: read by `status`, by `down`, and by the next supervisor."""

import json
from dataclasses import asdict, dataclass, field, replace
from threading import RLock
from typing import Any

from isotherm.files import write_whole
from isotherm.local.processes import ProcessIdentity
from isotherm.settings import Settings

WAITING, STARTING, READY, RESTARTING, FAILED, STOPPED, IDLE = (
    "waiting", "starting", "ready", "restarting", "failed", "stopped", "idle",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One server or one step of set-up.

    Attributes:
        state: as `status` shows it.
        detail: why it is, or was last, started again; why it failed; or how far a step is.
        process: the server's first process.
        port: the one people use.
        restarts: starts again since it last ran well.
        restarted_at: when it was last found ended or hung, ISO 8601 in UTC.
        last_line: the last line of its log then.
    """

    state: str = WAITING
    detail: str = ""
    process: ProcessIdentity | None = None
    port: int | None = None
    restarts: int = 0
    restarted_at: str | None = None
    last_line: str = ""


@dataclass
class Record:
    """Everything known about one stack at one moment."""

    supervisor: ProcessIdentity | None = None
    archive: str = ""
    port_base: int = 0
    steps: dict[str, Entry] = field(default_factory=dict)
    servers: dict[str, Entry] = field(default_factory=dict)

    @property
    def entries(self) -> dict[str, Entry]:
        """Steps and servers together."""
        return self.steps | self.servers

    @property
    def failures(self) -> dict[str, str]:
        """What failed for good, and why."""
        return {name: one.detail for name, one in self.entries.items() if one.state == FAILED}

    @property
    def is_ready(self) -> bool:
        """Whether every server is ready."""
        return bool(self.servers) and all(one.state == READY for one in self.servers.values())

    @property
    def living(self) -> dict[str, ProcessIdentity]:
        """The servers whose recorded process runs."""
        return {
            name: one.process
            for name, one in self.servers.items()
            if one.process is not None and one.process.is_alive()
        }


class RecordFile:
    """The record in its file; one writer, any number of readers, never half written."""

    def __init__(self, settings: Settings) -> None:
        self.path = settings.state_dir / "run" / "servers.json"
        self._lock = RLock()

    def read(self) -> Record:
        """The record; empty where none was written, or where it cannot be read."""
        try:
            document = json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):
            return Record()
        return Record(
            supervisor=_identity(document["supervisor"]),
            archive=document["archive"],
            port_base=document["port_base"],
            steps={name: _entry(one) for name, one in document["steps"].items()},
            servers={name: _entry(one) for name, one in document["servers"].items()},
        )

    def write(self, record: Record) -> None:
        """Replace the file as a whole."""
        with self._lock:
            write_whole(self.path, json.dumps(asdict(record), indent=1))

    def update(self, record: Record, name: str, **changes: Any) -> None:  # noqa: ANN401
        """Change one entry of the record and write it."""
        with self._lock:
            entries = record.servers if name in record.servers else record.steps
            entries[name] = replace(entries[name], **changes)
            self.write(record)

    def delete(self) -> None:
        """Forget everything: nothing runs."""
        self.path.unlink(missing_ok=True)


def _identity(document: dict[str, Any] | None) -> ProcessIdentity | None:
    return None if document is None else ProcessIdentity(**document)


def _entry(document: dict[str, Any]) -> Entry:
    return Entry(**document | {"process": _identity(document["process"])})
