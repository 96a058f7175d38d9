"""The feeder sets aside what the batch layer sets aside, and goes by the same switch."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ghcnh_rows import STATION, line, psv_file
from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.station_year import StationYear
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.observations import SetAside
from isotherm.datasets.registry import configured
from isotherm.settings import Settings
from isotherm.stream.downloads import Downloads
from isotherm.stream.feeder_plan import FeedPlan, Period, YearOfRows, read_years

TEMPERATURES = ("-3.0", "-3.1", "-2.9", "-2.5", "27.4", "-2.0", "-1.8", "-1.5", "-1.0")
KEY = StationYear(STATION, 2026, GHCNH.name)


@pytest.fixture
def downloads(tmp_path: Path) -> Downloads:
    path = tmp_path / GHCNH.layout.access_path / GHCNH.layout.forms[1].path(STATION, 2026)
    path.parent.mkdir(parents=True)
    rows = [
        line(DATE=f"2026-02-03T{hour:02}:00:00", temperature=text)
        for hour, text in enumerate(TEMPERATURES)
    ]
    path.write_bytes(psv_file(*rows))
    found = Downloads(tmp_path / "downloads")
    found.bring(DirectoryArchive(tmp_path), [KEY])
    return found


def read(downloads: Downloads, rows: Path, *, is_on: bool) -> YearOfRows:
    datasets = tuple(configured(Settings(neighbour_check=is_on)))
    plan = FeedPlan(Period(), datetime(2026, 3, 1, tzinfo=UTC), datasets)
    (year,) = read_years(downloads, [KEY], plan, rows)
    return year


def test_a_report_of_another_place_is_no_observation_of_the_feed_either(
    downloads: Downloads, tmp_path: Path
) -> None:
    on, off = (
        read(downloads, tmp_path / "on", is_on=True),
        read(downloads, tmp_path / "off", is_on=False),
    )
    (set_aside,) = on.store.set_aside(0)
    assert set_aside.select("source_file", "source_line", "reason").rows() == [
        (f"2026/GHCNh_{STATION}_2026", 5, SetAside.UNLIKE_NEIGHBOURS)
    ]
    assert (on.store.counts.rows, off.store.counts.rows) == (8, 9)
    assert not list(off.store.set_aside(0))
    # A feed that was begun the other way begins this year anew.
    assert on.digest != off.digest
