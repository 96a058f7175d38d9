"""Which archive a state folder takes, and whether it answers, asked before any server starts."""

from rich.console import Console

from isotherm.archive.archives import NOAA, SIMULATED, open_archive
from isotherm.archive.http_archive import PROBE_WITHIN_S
from isotherm.archive.noaa_archive import NoaaArchive
from isotherm.errors import SourceError
from isotherm.settings import Settings


def choose_archive(console: Console) -> str:
    """What to take when nobody named one: `noaa`, or `simulated` with a plain word about it."""
    console.print(f"Asking NOAA for its archive, for {PROBE_WITHIN_S:.0f} s at most.", highlight=False)
    archive = NoaaArchive()
    try:
        reason = archive.unreachable_reason()
    finally:
        archive.close()
    if reason is None:
        return NOAA
    console.print(
        f"{reason}\nRunning on [bold]simulated[/bold] weather of the last twelve months to yesterday "
        "instead, and every screen says so. To use NOAA's files later, give them a state folder of "
        "their own: ISOTHERM_STATE_DIR=… ./isotherm up --archive noaa",
        highlight=False,
    )
    return SIMULATED


def require_archive(settings: Settings) -> None:
    """Refuse an archive that does not answer, while nothing has been started for it.

    Raises:
        SourceError: it cannot be read; the message says why.
    """
    archive = open_archive(settings)
    try:
        reason = archive.unreachable_reason()
    finally:
        archive.close()
    if reason is not None:
        raise SourceError(f"{reason} Correct --archive, or run ./isotherm up --archive simulated.")
