"""Whatever the bytes, reading ends in rows or a SourceError, and no record of the file is lost."""

import gzip
from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st
from plain_cells import plain_row

from csv_rows import GOOD, NAMES, STATION, csv_file, header, line, parse
from isotherm.datasets.coverage import coverage_of
from isotherm.datasets.global_hourly.csv_records import decompress, split_records
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.observations import observations_of
from isotherm.datasets.schema import POLARS_SCHEMA, REJECTED_SCHEMA
from isotherm.errors import SourceError

_texts = st.text(st.characters(codec="utf-8"), max_size=30)
_rows = st.dictionaries(st.sampled_from(sorted(GOOD)), _texts, max_size=4).map(lambda row: line(**row))
_short_rows = st.integers(0, 200).map(lambda end: line()[:end])
_lines = st.lists(
    st.one_of(_rows, _texts, _short_rows, st.just(line()), st.just(header())), max_size=12
)
_ends = st.sampled_from(["\n", "\r\n", "\r"])


def _told_lines(content: bytes) -> tuple[set[int], set[int]]:
    """Numbers of the records that are not blank, a line each, and as quotes join lines."""
    plain = decompress(content, "test.csv")
    lines = enumerate(plain.decode("utf-8", "replace").split("\n")[1:], start=1)
    records = enumerate(split_records(plain, len(NAMES)), start=1)
    by_line, by_quotes = ({number for number, text in one if text.strip()} for one in (lines, records))
    return by_line, by_quotes


@given(_lines, _ends)
@example(["", "\r", '"', line()], "\n")
@example([line(REM='"'), line()], "\n")
@example([line(REM='x" y'), "", line()], "\n")
@example([',,,"', line()], "\n")
@example(["0\r0", line()], "\n")
@example([",,,,,,told", line()], "\r")
def test_every_record_is_an_observation_or_a_rejected_row(lines: list[str], end: str) -> None:
    content = csv_file(*lines, end=end)
    parsed = parse(content)
    assert parsed.observations.schema == POLARS_SCHEMA
    assert parsed.rejected.schema == REJECTED_SCHEMA
    numbers = [*parsed.observations["source_line"], *parsed.rejected["source_line"]]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) in _told_lines(content)
    assert parsed.observations["source_line"].is_sorted()
    assert parsed.rejected["source_line"].is_sorted()


@given(_lines)
def test_good_rows_survive_any_neighbours(lines: list[str]) -> None:
    # The mark is a temperature no other row has; a neighbour's open quote must not swallow it.
    marks = [line(TMP=f"+0{200 + number},1") for number in range(len(lines))]
    mixed = [one for pair in zip(lines, marks, strict=True) for one in pair]
    found = parse(csv_file(*mixed)).observations["air_temperature_tenths"].to_list()
    assert [one for one in found if one is not None and 200 <= one < 220] == [
        200 + number for number in range(len(lines))
    ]


@given(st.binary(max_size=300))
def test_arbitrary_bytes_after_the_header_never_crash(noise: bytes) -> None:
    parsed = parse(csv_file(line()) + noise)
    assert parsed.observations["air_temperature_tenths"][0] == -111


def _outcome(content: bytes) -> str:
    """A SourceError's message; nothing where the file was read."""
    try:
        found = observations_of(
            GLOBAL_HOURLY, content, station_id=STATION, year=2024, published_at=_NOW, now=_NOW
        )
        covered = coverage_of(GLOBAL_HOURLY, content, station_id=STATION, year=2024, now=_NOW)
    except SourceError as error:
        return str(error)
    assert covered.row_count == found.observations.height
    return ""


_NOW = datetime(2024, 2, 1, tzinfo=UTC)


@given(st.one_of(st.binary(max_size=300), _lines.map(lambda lines: csv_file(*lines))))
@example(b"\x00\r\x00")
@example(header().encode() + b"\r" + line().encode())
def test_arbitrary_files_are_read_or_refused_with_a_source_error(content: bytes) -> None:
    message = _outcome(content)
    assert message == "" or message.startswith(f"2024/{STATION}.csv: ")


@given(st.one_of(st.binary(max_size=300), _lines.map(lambda lines: csv_file(*lines))))
def test_a_station_list_or_description_of_any_bytes_is_read_or_refused(content: bytes) -> None:
    named = b'"USAF","WBAN","LAT","LON","BEGIN"\n' + content + b"\n"
    assert isinstance(GLOBAL_HOURLY.read_station_list(named), list)
    for read in (
        lambda: GLOBAL_HOURLY.read_station_list(content),
        lambda: GLOBAL_HOURLY.describe_station(content, "x.csv"),
    ):
        try:
            found = str(read())
        except SourceError as error:
            found = str(error)
        assert found


_near = st.text("+-0123456789,AC9 ", max_size=16)
_cells = st.fixed_dictionaries(
    {
        "TMP": st.one_of(_near, st.from_regex(r"[+-]\d{4},[0-9A-Z]", fullmatch=True)),
        "DEW": st.one_of(_near, st.from_regex(r"[+-]\d{4},\d", fullmatch=True)),
        "SLP": st.one_of(_near, st.from_regex(r"[01]\d{4},\d", fullmatch=True)),
        "WND": st.one_of(_near, st.from_regex(r"\d{3},\d,[NC],0\d{3},\d", fullmatch=True)),
        "REPORT_TYPE": st.sampled_from(["FM-15", "SOD  ", "", "  "]),
    }
)


@given(st.lists(_cells, min_size=1, max_size=6))
def test_cells_near_the_format_are_read_as_one_by_one_in_plain_python(
    rows: list[dict[str, str]],
) -> None:
    found = parse(csv_file(*[line(**row) for row in rows])).observations
    expected = [plain_row({**GOOD, **row}) for row in rows]
    assert found.select(expected[0].keys()).rows(named=True) == expected
    no_code = found["quality_code"].is_null()
    assert (found["malformed"].is_not_null() == no_code).all()


@given(st.data())
def test_a_gzip_cut_or_flipped_anywhere_is_refused_or_read_whole(data: st.DataObject) -> None:
    packed = bytearray(gzip.compress(csv_file(*[line()] * 20), mtime=0))
    position = data.draw(st.integers(2, len(packed) - 1))
    damaged = bytes(packed[:position])
    if data.draw(st.booleans()):
        packed[position] ^= 1 << data.draw(st.integers(0, 7))
        damaged = bytes(packed)
    try:
        outcome = str(parse(damaged).observations.height)
    except SourceError as error:
        outcome = str(error)
    assert outcome == "20" or "gzip" in outcome
