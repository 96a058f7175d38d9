"""Simulated GHCNh: NOAA's layout, the hours of the same station in global-hourly."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from simulated_files import AIRPORT, KINDS, OF_KIND, TODAY, content_of, observations_in

from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.cross_walk import Via, cross_walk
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.simulated.archive_files import write_archive
from isotherm.datasets.simulated.ghcnh_files import PARQUET, PSV
from isotherm.datasets.simulated.ghcnh_layouts import V1_0_1, V1_1_0
from isotherm.datasets.simulated.station_years import published_on
from isotherm.datasets.simulated.stations import (
    Kind,
    describe_station,
    newest_day,
    simulated_ghcn_list,
    simulated_history,
    station_ids,
)
from isotherm.summarise import summarise
from real_files import real_root

LAST_HOURLY = datetime(2025, 8, 29, 23, 59, tzinfo=UTC)


def _hours(dataset: Dataset, observations: pl.DataFrame) -> pl.DataFrame:
    """Every statistic of every hour that counts, up to global-hourly's end."""
    summaries = summarise(observations, dataset.quality)
    reasons = [
        name for name in summaries.columns
        if name.endswith("_count") and name != "observation_count"
    ]  # fmt: skip
    counted = summaries.filter(pl.col("observation_count") > 0, pl.col("hour_start") <= LAST_HOURLY)
    return counted.drop("station_id", *reasons)


@pytest.mark.parametrize("kind", KINDS)
def test_a_station_has_the_same_hours_in_both_datasets_under_all_rules(kind: Kind) -> None:
    station = OF_KIND[kind]
    newer = _hours(GHCNH, observations_in(station.ghcn_id or "", 2025))
    older = _hours(GLOBAL_HOURLY, observations_in(station.station_id, 2025, GLOBAL_HOURLY))
    assert newer.equals(older)
    assert older.is_empty() == (kind is Kind.PLATFORM)


@pytest.mark.parametrize("kind", KINDS)
def test_psv_and_parquet_are_the_same_rows(kind: Kind) -> None:
    station_id = OF_KIND[kind].ghcn_id or ""
    parquet, psv = (observations_in(station_id, form=form) for form in (PARQUET, PSV))
    assert parquet.drop("source_file").equals(psv.drop("source_file"))
    assert psv.height > 130


def test_the_columns_are_noaas_in_name_order_and_type() -> None:
    with (real_root() / "ghcnh/doc/columns_v1.1.0.csv").open() as file:
        said = {row["column"]: row["type"] for row in csv.DictReader(file)}
    types = {"string": pl.String(), "int": pl.Int32(), "double": pl.Float64()}
    assert list(V1_1_0.schema.items()) == [(name, types[one]) for name, one in said.items()]
    sample = real_root() / "ghcnh/v1.0.1_GHCNh_USW00013967_por.psv"
    assert list(V1_0_1.schema) == sample.read_text().split("\n", 1)[0].split("|")


def test_psv_is_pipes_without_quotes_and_padded_times() -> None:
    lines = content_of(AIRPORT, 2026, form=PSV).decode().split("\n")
    assert lines[-1] == ""
    assert {line.count("|") for line in lines[:-1]} == {328}
    first = dict(zip(lines[0].split("|"), lines[1].split("|"), strict=True))
    assert first["DATE"] == "2026-01-01T00:00:00"
    assert [first[name] for name in ("Month", "Day", "Hour", "Minute")] == ["01", "01", "00", "00"]
    assert (first["STATION"], first["Station_name"]) == (AIRPORT, "SIMULATED AIRPORT 0001")


def test_one_row_a_minute_in_the_order_of_time() -> None:
    for kind in KINDS:
        times = observations_in(OF_KIND[kind].ghcn_id or "")["observed_at"]
        assert times.is_sorted()
        assert times.is_unique().all()


def test_the_newest_row_is_a_day_to_two_behind_the_clock_and_each_station_has_its_own_lag() -> None:
    ends = [observations_in(one)["observed_at"].to_list()[-1] for one in station_ids(9, GHCNH.name)]
    noon = datetime(2026, 2, 15, 12, tzinfo=UTC)
    assert all(timedelta(hours=12) < noon - end < timedelta(hours=36) for end in ends)
    assert len(set(ends)) > 5
    assert ends[0] == ends[2] == datetime(2026, 2, 14, 23, 51, tzinfo=UTC)
    assert newest_day(TODAY, GHCNH.name) == date(2026, 2, 14)
    assert newest_day(TODAY, GLOBAL_HOURLY.name) == date(2025, 8, 29)


@pytest.mark.parametrize("kind", KINDS)
def test_a_year_in_progress_grows_only_at_its_end(kind: Kind) -> None:
    station_id = OF_KIND[kind].ghcn_id or ""
    earlier, later = (
        observations_in(station_id, today=today) for today in (date(2026, 1, 20), date(2026, 2, 3))
    )
    assert later.head(earlier.height).equals(earlier)
    assert later.height > earlier.height
    assert published_on(2026, TODAY, GHCNH.name) == datetime(2026, 2, 15, tzinfo=UTC)
    assert published_on(2025, TODAY, GHCNH.name) == datetime(2026, 1, 2, tzinfo=UTC)


def test_the_lists_relate_the_ids_and_leave_out_who_is_only_in_the_older() -> None:
    older = [one.station for one in GLOBAL_HOURLY.read_station_list(simulated_history(500, TODAY))]
    newer = [one.station for one in GHCNH.read_station_list(simulated_ghcn_list(500))]
    walk = cross_walk(older, newer)
    assert {describe_station(one).ghcn_id for one in walk.matches} == {one.station_id for one in newer}
    assert all(describe_station(one).ghcn_id == it.station_id for one, it in walk.matches.items())
    assert {describe_station(one).kind for one in walk.unmatched} == {Kind.MOBILE}
    assert {one.via for one in walk.matches.values()} == {Via.ICAO, Via.NEAR}
    assert all(describe_station(one.station_id).ghcn_id == one.station_id for one in newer)


def test_an_archive_of_both_is_laid_out_as_noaas(tmp_path: Path) -> None:
    names = (GHCNH.name, GLOBAL_HOURLY.name)
    for form in (PARQUET, PSV):
        root = tmp_path / form
        written = write_archive(root, 6, [1901, 2026], datasets=names, form=form, today=TODAY)
        archive = DirectoryArchive(root)
        found = {one.name: archive.list_first_visit(one) for one in (GHCNH, GLOBAL_HOURLY)}
        assert [len(found[name]) for name in names] == [7, 1]
        assert len(written) == 8
        listed = archive.read_station_list(GHCNH)
        assert [one.station.station_id for one in listed] == sorted(station_ids(6, GHCNH.name))
        fetched = archive.fetch(found[GHCNH.name][-1], tmp_path / f"{form}.gz")
        assert fetched is not None
        assert fetched.published_at == datetime(2026, 2, 15, tzinfo=UTC)
