"""The feeder sets aside what the batch layer sets aside, and goes by the same switch."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ghcnh_rows import STATION, line, psv_file
from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.station_year import StationYear
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.observations import SetAside
from isotherm.datasets.registry import configured
from isotherm.settings import Settings
from isotherm.stream.disorder import FED_SCHEMA
from isotherm.stream.downloads import Downloads
from isotherm.stream.feeder import Feeder
from isotherm.stream.feeder_files import FeedPosition
from isotherm.stream.feeder_link import Acknowledgement
from isotherm.stream.feeder_plan import FeedPlan, Period, YearOfRows, read_years
from isotherm.stream.feeder_rows import SET_ASIDE, RowWriter
from isotherm.stream.framing import MAX_FRAME_BYTES
from isotherm.stream.pace import Pace

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


class Taken:
    """A bridge's link that takes everything and notes how much."""

    def __init__(self) -> None:
        self.frame_bytes: list[int] = []

    def hand_over(self, frame: dict[str, Any]) -> Acknowledgement:
        self.frame_bytes.append(len(json.dumps(frame, separators=(",", ":")).encode()))
        return Acknowledgement(0, len(frame["set_aside"]))


@pytest.mark.parametrize("character", ["\U0001f321", "\x01", '"', "a"])
def test_whatever_a_damaged_file_holds_fits_into_frames(tmp_path: Path, character: str) -> None:
    count = 250
    rows = {"source_line": range(count), "reason": [SetAside.UNLIKE_NEIGHBOURS] * count}
    long = [character * 30_000] * count
    aside = pl.DataFrame(
        {**rows, "payload": long, "source_file": ["f" * 200] * count}, schema=SET_ASIDE
    )
    writer = RowWriter(tmp_path / "rows")
    writer.add(pl.DataFrame(schema=FED_SCHEMA), aside, 0, {})
    year = YearOfRows("2026", "digest", writer.finish("digest"))
    link, position = Taken(), FeedPosition(feed_id="f")
    Feeder(position, tmp_path / "position.json", link, Pace(0, 0)).feed_year(year)  # type: ignore[arg-type]
    assert len(link.frame_bytes) == 3
    assert max(link.frame_bytes) < MAX_FRAME_BYTES
    assert position.dead_lettered == count
