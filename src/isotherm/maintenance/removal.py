"""What a part of the maintenance removed, or would remove."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from isotherm.ingest.report import log, write_table


@dataclass(frozen=True, slots=True)
class Removal:
    """One line of the table.

    Attributes:
        what: was looked at.
        kept: which of it stays, in words.
        removed: how many files, folders or rows went.
        freed_bytes: of files; None of rows, whose space the database uses again.
    """

    what: str
    kept: str
    removed: int
    freed_bytes: int | None = None


def write_removals(removals: Iterable[Removal], *, dry_run: bool) -> list[dict[str, Any]]:
    """Show them as a table; returns them as plain JSON."""
    found = list(removals)
    verb = "would go" if dry_run else "removed"
    rows = [(one.what, one.kept, one.removed, size_text(one.freed_bytes)) for one in found]
    if dry_run:
        log.info("A dry run: nothing is removed.")
    write_table("Maintenance", ("what", "kept", verb, "freed"), rows)
    return [asdict(one) for one in found]


def size_text(size_bytes: int | None) -> str:
    """Bytes for people, as `1.2 GB`."""
    if size_bytes is None:
        return ""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size) < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
