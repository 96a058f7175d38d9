"""Each trap of GHCNh's files, in a file of a line or two; psv and Parquet alike."""

import gzip
import io
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ghcnh_rows import GOOD, NAMES, PUBLISHED_AT, STATION, line, parquet_file, parse, psv_file, row
from isotherm.datasets.ghcnh.quality import QUALITY
from isotherm.datasets.ghcnh.reader import read_file_keys
from isotherm.datasets.schema import POLARS_SCHEMA, REJECTED_SCHEMA
from isotherm.errors import SourceError
from isotherm.observation import revision_of
from isotherm.summarise import summarise


def one(**cells: str) -> dict[str, object]:
    """The observation of a row, the same from psv and Parquet."""
    (read,) = parse(psv_file(line(**cells))).observations.rows(named=True)
    return read


def test_a_row_becomes_the_canonical_observation() -> None:
    assert one() == {
        "station_id": STATION,
        "observed_at": datetime(2026, 2, 3, 4, 51, tzinfo=UTC),
        "air_temperature_tenths": -111,
        "quality_code": "5",
        "report_type": "FM15",
        "source": "343",
        "dataset": "ghcnh",
        "dew_point_tenths": -144,
        "sea_level_pressure_tenths_hpa": 10273,
        "wind_speed_tenths_ms": 15,
        "wind_direction_deg": 250,
        "published_at": PUBLISHED_AT,
        "source_file": f"2026/psv/GHCNh_{STATION}_2026.psv",
        "source_line": 1,
        "revision": revision_of(int(PUBLISHED_AT.timestamp()), 1),
        "malformed": None,
    }


ROWS = (
    row(),
    row(DATE="2026-02-03T05:00:00", temperature="0.0", temperature_Report_Type="FM12"),
    row(DATE="2026-02-03T05:51:00", temperature="", temperature_Report_Type=""),
    row(DATE="2026-02-03T06:51:00", temperature="222.0", wind_direction="000", wind_speed="0.0"),
    row(DATE="2026-02-03T07:51:00", temperature_Quality_Code="2", wind_direction="VRB"),
)


def test_psv_and_parquet_of_the_same_rows_give_equal_observations() -> None:
    psv = parse(psv_file(*(line(**one) for one in ROWS))).observations
    assert psv.schema == POLARS_SCHEMA
    assert parse(parquet_file(*ROWS)).observations.equals(psv)
    assert parse(gzip.compress(parquet_file(*ROWS))).observations.equals(psv)
    assert psv["air_temperature_tenths"].to_list() == [-111, 0, None, 2220, -111]
    assert psv["wind_direction_deg"].to_list() == [250, 250, 250, None, None]
    assert psv["malformed"].null_count() == psv.height


def test_a_parquet_file_without_ids_is_of_the_station_of_its_name() -> None:
    content = parquet_file(*ROWS, without=("STATION", "LATITUDE", "LONGITUDE"))
    read = parse(content, f"2026/parquet/GHCNh_{STATION}_2026.parquet").observations
    assert read["station_id"].unique().to_list() == [STATION]


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_a_date_may_be_a_timestamp(zone: str | None) -> None:
    frame = pl.read_parquet(io.BytesIO(parquet_file(row())))
    moment = pl.Series("DATE", [datetime(2026, 2, 3, 4, 51, tzinfo=UTC)])
    dates = moment.dt.convert_time_zone(zone) if zone else moment.dt.replace_time_zone(None)
    out = io.BytesIO()
    frame.with_columns(dates).write_parquet(out)
    (read,) = parse(out.getvalue()).observations.rows(named=True)
    assert read["observed_at"] == datetime(2026, 2, 3, 4, 51, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-03T04:51:00Z",
        "2026-02-03T04:51",
        "2026-02-03T04:51Z",
        "2026-02-03 04:51",
        "2026-02-03T04:51:00+00:00",
        "2026-02-03T04:51:00.000",
        "2026-02-03t04:51:00z",
    ],
)
def test_a_date_may_be_said_in_other_ways(text: str) -> None:
    assert one(DATE=text)["observed_at"] == datetime(2026, 2, 3, 4, 51, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-02-03T04:51:00+01:00", "2026-02-03", "2026-02-30T04:51", "2026-02-03T24:00", "202602030451"],
)
def test_a_date_that_is_no_utc_time_is_set_aside(text: str) -> None:
    read = parse(psv_file(line(DATE=text)))
    assert read.observations.is_empty()
    assert read.rejected["reason"].to_list() == ["DATE is not YYYY-MM-DDTHH:MM:SS"]


def test_the_older_version_is_read_without_a_date_and_with_long_report_types() -> None:
    names = ["Station_ID", *(name for name in NAMES if name not in ("STATION", "DATE"))]
    parts = {"Year": "2023", "Month": "1", "Day": "03", "Hour": "11", "Minute": "52"}
    cells = {**GOOD, **parts, "Station_ID": STATION, "temperature_Report_Type": "FM15-METAR"}
    content = psv_file("|".join(cells.get(name, "") for name in names), header="|".join(names))
    (read,) = parse(content).observations.rows(named=True)
    assert read["observed_at"] == datetime(2023, 1, 3, 11, 52, tzinfo=UTC)
    assert read["report_type"] == "FM15"


@pytest.mark.parametrize(
    ("cells", "is_bad"),
    [
        ({"temperature_Quality_Code": "5", "temperature_Source_Code": "343"}, False),
        ({"temperature_Quality_Code": "5", "temperature_Source_Code": "223"}, True),
        ({"temperature_Quality_Code": "4", "temperature_Source_Code": "223"}, False),
        ({"temperature_Quality_Code": "3", "temperature_Source_Code": "223"}, True),
        ({"temperature_Quality_Code": "7", "temperature_Source_Code": "343"}, True),
        ({"temperature_Quality_Code": "A", "temperature_Source_Code": "343"}, False),
        ({"temperature_Quality_Code": "s", "temperature_Source_Code": "413"}, True),
        ({"temperature_Quality_Code": "1;s", "temperature_Source_Code": "343"}, True),
        ({"temperature_Quality_Code": "1;", "temperature_Source_Code": "999"}, False),
        ({"temperature_Quality_Code": "", "temperature_Source_Code": "412"}, False),
    ],
)
def test_a_quality_code_means_what_its_own_source_means_by_it(
    cells: dict[str, str], is_bad: bool
) -> None:
    summaries = summarise(parse(psv_file(line(**cells))).observations, QUALITY)
    qc = summaries.row(by_predicate=pl.col("rule") == "qc", named=True)
    assert (qc["bad_quality_count"], qc["observation_count"]) == ((1, 0) if is_bad else (0, 1))


def test_each_variable_is_judged_by_its_own_code_and_source() -> None:
    read = one(
        temperature_Quality_Code="1",
        temperature_Source_Code="413",
        dew_point_temperature_Quality_Code="5",
        dew_point_temperature_Source_Code="223",
    )
    assert (read["air_temperature_tenths"], read["dew_point_tenths"]) == (-111, None)


@pytest.mark.parametrize("text", ["", "Null", " ", "NaN", "-9999"])
def test_what_says_nothing_is_missing(text: str) -> None:
    read = one(temperature=text)
    assert (read["air_temperature_tenths"], read["malformed"]) == (None, None)


@pytest.mark.parametrize("text", ["1O.5", "12.3.4", "inf", "1e9", "-1000.1", "12,3"])
def test_what_is_no_temperature_is_malformed_and_quoted(text: str) -> None:
    read = one(temperature=text)
    assert read["air_temperature_tenths"] is None
    assert text in str(read["malformed"])


def test_a_temperature_of_no_place_on_earth_is_out_of_range() -> None:
    summaries = summarise(parse(psv_file(line(temperature="96.6"))).observations, QUALITY)
    routine = summaries.row(by_predicate=pl.col("rule") == "routine", named=True)
    assert (routine["out_of_range_count"], routine["observation_count"]) == (1, 0)


def test_a_row_of_another_width_keeps_its_key_and_no_value() -> None:
    parsed = parse(psv_file(line(), line() + "|more", line(DATE="2026-02-03T09:51:00")))
    assert parsed.observations["malformed"].to_list() == [
        None,
        f"{len(NAMES) + 1} cells where the header has {len(NAMES)}",
        None,
    ]
    assert parsed.observations["air_temperature_tenths"].to_list() == [-111, None, -111]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("TOOSHORT", "STATION"),
        ("|".join(NAMES), "header line again"),
        (line(DATE="2026-13-03T04:51:00"), "DATE"),
        (line(DATE="0001-01-01T00:00:00"), "DATE"),
        (line(DATE="9999-12-31T23:00:00"), "DATE"),
        (line(STATION="USW0009484"), "STATION"),
    ],
)
def test_a_row_without_a_key_is_kept_with_its_reason(broken: str, reason: str) -> None:
    parsed = parse(psv_file(line(), broken, "", line(DATE="2026-02-03T06:51:00")))
    assert parsed.observations["source_line"].to_list() == [1, 4]
    assert parsed.rejected.schema == REJECTED_SCHEMA
    (rejected,) = parsed.rejected.rows(named=True)
    assert (rejected["source_line"], rejected["payload"]) == (2, broken)
    assert reason in rejected["reason"]


def test_a_parquet_row_without_a_key_is_kept_as_json() -> None:
    parsed = parse(parquet_file(row(), row(DATE="noon")))
    (rejected,) = parsed.rejected.rows(named=True)
    assert rejected["source_line"] == 2
    assert '"DATE": "noon"' in rejected["payload"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"<html><body>503 Slow Down</body></html>", "web page"),
        (b'{"error": "no"}\n', "no column"),
        (psv_file(line(), header="STATION|DATE|tmp"), "no column temperature"),
        (parquet_file(row())[:-300], "Parquet file cannot be read"),
        (gzip.compress(psv_file(line()))[:-9], "cut off"),
    ],
)
def test_what_is_no_such_file_says_so(content: bytes, word: str) -> None:
    with pytest.raises(SourceError, match=word):
        parse(content)


def test_line_ends_of_every_kind_and_a_byte_order_mark() -> None:
    plain = parse(psv_file(line(), line(DATE="2026-02-03T06:51:00"))).observations
    for end in ("\r\n", "\r"):
        content = psv_file(line(), line(DATE="2026-02-03T06:51:00"), end=end)
        assert parse(b"\xef\xbb\xbf" + content).observations.equals(plain)


_texts = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=20)
_lines = st.lists(
    st.one_of(
        st.dictionaries(st.sampled_from(sorted(GOOD)), _texts, max_size=3).map(lambda one: line(**one)),
        _texts,
        st.integers(0, 120).map(lambda end: line()[:end]),
    ),
    max_size=8,
)


# Python calls these white space, Unicode does not: a line of them is a record.
_SEPARATORS = "\x1c\x1d\x1e\x1f"


def _is_blank(text: str) -> bool:
    return all(one.isspace() and one not in _SEPARATORS for one in text)


@given(_lines)
@example(["\x1f", "\x85"])
def test_every_record_is_an_observation_or_a_rejected_row_whatever_it_holds(lines: list[str]) -> None:
    content = psv_file(line(), *lines)
    parsed = parse(content)
    numbers = [*parsed.observations["source_line"], *parsed.rejected["source_line"]]
    assert sorted(numbers) == [1, *(at for at, text in enumerate(lines, 2) if not _is_blank(text))]
    keys = read_file_keys(content, f"GHCNh_{STATION}_2026.psv")
    assert keys.equals(parsed.observations.select(keys.columns))
