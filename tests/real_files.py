"""NOAA's real files for tests: beside the repository, or where ISOTHERM_TEST_NOAA says.

They do not belong into the repository; tests that need one are skipped with the reason where they are
not there.
"""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "noaa"
_ACCESS = Path("data/global-hourly/access")


def real_archive() -> Path | None:
    """Root of the real files, laid out as NOAA's site; None where there are none."""
    root = Path(os.environ.get("ISOTHERM_TEST_NOAA") or _BESIDE)
    return root if (root / _ACCESS).is_dir() else None


def real_root() -> Path:
    """Root of the real files; skips the test where there are none."""
    root = real_archive()
    if root is None:
        pytest.skip("NOAA's real files are not here; name their folder in ISOTHERM_TEST_NOAA")
    return root


def real_station_year(station_id: str, year: int) -> Path:
    """One real global-hourly file; skips the test where it is not there."""
    path = real_root() / _ACCESS / str(year) / f"{station_id}.csv.gz"
    if not path.is_file():
        pytest.skip(f"{path.name} of {year} is not among the real files")
    return path
