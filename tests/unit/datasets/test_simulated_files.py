"""The simulated archive: deterministic, in NOAA's exact format, with the real archive's traps."""

import csv
import gzip
import hashlib
import re
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from plain_oracle import plain_hours

from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.global_hourly.quality import QUALITY
from isotherm.datasets.global_hourly.reader import parse_observations
from isotherm.datasets.global_hourly.station_history import read_station_history
from isotherm.datasets.simulated.__main__ import main
from isotherm.datasets.simulated.archive_files import write_archive
from isotherm.datasets.simulated.station_years import published_on, simulate_station_year
from isotherm.datasets.simulated.stations import Kind, describe_station, simulated_history, station_ids
from isotherm.errors import SourceError
from isotherm.quality import RULE_NAMES
from isotherm.station import is_station_id

TODAY = date(2024, 7, 10)
OF_KIND = {describe_station(one).kind: one for one in reversed(station_ids())}


@cache
def _content(kind: Kind, year: int = 2023, today: date = TODAY) -> bytes:
    content = simulate_station_year(OF_KIND[kind], year, today=today)
    assert content is not None
    return content


@cache
def _observations(content: bytes) -> pl.DataFrame:
    parsed = parse_observations(
        content, published_at=datetime(2024, 7, 10, tzinfo=UTC), source_file="x"
    )
    assert parsed.rejected.is_empty()
    malformed = set(parsed.observations["malformed"].drop_nulls())
    # The trap: hotter than the format allows.
    assert malformed <= {"TMP is outside -93.2 to +61.8 C: '+0650,1'"}
    return parsed.observations


def test_there_are_a_hundred_stations_of_every_kind_with_ids_of_their_own() -> None:
    ids = station_ids()
    assert len(set(ids)) == 100
    assert all(is_station_id(one) and one.startswith("ZZ") for one in ids)
    assert {describe_station(one).kind for one in station_ids(12)} == set(Kind)


def test_the_load_generator_goes_to_9999_stations_and_says_so() -> None:
    assert len(set(station_ids(9999))) == 9999
    with pytest.raises(SourceError, match="1 to 9999"):
        station_ids(10000)
    with pytest.raises(SourceError, match="not a simulated station"):
        describe_station("72530094846")


def test_a_year_is_a_pure_function_of_station_and_year() -> None:
    program = (
        "import sys, datetime, hashlib;"
        "from isotherm.datasets.simulated.station_years import simulate_station_year as make;"
        "today = datetime.date(2024, 7, 10);"
        "[print(hashlib.sha256(make(one, 2023, today=today)).hexdigest()) for one in sys.argv[1:]]"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", program, *(OF_KIND[kind] for kind in Kind)],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONHASHSEED": "1"},
    )
    assert elsewhere.stdout.split() == [hashlib.sha256(_content(kind)).hexdigest() for kind in Kind]


def test_the_generator_gives_the_same_numbers_as_the_day_it_was_written() -> None:
    first_rows = _content(Kind.THREE_A_DAY, 1901).decode().splitlines()[1:3]
    assert [row.split('"')[27] for row in first_rows] == ["+0241,1", "+0270,1"]


@pytest.mark.parametrize("kind", Kind)
def test_a_year_in_progress_grows_only_at_its_end(kind: Kind) -> None:
    earlier = _observations(_content(kind, 2024, TODAY))
    later = _observations(_content(kind, 2024, TODAY + timedelta(days=14)))
    assert later.head(earlier.height).equals(earlier)
    if kind is not Kind.MOBILE:
        assert later.height > earlier.height


def test_the_current_year_ends_two_days_before_today() -> None:
    newest = _observations(_content(Kind.AIRPORT, 2024))["observed_at"].max()
    assert newest == datetime(2024, 7, 8, 23, 51, tzinfo=UTC)
    assert published_on(2024, TODAY) == datetime(2024, 7, 10, tzinfo=UTC)
    assert published_on(2023, TODAY) == datetime(2024, 1, 2, tzinfo=UTC)


def test_there_is_no_file_before_the_opening_nor_of_a_year_without_a_day() -> None:
    assert simulate_station_year(OF_KIND[Kind.AIRPORT], 1901, today=TODAY) is None
    assert simulate_station_year(OF_KIND[Kind.SYNOP], 2025, today=TODAY) is None
    assert simulate_station_year(OF_KIND[Kind.SYNOP], 2024, today=date(2024, 1, 2)) is None
    assert simulate_station_year(OF_KIND[Kind.SYNOP], 2024, today=date(2024, 1, 3)) is not None


@pytest.mark.parametrize("kind", Kind)
def test_the_format_is_noaas(kind: Kind) -> None:
    lines = _content(kind).decode("ascii").split("\n")
    assert lines[-1] == ""
    names = next(csv.reader(lines[:1]))
    assert names[:16] == [
        "STATION", "DATE", "SOURCE", "LATITUDE", "LONGITUDE", "ELEVATION", "NAME", "REPORT_TYPE",
        "CALL_SIGN", "QUALITY_CONTROL", "WND", "CIG", "VIS", "TMP", "DEW", "SLP",
    ]  # fmt: skip
    assert names[-2:] == ["REM", "EQD"]
    assert names[16:-2] == sorted(names[16:-2])
    value = r'("[^"]+")?'
    row = re.compile(rf"^{value}(,{value}){{{len(names) - 1}}}$")
    assert all(row.match(line) for line in lines[:-1])
    rows = list(csv.DictReader(lines))
    assert all(re.fullmatch(r"[+-]\d{4},[0-9A-Z]", one["TMP"]) for one in rows)
    assert all(len(one["REPORT_TYPE"]) == 5 and len(one["CALL_SIGN"]) == 5 for one in rows)
    assert [one["DATE"] for one in rows] == sorted(one["DATE"] for one in rows)
    assert {one["NAME"] for one in rows} == {describe_station(OF_KIND[kind]).name}
    assert "," in rows[0]["NAME"]


def test_an_airport_has_the_traps_of_an_airport() -> None:
    content = _content(Kind.AIRPORT)
    observations = _observations(content)
    types = set(observations["report_type"])
    assert types == {"FM-15", "FM-16", "FM-12", "SOD", "SOM", "SY-MT"}
    assert {"5", "1", "9", "6", "A"} <= set(observations["quality_code"])
    assert observations.filter(pl.col("report_type") == "SOD").height == 365
    assert observations.filter(pl.col("report_type") == "SOM").height == 12
    assert b'"SOD  "' in content
    key = ["station_id", "observed_at", "report_type", "source"]
    assert observations.height > observations.unique(key).height
    rows = list(csv.DictReader(content.decode().splitlines()))
    assert len({(one["LATITUDE"], one["LONGITUDE"]) for one in rows}) == 2


def test_a_synop_at_an_airport_repeats_the_metar_of_nine_minutes_before() -> None:
    observations = _observations(_content(Kind.AIRPORT))
    synops = observations.filter(pl.col("report_type") == "FM-12")
    metars = observations.filter(pl.col("report_type") == "FM-15", pl.col("quality_code") == "5")
    pairs = synops.with_columns(pl.col("observed_at") - pl.duration(minutes=9)).join(
        metars.unique("observed_at", keep="last", maintain_order=True), on="observed_at"
    )
    assert pairs.height > 1400
    same = pairs["air_temperature_tenths"] == pairs["air_temperature_tenths_right"]
    assert same.sum() == pairs.height


def test_specials_come_in_cold_weather_and_bias_the_mean() -> None:
    observations = _observations(_content(Kind.AIRPORT))
    means = dict(observations.group_by("report_type").agg(pl.mean("air_temperature_tenths")).rows())
    assert means["FM-16"] < means["FM-15"]


def test_a_platform_has_thousands_of_reports_and_no_temperature() -> None:
    observations = _observations(_content(Kind.PLATFORM))
    assert observations.height == 8760
    assert observations["air_temperature_tenths"].null_count() == 8760
    assert observations["wind_speed_tenths_ms"].null_count() < 8760


def test_the_first_year_has_three_reports_a_day() -> None:
    observations = _observations(_content(Kind.THREE_A_DAY, 1901))
    assert observations.height == 1095
    assert set(observations["observed_at"].dt.hour()) == {6, 13, 20}


def test_airports_sent_airways_codes_before_they_sent_metars() -> None:
    observations = _observations(_content(Kind.AIRPORT, 1983))
    assert set(observations["report_type"]) == {"SAO", "SY-SA"}
    assert set(observations["source"]) == {"C"}
    assert observations.height == 8760


def test_a_mobile_station_lies_at_0_0_and_reports_whole_degrees_at_any_minute() -> None:
    content = _content(Kind.MOBILE)
    observations = _observations(content)
    assert observations["observed_at"].dt.minute().n_unique() == 60
    assert set(observations["air_temperature_tenths"].drop_nulls() % 10) == {0}
    assert observations["malformed"].null_count() < observations.height
    assert b'"0.000","0.000","7' in content


def test_a_synop_station_loses_days_and_goes_three_hourly_in_august() -> None:
    observations = _observations(simulate_station_year("ZZ000499999", 2023, today=TODAY) or b"")
    by_day = dict(observations.group_by(pl.col("observed_at").dt.date()).len().rows())
    assert len(by_day) < 365
    assert by_day[date(2023, 7, 1)] == 24
    assert by_day[date(2023, 12, 24)] == 8


def test_temperatures_go_on_without_a_step_over_midnight_and_new_year() -> None:
    station = OF_KIND[Kind.SYNOP]
    before = _observations(simulate_station_year(station, 2022, today=TODAY) or b"")
    after = _observations(simulate_station_year(station, 2023, today=TODAY) or b"")
    both = pl.concat([before, after]).filter(pl.col("quality_code") == "1")
    steps = both.filter(pl.col("observed_at").diff() == pl.duration(hours=1))
    change = both["air_temperature_tenths"].diff().abs()
    assert change.max() < 60
    assert steps.height > 15000


@pytest.mark.parametrize("rule", RULE_NAMES)
@pytest.mark.parametrize("kind", Kind)
def test_what_is_read_selects_to_the_hours_of_a_plain_oracle(kind: Kind, rule: str) -> None:
    content = _content(kind)
    assert _hours(_observations(content), rule) == plain_hours(content, rule)


def _hours(observations: pl.DataFrame, rule: str) -> dict[str, tuple[int, int, int, int]]:
    """The rules over parsed columns, in Polars: another road to the same hours."""
    key = ["observed_at", "report_type", "source"]
    rows = observations.sort("revision").unique(key, keep="last", maintain_order=True)
    rows = rows.filter(pl.col("air_temperature_tenths").is_not_null())
    if rule != "unfiltered":
        rows = rows.filter(
            ~pl.col("quality_code").is_in(["2", "3", "6", "7"]),
            ~pl.col("report_type").is_in(["SOD", "SOM"]),
            pl.col("air_temperature_tenths").is_between(-932, 618),
        )
    rows = rows.with_columns(pl.col("observed_at").dt.truncate("1h").alias("hour"))
    if rule == "routine":
        rank = {name: number for number, name in enumerate(QUALITY.aviation_report_types)}
        rows = rows.filter(~pl.col("report_type").is_in(["FM-16", "SAOSP"])).with_columns(
            pl.col("report_type").replace_strict(rank, default=99, return_dtype=pl.Int32).alias("rank")
        )
        best = pl.col("rank").min().over("hour")
        rows = rows.filter((best == 99) | (pl.col("rank") < 99))
        rows = rows.sort("rank", -pl.col("revision")).unique(
            "observed_at", keep="first", maintain_order=True
        )
    tenths = pl.col("air_temperature_tenths")
    grouped = rows.group_by("hour").agg(
        tenths.len(), tenths.min().alias("a"), tenths.max().alias("b"), tenths.sum().alias("c")
    )
    found = defaultdict(tuple)
    for hour, *values in grouped.rows():
        found[f"{hour:%Y-%m-%dT%H}"] = tuple(values)
    return dict(found)


def test_an_archive_on_disk_is_laid_out_as_noaas_and_equal_wherever_it_is_written(
    tmp_path: Path,
) -> None:
    first = write_archive(tmp_path / "a", stations=2, years=(2013, 2014), today=TODAY)
    write_archive(tmp_path / "b", stations=2, years=[2014, 2013], today=TODAY)
    assert len(first) == 4
    for path in (tmp_path / "a").rglob("*.gz"):
        twin = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert twin.read_bytes() == path.read_bytes()
        assert twin.stat().st_mtime == path.stat().st_mtime
    archive = DirectoryArchive(tmp_path / "a")
    assert len(archive.list_first_visit(GLOBAL_HOURLY)) == 4
    history = archive.read_station_list(GLOBAL_HOURLY)
    assert [one.station.station_id for one in history] == list(station_ids(2))


def test_an_archive_can_be_written_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(tmp_path), "--stations", "6", "--years", "1901"])
    assert capsys.readouterr().out == f"1 station-years in {tmp_path}\n"
    (written,) = (tmp_path / "data/global-hourly/access/1901").iterdir()
    assert _observations(gzip.decompress(written.read_bytes())).height == 1095


def test_the_station_list_is_in_noaas_format_with_positions_and_periods() -> None:
    history = read_station_history(simulated_history(100, date(2024, 7, 8)))
    assert len(history) == 100
    mobile = [one for one in history if one.station.latitude_deg is None]
    assert {describe_station(one.station.station_id).kind for one in mobile} == {Kind.MOBILE}
    first = history[0]
    assert first.station.name == "SIMULATED AIRPORT 0001"
    assert (first.station.country, first.last_day) == ("ZZ", date(2024, 7, 8))
    assert (
        abs((first.station.latitude_deg or 0) - describe_station(first.station.station_id).latitude_deg)
        < 1e-3
    )
