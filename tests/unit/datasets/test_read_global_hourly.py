"""Each trap of NOAA's format, in a file of a line or two."""

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest

from csv_rows import (
    GOOD,
    NAMES,
    PUBLISHED_AT,
    STATION,
    csv_file,
    header,
    line,
    observed,
    parse,
    parse_one,
    rejections,
)
from isotherm.datasets.global_hourly.reader import parse_observations
from isotherm.datasets.schema import ARROW_SCHEMA, POLARS_SCHEMA, to_arrow
from isotherm.errors import SourceError
from isotherm.observation import FIELDS, revision_of


def test_a_row_becomes_the_canonical_observation() -> None:
    row = parse_one()
    assert row == {
        "station_id": STATION,
        "observed_at": datetime(2024, 1, 1, 0, 51, tzinfo=UTC),
        "air_temperature_tenths": -111,
        "quality_code": "5",
        "report_type": "FM-15",
        "source": "7",
        "dataset": "global-hourly",
        "dew_point_tenths": -144,
        "sea_level_pressure_tenths_hpa": 10273,
        "wind_speed_tenths_ms": 15,
        "wind_direction_deg": 250,
        "published_at": PUBLISHED_AT,
        "source_file": "test.csv",
        "source_line": 1,
        "revision": revision_of(int(PUBLISHED_AT.timestamp()), 1),
        "malformed": None,
    }


def test_the_schemas_follow_the_fields_in_order() -> None:
    names = [field.name for field in FIELDS]
    assert POLARS_SCHEMA.names() == names
    assert ARROW_SCHEMA.names == names
    assert str(ARROW_SCHEMA.field("station_id").type) == "string"
    assert str(ARROW_SCHEMA.field("observed_at").type) == "timestamp[us, tz=UTC]"


def test_parsed_and_empty_observations_have_exactly_the_arrow_schema() -> None:
    for content in (csv_file(line()), csv_file()):
        parsed = parse(content)
        assert parsed.observations.schema == POLARS_SCHEMA
        assert to_arrow(parsed.observations).schema.equals(ARROW_SCHEMA)


@pytest.mark.parametrize(
    ("tmp", "tenths", "quality"),
    [
        ("-0070,1", -70, "1"),
        ("+0300,1", 300, "1"),
        ("-0000,1", 0, "1"),
        ("+9999,9", None, "9"),
        ("-0017,A", -17, "A"),
        ("+0144,6", 144, "6"),
        ("+0123,9", 123, "9"),
        ("-0932,1", -932, "1"),
        ("+0618,1", 618, "1"),
        ("0012,1", 12, "1"),
        ("+0012,c", 12, "c"),
        (" +0012,C ", 12, "C"),
    ],
)
def test_tmp_gives_tenths_and_a_quality_code(tmp: str, tenths: int | None, quality: str) -> None:
    row = parse_one(TMP=tmp)
    assert (row["air_temperature_tenths"], row["quality_code"]) == (tenths, quality)
    assert row["malformed"] is None


@pytest.mark.parametrize(
    "tmp",
    ["abc", "+0012", "12.5,1", "+0012,", ",1", "+0012,1,1", "+0012,12", "Null,1", "+013,1", "+00013,1"],
)
def test_a_tmp_that_cannot_be_read_stays_as_a_row_that_says_why(tmp: str) -> None:
    row = parse_one(TMP=tmp)
    assert row["air_temperature_tenths"] is None
    assert row["quality_code"] is None
    assert tmp in row["malformed"]


def test_a_blank_tmp_is_malformed_because_the_format_always_has_one() -> None:
    assert parse_one(TMP="")["malformed"] == "TMP is blank"


def test_control_characters_of_a_damaged_file_do_not_travel_on() -> None:
    row = parse_one(TMP="\x00\x01,1", REPORT_TYPE="FM\x0015", SOURCE="\x00")
    assert (row["report_type"], row["source"]) == ("FM 15", None)
    assert "\x00" not in row["malformed"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"DEW": "+9999,9"}, {"dew_point_tenths": None}),
        ({"DEW": "-0982,1"}, {"dew_point_tenths": -982}),
        ({"SLP": "99999,9"}, {"sea_level_pressure_tenths_hpa": None}),
        ({"SLP": "08600,1"}, {"sea_level_pressure_tenths_hpa": 8600}),
        ({"WND": "999,9,C,0000,5"}, {"wind_direction_deg": None, "wind_speed_tenths_ms": 0}),
        ({"WND": "360,1,N,9999,9"}, {"wind_direction_deg": 360, "wind_speed_tenths_ms": None}),
        ({"WND": "999,9,9,9999,9"}, {"wind_direction_deg": None, "wind_speed_tenths_ms": None}),
        ({"WND": "garbage"}, {"wind_direction_deg": None, "wind_speed_tenths_ms": None}),
        ({"DEW": "", "SLP": ""}, {"dew_point_tenths": None, "sea_level_pressure_tenths_hpa": None}),
        # Suspect or erroneous: they have no quality column to carry that on.
        ({"DEW": "+0300,3"}, {"dew_point_tenths": None}),
        ({"WND": "250,1,N,4650,3"}, {"wind_direction_deg": 250, "wind_speed_tenths_ms": None}),
    ],
)
def test_other_elements_are_null_when_missing_or_bad(
    changed: dict[str, str], expected: dict[str, int | None]
) -> None:
    row = parse_one(**changed)
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("padded", "trimmed"),
    [("SOD  ", "SOD"), ("SAO  ", "SAO"), ("FM-15", "FM-15"), ("     ", None), ("", None)],
)
def test_report_types_are_trimmed(padded: str, trimmed: str | None) -> None:
    assert parse_one(REPORT_TYPE=padded)["report_type"] == trimmed


@pytest.mark.parametrize("station_id", ["01001099999", "A0000243210", "99999994846"])
def test_station_ids_stay_text(station_id: str) -> None:
    assert parse_one(STATION=station_id)["station_id"] == station_id


def test_a_source_may_be_a_letter() -> None:
    assert parse_one(SOURCE="O")["source"] == "O"


def test_columns_are_found_by_name_in_any_order_and_number() -> None:
    names = ["TMP", "KA1", "REPORT_TYPE", "DATE", "SOURCE", "STATION", "ZZ9"]
    values = ['"+0123,1"', "", '"FM-12"', '"2024-01-01T00:00:00"', '"4"', f'"{STATION}"', '"x, y"']
    parsed = parse(f"{header(names)}\n{','.join(values)}\n".encode())
    (row,) = parsed.observations.rows(named=True)
    assert (row["air_temperature_tenths"], row["report_type"], row["source"]) == (123, "FM-12", "4")
    assert (row["dew_point_tenths"], row["wind_speed_tenths_ms"]) == (None, None)


@pytest.mark.parametrize("station_id", ["", "1001099999", "0100109999é", "station no", "x" * 500])
def test_a_row_without_a_readable_station_is_rejected_with_its_text(station_id: str) -> None:
    bad = line(STATION=station_id)
    parsed = parse(csv_file(bad, line()), "of-this-file.csv")
    assert observed(parsed) == [(2, -111)]
    assert rejections(parsed) == [(1, "STATION is not 11 digits and capital letters", bad)]
    assert parsed.rejected["source_file"].to_list() == ["of-this-file.csv"]


def test_a_repeated_header_line_is_rejected_as_such() -> None:
    parsed = parse(csv_file(line(), header(), line()))
    assert observed(parsed) == [(1, -111), (3, -111)]
    assert rejections(parsed) == [(2, "the header line again", header())]


def test_trailing_garbage_is_rejected_and_does_not_hurt_the_rows_before() -> None:
    parsed = parse(csv_file(line(), "\x1a", "</html>"))
    assert observed(parsed) == [(1, -111)]
    assert [(number, payload) for number, _, payload in rejections(parsed)] == [
        (2, "\x1a"),
        (3, "</html>"),
    ]


@pytest.mark.parametrize(
    "remark", ["a, b, c", 'said ""so"" twice', "two\nlines", 'both ""quoted\n\nand"" broken', "é ü °"]
)
def test_remarks_may_hold_commas_quotes_and_line_breaks(remark: str) -> None:
    parsed = parse(csv_file(line(REM=remark), line(TMP="+0050,1")))
    assert parsed.rejected.is_empty()
    assert parsed.observations["air_temperature_tenths"].to_list() == [-111, 50]


def test_a_stray_quote_inside_a_remark_hurts_nothing() -> None:
    parsed = parse(csv_file(line(REM='x" y', TMP="+0060,1"), line()))
    assert observed(parsed) == [(1, 60), (2, -111)]
    assert parsed.observations["malformed"].null_count() == 2


def test_a_quote_never_closed_costs_its_own_row_and_no_other() -> None:
    lines = [line(REM='not closed "'), line(TMP="+0050,1"), line()]
    parsed = parse(csv_file(*lines))
    assert parsed.rejected.is_empty()
    # It swallows the cell after it, so that the row has one cell too few.
    assert observed(parsed) == [(1, None), (2, 50), (3, -111)]
    assert parsed.observations["malformed"][0] == "17 cells where the header has 18"


def test_a_stray_quote_before_the_temperature_costs_that_row_and_no_other() -> None:
    parsed = parse(csv_file(line(), line(STATION='7253"009484'), line(TMP="+0050,1")))
    assert observed(parsed) == [(1, -111), (3, 50)]
    assert len(rejections(parsed)) == 1


_REORDERED = ("DATE", "STATION", *[name for name in NAMES if name not in ("DATE", "STATION")])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("names", [NAMES, _REORDERED], ids=["usual order", "another order"])
@pytest.mark.parametrize("pad", ["", " "], ids=["plain", "padded"])
def test_an_open_quote_costs_no_other_row_whatever_rows_begin_with(
    names: Sequence[str], pad: str, end: str
) -> None:
    rows = [{**GOOD, "STATION": pad + STATION, "DATE": f"{pad}2024-01-01T00:51:00"} for _ in range(720)]
    lines = [",".join(f'"{row[name]}"' for name in names) for row in rows]
    lines[1] = lines[1].removesuffix('"')
    parsed = parse(end.join([header(names), *lines, ""]).encode())
    assert observed(parsed) == [(number, -111) for number in range(1, 721)]
    assert parsed.rejected.is_empty()


def test_bytes_that_are_not_utf8_are_no_obstacle() -> None:
    content = csv_file(line(NAME="@")).replace(b"@", b"\xff\xfe\x80")
    assert observed(parse(content)) == [(1, -111)]


def test_blank_lines_are_counted_but_give_no_rows() -> None:
    parsed = parse(csv_file(line(), "", line(), "", ""))
    assert [number for number, _ in observed(parsed)] == [1, 3]
    assert parsed.rejected.is_empty()


@pytest.mark.parametrize("content", [header().encode(), csv_file(), csv_file(end="\r\n")])
def test_a_header_alone_gives_no_rows_and_no_error(content: bytes) -> None:
    parsed = parse(content)
    assert parsed.observations.is_empty()
    assert parsed.rejected.is_empty()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"<!DOCTYPE html><html><body>Busy</body></html>", "web page"),
        (b"  <?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", "web page"),
        (header([one for one in NAMES if one != "TMP"]).encode(), "no column TMP"),
        (b'"USAF","WBAN"\n"1","2"\n', "no column STATION, DATE, SOURCE, REPORT_TYPE, TMP"),
        (gzip.compress(csv_file(line()))[:-9], "cut off or damaged"),
        (b"\x1f\x8b\x08rubbish", "cut off or damaged"),
    ],
)
def test_what_is_no_global_hourly_file_is_an_error_that_names_it(content: bytes, why: str) -> None:
    with pytest.raises(SourceError, match=why) as raised:
        parse(content, "1999/01001099999.csv")
    assert str(raised.value).startswith("1999/01001099999.csv: ")


def test_a_later_publication_outranks_every_line_of_an_earlier_one() -> None:
    content = csv_file(*[line()] * 50)
    earlier = parse(content).observations["revision"].max()
    later = parse_observations(
        content, published_at=PUBLISHED_AT + timedelta(seconds=1), source_file="test.csv"
    ).observations["revision"]
    assert earlier < later.min()
    assert later.is_sorted()
    assert later.n_unique() == 50


def test_publication_times_are_kept_as_whole_utc_seconds() -> None:
    moment = datetime(2024, 2, 1, 1, 0, 0, 999999, tzinfo=timezone(timedelta(hours=1)))
    parsed = parse_observations(csv_file(line()), published_at=moment, source_file="test.csv")
    assert parsed.observations["published_at"].to_list() == [PUBLISHED_AT]
