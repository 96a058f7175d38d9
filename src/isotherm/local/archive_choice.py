"""Which archive a new state folder takes when nobody named one: NOAA's, or ours where it is far."""

import httpx
from rich.console import Console

from isotherm.noaa.noaa_archive import HISTORY_URLS

TIMEOUT_S = 8.0


def choose_archive(console: Console) -> str:
    """`noaa`, or `simulated` with a plain word about it where NOAA cannot be reached."""
    if any(_is_reachable(url) for url in HISTORY_URLS):
        return "noaa"
    console.print(
        "NOAA's archive cannot be reached from here: running on [bold]simulated[/bold] weather, and "
        "every screen says so. To use NOAA's files later, give them a state folder of their own: "
        "ISOTHERM_STATE_DIR=… ./isotherm up --archive noaa"
    )
    return "simulated"


def _is_reachable(url: str) -> bool:
    try:
        return httpx.head(url, timeout=TIMEOUT_S, follow_redirects=True).is_success
    except httpx.HTTPError:
        return False
