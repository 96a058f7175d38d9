"""Whose data it is, and which archive it came from: said in every answer."""

from pathlib import Path
from typing import Any, Final

from isotherm.datasets.facts import FACTS
from isotherm.settings import Settings

ATTRIBUTION: Final = " ".join(dict.fromkeys(one.licence for one in FACTS))
SIMULATED_ATTRIBUTION: Final = "Simulated data in NOAA's format: not observations."


def is_simulated(settings: Settings) -> bool:
    """Whether the state folder's archive is made up."""
    return settings.archive == "simulated"


def archive_label(settings: Settings) -> str:
    """The archive in words; of a directory its name only, not where it lies."""
    archive = settings.archive
    if is_simulated(settings):
        return "Simulated archive, not observations"
    if archive == "noaa":
        return "NOAA NCEI"
    if "://" in archive:
        return f"NOAA files at {archive.split('://', 1)[1].split('@')[-1]}"
    return f"NOAA files in folder {Path(archive).name}"


def source_meta(settings: Settings) -> dict[str, Any]:
    """What the `meta` of every list says of its source."""
    simulated = is_simulated(settings)
    return {
        "attribution": SIMULATED_ATTRIBUTION if simulated else ATTRIBUTION,
        "archive": archive_label(settings),
        "simulated": simulated,
    }
