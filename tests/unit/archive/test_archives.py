"""Opening the archive the settings name; directories and the simulated one."""

import gzip
import os
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from csv_rows import csv_file, line
from isotherm.archive.archives import fetch_all, open_archive
from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.noaa_archive import NoaaArchive
from isotherm.archive.simulated_archive import SimulatedArchive
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.global_hourly.reader import parse_observations
from isotherm.datasets.simulated.stations import describe_station
from isotherm.errors import SourceError
from isotherm.settings import Settings
from real_files import real_root

CONTENT = csv_file(line())
OHARE = StationYear("72530094846", 2014, GLOBAL_HOURLY.name)
MODIFIED = 1_700_000_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    (folder / "data/global-hourly/access/2014").mkdir(parents=True)
    return folder


def _publish(root: Path, name: str = "2014/72530094846.csv", content: bytes = CONTENT) -> Path:
    path = root / "data/global-hourly/access" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (MODIFIED, MODIFIED + 0.75))
    return path


def _fetched(archive: DirectoryArchive, target: Path, known: SourceFile | None = None) -> FetchedFile:
    fetched = archive.fetch(OHARE, target, known)
    assert fetched is not None
    return fetched


def _known(fetched: FetchedFile) -> SourceFile:
    return SourceFile(fetched.station_year, fetched.sha256, fetched.published_at, fetched.etag)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("noaa", NoaaArchive),
        ("simulated", SimulatedArchive),
        ("https://example.org/mirror", HttpArchive),
        ("/somewhere", DirectoryArchive),
    ],
)
def test_the_setting_says_which_archive(name: str, kind: type) -> None:
    archive = open_archive(Settings(archive=name))
    assert type(archive) is kind
    assert archive.is_simulated == (name == "simulated")
    archive.close()


def test_another_kind_of_address_is_refused_with_what_is_accepted() -> None:
    with pytest.raises(SourceError, match="Accepted: noaa, simulated, a directory"):
        open_archive(Settings(archive="ftp://example.org/noaa"))


def test_a_directory_lists_plain_and_gzipped_files_and_nothing_else(root: Path) -> None:
    for name in ("2014/72530094846.csv", "2014/72530094846.csv.gz", "2013/A0000200001.csv.gz"):
        _publish(root, name)
    for name in (
        "2014/readme.txt",
        "2014/short.csv",
        "2014/72530094846.csv.part",
        "notes/72530094846.csv",
    ):
        _publish(root, name)
    archive = DirectoryArchive(root)
    assert archive.list_first_visit(GLOBAL_HOURLY) == [
        OHARE,
        StationYear("A0000200001", 2013, GLOBAL_HOURLY.name),
    ]
    assert archive.list_station_years(GLOBAL_HOURLY, 2014, 2014) == [OHARE]
    assert archive.list_station_years(GLOBAL_HOURLY, 1901, 1999) == []


def test_a_directory_laid_out_otherwise_says_how_it_should_be(tmp_path: Path) -> None:
    archive = DirectoryArchive(tmp_path)
    assert "<year>/<station>.csv" in (archive.unreachable_reason() or "")
    with pytest.raises(SourceError, match=r"has no folder .* or data/global-hourly/access"):
        archive.list_first_visit(GLOBAL_HOURLY)
    assert archive.read_station_list(GLOBAL_HOURLY) == []


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_file_is_copied_as_gzip_and_its_modification_is_its_publication(
    root: Path, tmp_path: Path, suffix: str
) -> None:
    _publish(root, f"2014/72530094846.csv{suffix}", gzip.compress(CONTENT) if suffix else CONTENT)
    target = tmp_path / "x" / "y.csv.gz"
    fetched = _fetched(DirectoryArchive(root), target)
    assert gzip.decompress(target.read_bytes()) == CONTENT
    assert fetched.published_at == datetime.fromtimestamp(MODIFIED, UTC)
    assert [path.name for path in target.parent.iterdir()] == ["y.csv.gz"]


def test_a_known_file_is_not_read_again_and_a_touched_one_is_no_new_version(
    root: Path, tmp_path: Path
) -> None:
    path = _publish(root)
    archive = DirectoryArchive(root)
    known = _known(_fetched(archive, tmp_path / "a.csv.gz"))
    again = _fetched(archive, tmp_path / "b.csv.gz", known)
    assert not again.is_changed
    os.utime(path, (MODIFIED + 99, MODIFIED + 99))
    touched = _fetched(archive, tmp_path / "b.csv.gz", known)
    assert (touched.is_changed, touched.published_at) == (False, known.published_at)
    assert touched.etag != known.etag
    assert not (tmp_path / "b.csv.gz").exists()
    path.write_bytes(CONTENT + line(DATE="2024-01-02T00:00:00").encode() + b"\n")
    assert _fetched(archive, tmp_path / "b.csv.gz", known).is_changed


def test_an_absent_station_year_is_none_and_a_damaged_one_an_error(root: Path, tmp_path: Path) -> None:
    archive = DirectoryArchive(root)
    assert archive.fetch(OHARE, tmp_path / "x.csv.gz") is None
    _publish(root, "2014/72530094846.csv.gz", gzip.compress(CONTENT)[:-9])
    with pytest.raises(SourceError, match=r"2014/72530094846\.csv\.gz: the gzip stream is cut off"):
        archive.fetch(OHARE, tmp_path / "x.csv.gz")
    assert not (tmp_path / "x.csv.gz").exists()


def test_the_real_files_come_whole_with_their_station_list(tmp_path: Path) -> None:
    archive = DirectoryArchive(real_root())
    wanted = archive.list_first_visit(GLOBAL_HOURLY)
    assert len(wanted) == 12
    outcomes = list(fetch_all(archive, wanted, tmp_path))
    assert [one.error for one in outcomes] == [None] * 12
    assert all(one.fetched and one.fetched.path and one.fetched.path.is_file() for one in outcomes)
    assert len(archive.read_station_list(GLOBAL_HOURLY)) == 29632


def test_the_simulated_archive_has_a_first_visit_and_all_its_years() -> None:
    archive = SimulatedArchive(today=lambda: date(2026, 7, 10))
    first_visit = archive.list_first_visit(GHCNH)
    assert {one.year for one in first_visit} == {2025, 2026}
    assert len({one.station_id for one in first_visit}) == 12
    assert archive.list_first_visit(GLOBAL_HOURLY) == []
    assert {
        one.year for one in SimulatedArchive(today=lambda: date(2027, 1, 1)).list_first_visit(GHCNH)
    } == {2025, 2026}
    assert len(archive.list_station_years(GLOBAL_HOURLY, 2024, 2024)) == 100
    assert len(archive.list_station_years(GHCNH, 2024, 2024)) == 95
    assert len(archive.list_station_years(GLOBAL_HOURLY, 1901, 1901)) == 10
    # NOAA's own global-hourly ended in August 2025.
    assert len(archive.list_station_years(GLOBAL_HOURLY, 2025, 2030)) == 100
    assert len(archive.list_station_years(GHCNH, 2025, 2030)) == 190
    assert archive.unreachable_reason() is None
    assert "simulated" in archive.label


def test_the_first_visit_s_stations_all_have_a_temperature_on_every_day_to_yesterday(
    tmp_path: Path,
) -> None:
    today = date(2026, 2, 15)
    archive = SimulatedArchive(today=lambda: today)
    wanted = [one for one in archive.list_first_visit(GHCNH) if one.year == 2026]
    for outcome in fetch_all(archive, wanted, tmp_path):
        assert outcome.fetched is not None
        path = outcome.fetched.path
        assert path is not None
        rows = GHCNH.read(
            path.read_bytes(), published_at=outcome.fetched.published_at, source_file=path.name
        ).observations.filter(pl.col("air_temperature_tenths").is_not_null())
        assert rows["observed_at"].dt.date().n_unique() == (today - date(2026, 1, 1)).days
    places = [describe_station(one.station_id) for one in wanted]
    assert max(one.latitude_deg for one in places) - min(one.latitude_deg for one in places) > 90
    assert max(one.longitude_deg for one in places) - min(one.longitude_deg for one in places) > 180


def test_a_simulated_file_changes_as_its_year_goes_on_and_rests_when_it_is_over(tmp_path: Path) -> None:
    days = iter(
        [date(2024, 7, 10), date(2024, 7, 10), date(2024, 7, 11), date(2025, 1, 9), date(2026, 1, 1)]
    )
    archive = SimulatedArchive(today=lambda: next(days))
    wanted = StationYear("ZZ000299999", 2024, GLOBAL_HOURLY.name)
    target = tmp_path / "x.csv.gz"
    first = archive.fetch(wanted, target)
    assert first is not None
    assert first.published_at == datetime(2024, 7, 10, tzinfo=UTC)
    rows = parse_observations(
        target.read_bytes(), published_at=first.published_at, source_file="x"
    ).observations
    assert rows["observed_at"].max() == datetime(2024, 7, 8, 23, tzinfo=UTC)
    same_day = archive.fetch(wanted, target, _known(first))
    next_day = archive.fetch(wanted, target, _known(first))
    assert same_day is not None
    assert next_day is not None
    assert (same_day.is_changed, next_day.is_changed) == (False, True)
    over = archive.fetch(wanted, target, _known(next_day))
    assert over is not None
    later = archive.fetch(wanted, target, _known(over))
    assert later is not None
    assert (over.is_changed, later.is_changed) == (True, False)


def test_the_simulated_archive_has_no_other_stations_and_no_future(tmp_path: Path) -> None:
    archive = SimulatedArchive(station_count=5, today=lambda: date(2024, 7, 10))
    assert archive.fetch(StationYear("72530094846", 2014, GLOBAL_HOURLY.name), tmp_path / "x") is None
    assert archive.fetch(StationYear("ZZ000699999", 2014, GLOBAL_HOURLY.name), tmp_path / "x") is None
    for year in (1, 1900, 2025, 9999, 99999):
        wanted = StationYear("ZZ000299999", year, GLOBAL_HOURLY.name)
        assert archive.fetch(wanted, tmp_path / "x") is None
    assert len(archive.read_station_list(GLOBAL_HOURLY)) == 5
