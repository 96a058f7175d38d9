"""What the format allows: four digits, its limits, as many cells as the header; beyond it no value."""

import itertools
from typing import Any

import pytest

from csv_rows import (
    GOOD,
    NAMES,
    STATION,
    csv_file,
    header,
    line,
    observed,
    parse,
    parse_one,
    rejections,
)
from isotherm.datasets.global_hourly.quality import QUALITY
from isotherm.quality import RULES
from isotherm.summarise import summarise

IRREGULAR = line(DATE="2024-01-01T05:51:00", REM="over\ntwo lines")


def _hours(content: bytes) -> list[dict[str, Any]]:
    return summarise(parse(content).observations, QUALITY).rows(named=True)


@pytest.mark.parametrize("neighbour", [[], [IRREGULAR]])
@pytest.mark.parametrize(
    "tmp",
    [
        "+0619,1", "-0933,1", "+9998,1", "-9999,9", "+9999999,1", "+00123,1", "+99999,9",
        "+12345,1", "123456,1", "2147483648,1", "-99999999999,1", "+0650,A",
    ],
)  # fmt: skip
def test_a_temperature_the_format_does_not_allow_is_malformed_and_a_value_under_no_rule(
    tmp: str, neighbour: list[str]
) -> None:
    content = csv_file(line(TMP=tmp, DATE="2024-01-01T03:00:00"), line(), *neighbour)
    row = parse(content).observations.row(0, named=True)
    assert (row["air_temperature_tenths"], row["quality_code"]) == (None, None)
    assert tmp in row["malformed"]
    (first, *_) = by_hour = [one for one in _hours(content) if one["hour_start"].hour == 3]
    assert len(by_hour) == len(RULES)
    assert all(one["observation_count"] == 0 for one in by_hour)
    assert all(one["malformed_count"] == 1 for one in by_hour)
    assert first["min_tenths"] is None


@pytest.mark.parametrize(
    ("changed", "field", "expected"),
    [
        ({"DEW": "-0982,1"}, "dew_point_tenths", -982),
        ({"DEW": "-0983,1"}, "dew_point_tenths", None),
        ({"DEW": "+0368,1"}, "dew_point_tenths", 368),
        ({"DEW": "+0369,1"}, "dew_point_tenths", None),
        ({"DEW": "+12345,1"}, "dew_point_tenths", None),
        ({"DEW": "0100,1"}, "dew_point_tenths", 100),
        ({"DEW": "-01"}, "dew_point_tenths", None),
        ({"DEW": "+0123"}, "dew_point_tenths", None),
        ({"DEW": "+013,1"}, "dew_point_tenths", None),
        ({"DEW": "+00123,1"}, "dew_point_tenths", None),
        ({"DEW": "+0123,1,9"}, "dew_point_tenths", None),
        ({"DEW": "+0123,22"}, "dew_point_tenths", None),
        ({"SLP": "08600,1"}, "sea_level_pressure_tenths_hpa", 8600),
        ({"SLP": "08599,1"}, "sea_level_pressure_tenths_hpa", None),
        ({"SLP": "10900,1"}, "sea_level_pressure_tenths_hpa", 10900),
        ({"SLP": "10901,1"}, "sea_level_pressure_tenths_hpa", None),
        ({"SLP": "110132,1"}, "sea_level_pressure_tenths_hpa", None),
        ({"SLP": "9000"}, "sea_level_pressure_tenths_hpa", None),
        ({"SLP": "9000,1"}, "sea_level_pressure_tenths_hpa", None),
        ({"SLP": " 10132, 1"}, "sea_level_pressure_tenths_hpa", 10132),
        ({"WND": "360,1,N,0900,1"}, "wind_speed_tenths_ms", 900),
        ({"WND": "360,1,N,0901,1"}, "wind_speed_tenths_ms", None),
        ({"WND": "360,1,N,-001,1"}, "wind_speed_tenths_ms", None),
        ({"WND": "360,1,N,0900,1"}, "wind_direction_deg", 360),
        ({"WND": "361,1,N,0010,1"}, "wind_direction_deg", None),
        ({"WND": "000,1,C,0000,1"}, "wind_direction_deg", None),
        ({"WND": "000,1,C,0000,1"}, "wind_speed_tenths_ms", 0),
        ({"WND": " 090 ,1,N, 0015 ,1"}, "wind_direction_deg", 90),
        ({"WND": " 090 ,1,N, 0015 ,1"}, "wind_speed_tenths_ms", 15),
        ({"WND": "36"}, "wind_direction_deg", None),
        ({"WND": "250,1,N,0"}, "wind_direction_deg", None),
        ({"WND": "250,1,N,0,1"}, "wind_speed_tenths_ms", None),
        ({"WND": "0250,1,N,00015,1"}, "wind_direction_deg", None),
        ({"WND": "0250,1,N,00015,1"}, "wind_speed_tenths_ms", None),
    ],
)
def test_other_elements_outside_their_limits_are_null(
    changed: dict[str, str], field: str, expected: int | None
) -> None:
    assert parse_one(**changed)[field] == expected


def _without(name: str) -> str:
    """A good row that has lost one cell."""
    return ",".join(f'"{GOOD[one]}"' if GOOD[one] else "" for one in NAMES if one != name)


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (_without("CIG"), 17),
        (_without("WND"), 17),
        (_without("EQD"), 17),
        (line() + ",", 19),
        (line() + ',"more","and more"', 20),
        (f'"{STATION}","2024-01-01T00:51:00","7"', 3),
        (f'"{STATION}","2024-01-01T00:51:00"', 2),
    ],
)
def test_a_row_with_another_number_of_cells_than_the_header_keeps_its_key_and_no_value(
    row: str, cells: int
) -> None:
    content = csv_file(line(DATE="2024-01-01T01:51:00"), row, line(DATE="2024-01-01T02:51:00"))
    parsed = parse(content)
    assert observed(parsed) == [(1, -111), (2, None), (3, -111)]
    odd = parsed.observations.row(1, named=True)
    assert odd["malformed"] == f"{cells} cells where the header has 18"
    assert (odd["station_id"], odd["source_line"]) == (STATION, 2)
    values = ("quality_code", "dew_point_tenths", "sea_level_pressure_tenths_hpa",
              "wind_speed_tenths_ms", "wind_direction_deg")  # fmt: skip
    assert {odd[name] for name in values} == {None}
    counts = [one["observation_count"] for one in _hours(content) if one["hour_start"].hour == 0]
    assert counts == [0, 0, 0]


def test_a_shifted_dew_point_is_no_temperature() -> None:
    shifted = _without("WND")  # so that DEW stands under TMP
    assert shifted.split('","')[13] == GOOD["SLP"] or "-0144,5" in shifted
    parsed = parse(csv_file(shifted, line(DATE="2024-01-01T01:51:00")))
    assert observed(parsed) == [(1, None), (2, -111)]


def test_a_row_with_another_number_of_cells_and_no_key_is_rejected_with_its_text() -> None:
    rows = ["Q1015,,,,,,", f'"{STATION}","today"', f'"{STATION}"', ","]
    parsed = parse(csv_file(line(), *rows, line()))
    assert observed(parsed) == [(1, -111), (6, -111)]
    assert [(number, payload) for number, _, payload in rejections(parsed)] == list(
        enumerate(rows, start=2)
    )


def test_every_row_with_a_comma_too_many_is_malformed_and_the_load_goes_on() -> None:
    parsed = parse(csv_file(*[line() + ","] * 300))
    assert parsed.observations.height == 300
    assert parsed.observations["air_temperature_tenths"].null_count() == 300
    assert parsed.observations["malformed"].n_unique() == 1


def test_columns_that_are_absent_or_repeated_are_no_fault_of_a_row() -> None:
    names = [*NAMES, "TMP"]
    rows = [f'{line()},"+0099,1"', f'{line(TMP="+0200,1")},""']
    parsed = parse("\n".join([header(names), *rows, ""]).encode())
    assert observed(parsed) == [(1, -111), (2, 200)]  # the first column of a name counts
    slim = [name for name in NAMES if name not in ("WND", "DEW", "SLP")]
    cells = ",".join(f'"{GOOD[name]}"' for name in slim)
    row = parse(f"{header(slim)}\n{cells}\n".encode()).observations.row(0, named=True)
    assert (row["air_temperature_tenths"], row["dew_point_tenths"]) == (-111, None)


def test_every_four_digit_temperature_is_read_or_malformed_by_the_limits_alone() -> None:
    texts = [f"{sign}{number:04d},1" for sign, number in itertools.product("+-", range(0, 10000, 7))]
    observations = parse(csv_file(*[line(TMP=text) for text in texts])).observations
    expected = [value if -932 <= (value := int(text[:5])) <= 618 else None for text in texts]
    assert observations["air_temperature_tenths"].to_list() == expected
    is_malformed = observations["malformed"].is_not_null().to_list()
    assert is_malformed == [value is None for value in expected]


def test_a_record_with_a_cell_beyond_all_measure_is_not_said_to_have_a_bad_station() -> None:
    content = csv_file(line(), line(REM="x" * 140_000) + ",more")
    ((number, reason, _),) = rejections(parse(content))
    assert (number, reason.split(":")[0]) == (2, "no cells to be told apart")
