"""Whatever the bytes, reading ends in rows or a SourceError, and no record of the file is lost."""

import gzip

from hypothesis import example, given, settings
from hypothesis import strategies as st

from csv_rows import GOOD, csv_file, header, line, parse
from isotherm.datasets.global_hourly.csv_records import decompress, split_records
from isotherm.datasets.schema import POLARS_SCHEMA, REJECTED_SCHEMA
from isotherm.errors import SourceError

_texts = st.text(st.characters(codec="utf-8"), max_size=30)
_rows = st.dictionaries(st.sampled_from(sorted(GOOD)), _texts, max_size=4).map(lambda row: line(**row))
_lines = st.lists(st.one_of(_rows, _texts, st.just(line()), st.just(header())), max_size=12)


def _told_lines(content: bytes) -> set[int]:
    """Numbers of the records that are not blank."""
    records = enumerate(split_records(decompress(content, "test.csv")), start=1)
    return {number for number, record in records if record.strip()}


@settings(max_examples=300, deadline=None)
@given(_lines)
@example(["", "\r", '"', line()])
@example([line(REM='"'), line()])
@example([',,,"', line()])
@example(["0\r0", line()])
@example([",,,,,,told", line()])
def test_every_record_is_an_observation_or_a_rejected_row(lines: list[str]) -> None:
    content = csv_file(*lines)
    parsed = parse(content)
    assert parsed.observations.schema == POLARS_SCHEMA
    assert parsed.rejected.schema == REJECTED_SCHEMA
    numbers = [*parsed.observations["source_line"], *parsed.rejected["source_line"]]
    assert len(numbers) == len(set(numbers))
    assert _told_lines(content) <= set(numbers)


@settings(max_examples=200, deadline=None)
@given(_lines)
def test_good_rows_survive_any_neighbours(lines: list[str]) -> None:
    # The mark is a temperature no other row has; a neighbour's open quote must not swallow it.
    marks = [line(TMP=f"+0{200 + number},1") for number in range(len(lines))]
    mixed = [one for pair in zip(lines, marks, strict=True) for one in pair]
    found = parse(csv_file(*mixed)).observations["air_temperature_tenths"].to_list()
    assert [one for one in found if one is not None and 200 <= one < 220] == [
        200 + number for number in range(len(lines))
    ]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_after_the_header_never_crash(noise: bytes) -> None:
    parsed = parse(csv_file(line()) + noise)
    assert parsed.observations["air_temperature_tenths"][0] == -111


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
@example(b"\x00\r\x00")
def test_arbitrary_files_are_read_or_refused_with_a_source_error(content: bytes) -> None:
    message = ""
    try:
        parse(content)
    except SourceError as error:
        message = str(error)
    assert message == "" or message.startswith("test.csv: ")


@settings(max_examples=100, deadline=None)
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
