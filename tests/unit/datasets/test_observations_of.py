"""What batch and feeder make of a file: its own observations, the rest aside, and its coverage."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from csv_rows import STATION, csv_file, line
from isotherm.datasets.coverage import Coverage, coverage_of
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.made_by import made_by
from isotherm.datasets.observations import (
    SET_ASIDE_SCHEMA,
    FileObservations,
    SetAside,
    observations_of,
    source_name,
)
from isotherm.datasets.registry import DATASETS, dataset_named
from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.errors import SettingsError, SourceError
from isotherm.summarise import summarise

PUBLISHED_AT = datetime(2024, 7, 2, tzinfo=UTC)
NOW = datetime(2024, 7, 3, 12, tzinfo=UTC)
STRAYS = (
    line(STATION="01001099999"),
    line(DATE="2023-12-31T23:59:00"),
    line(DATE="2025-01-01T00:00:00"),
)
LATER = (
    line(DATE="2024-07-03T13:00:00"),
    line(DATE="2024-07-03T13:00:01"),
    line(DATE="2024-11-01T00:00:00"),
)


def _read(content: bytes) -> FileObservations:
    return observations_of(
        GLOBAL_HOURLY, content, station_id=STATION, year=2024, published_at=PUBLISHED_AT, now=NOW
    )


def _covered(content: bytes) -> Coverage:
    return coverage_of(GLOBAL_HOURLY, content, station_id=STATION, year=2024, now=NOW)


def test_rows_of_another_station_or_year_are_set_aside_with_what_they_said() -> None:
    found = _read(csv_file(line(), *STRAYS, line()))
    assert found.observations["source_line"].to_list() == [1, 5]
    assert found.set_aside.select("source_line", "reason").rows() == [
        (number, SetAside.ANOTHER_FILES) for number in (2, 3, 4)
    ]
    assert json.loads(found.set_aside["payload"][0])["station_id"] == "01001099999"
    assert found.future_from is None


def test_rows_more_than_an_hour_ahead_are_set_aside_and_the_first_of_them_is_named() -> None:
    found = _read(csv_file(line(), *LATER))
    assert found.observations["source_line"].to_list() == [1, 2]
    assert found.set_aside.select("source_line", "reason").rows() == [
        (3, SetAside.FUTURE),
        (4, SetAside.FUTURE),
    ]
    assert found.future_from == datetime(2024, 7, 3, 13, 0, 1, tzinfo=UTC)


def test_a_row_without_a_key_is_set_aside_with_its_reason_and_text() -> None:
    found = _read(csv_file(line(), "garbage", line()))
    ((number, reason, payload),) = found.set_aside.rows()
    assert (number, reason) == (2, SetAside.UNREADABLE_KEY)
    assert payload == "STATION is not 11 digits and capital letters: garbage"


def test_every_record_is_on_one_side() -> None:
    content = csv_file(*STRAYS, *LATER, line(), "garbage", "", line() + ",")
    found = _read(content)
    assert found.observations.height + found.set_aside.height == 9
    assert found.observations.schema == POLARS_SCHEMA
    assert found.set_aside.schema == SET_ASIDE_SCHEMA
    assert set(found.observations["source_file"]) == {source_name(GLOBAL_HOURLY, STATION, 2024)}
    assert source_name(GLOBAL_HOURLY, STATION, 2024) == f"2024/{STATION}.csv"


def test_a_file_without_rows_gives_none() -> None:
    found = _read(csv_file())
    assert (found.observations.height, found.set_aside.height, found.future_from) == (0, 0, None)
    assert _covered(csv_file()) == Coverage(0, None, None)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "lines",
    [
        [line(DATE="2024-03-01T00:00:00"), line(DATE="2024-01-02T00:00:00"), *STRAYS, *LATER],
        [line(REM="two\nlines"), *STRAYS, line() + ",", "garbage", line(DATE="2024-02-02T24:00:00")],
        [line(TMP="")],
        list(STRAYS),
    ],
)
def test_the_coverage_is_that_of_the_observations_without_reading_their_values(
    lines: list[str], pack: type[bytes]
) -> None:
    content = pack(csv_file(*lines))
    moments = _read(content).observations["observed_at"]
    assert _covered(content) == Coverage(moments.len(), moments.min(), moments.max())  # type: ignore[arg-type]


def test_what_is_no_file_of_the_dataset_has_no_coverage() -> None:
    with pytest.raises(SourceError, match=f"2024/{STATION}.csv: the file is empty"):
        _covered(b"")


def test_the_clock_is_the_walls_unless_one_is_given() -> None:
    soon = datetime.now(UTC) + timedelta(minutes=30)
    late = datetime.now(UTC) + timedelta(hours=3)
    rows = [line(DATE=f"{moment:%Y-%m-%dT%H:%M:%S}") for moment in (soon, late)]
    found = observations_of(
        GLOBAL_HOURLY, csv_file(*rows), station_id=STATION, year=soon.year, published_at=PUBLISHED_AT
    )
    assert found.observations["source_line"].to_list() == [1]


def test_datasets_are_found_by_name_and_each_says_where_its_files_lie() -> None:
    assert [one.name for one in DATASETS] == ["ghcnh", "global-hourly"]
    for one in DATASETS:
        assert dataset_named(one.name) is one
        names = [form.file_name(STATION, 2024) for form in one.layout.forms]
        for form, name in zip(one.layout.forms, names, strict=True):
            for found in (name, f"{name}.gz"):
                match = form.pattern.match(found)
                assert match is not None
                assert match[1] == STATION
            assert form.pattern.match(f"{name}.part") is None
            assert form.path(STATION, 2024).endswith(f"/{name}")
            assert one.layout.form_of(form.magic) is form
            assert one.layout.form_named(f"/raw/{name}.gz") is one.layout.form_named(name) is form
        # Versions of a station-year lie beside each other in HDFS, whichever form they came in.
        assert len({name.rpartition(".")[0] for name in names}) == 1
    # Its history is an import away; a first look is at the archive that lives.
    assert GLOBAL_HOURLY.first_visit is None
    with pytest.raises(SettingsError, match=r"No dataset 'isd'\. There are: ghcnh, global-hourly\."):
        dataset_named("isd")


def test_a_frozen_dataset_says_its_last_day() -> None:
    assert GLOBAL_HOURLY.last_day == date(2025, 8, 29)


def test_the_mark_of_the_code_names_every_module_that_reads_a_file() -> None:
    mark = made_by(GLOBAL_HOURLY)
    assert len(mark) == 16
    assert int(mark, 16) > 0
    import isotherm.datasets.global_hourly as package

    folder = Path(package.__path__[0])
    reading = {f"isotherm.datasets.global_hourly.{path.stem}" for path in folder.glob("[a-z]*.py")}
    # A station's description and the dataset's own words decide nothing of an observation.
    reading -= {
        f"isotherm.datasets.global_hourly.{name}" for name in ("dataset", "facts", "station_history")
    }
    assert reading <= set(GLOBAL_HOURLY.modules)


def test_remarks_that_look_like_data_and_a_nil_report_change_no_hour() -> None:
    content = csv_file(
        line(DATE="2024-06-01T00:51:00", TMP="+0123,1", REM="MET TMP+9999,9 KA1 CT2"),
        "Q1015,,,,,,",
        line(DATE="2024-06-01T01:51:00", TMP="+9999,9", REM="KORD 011951Z NIL"),
        line(DATE="2024-06-01T24:00:00", TMP="+0400,1"),
        line(DATE="2024-06-01T02:00:00", TMP="+0590,1"),
    )
    found = _read(content)
    assert found.set_aside["reason"].to_list() == [SetAside.UNREADABLE_KEY] * 2
    hours = summarise(found.observations, GLOBAL_HOURLY.quality)
    routine = hours.filter(pl.col("rule") == "routine")
    counted = routine.filter(pl.col("observation_count") > 0)
    assert counted.select("hour_start", "observation_count", "sum_tenths").rows() == [
        (datetime(2024, 6, 1, 0, tzinfo=UTC), 1, 123),
        (datetime(2024, 6, 1, 2, tzinfo=UTC), 1, 590),
    ]
    assert routine["missing_count"].sum() == 1
