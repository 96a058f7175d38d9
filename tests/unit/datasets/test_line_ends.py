"""Line ends of every kind give the same rows; none gives fewer."""

import gzip

import pytest

from csv_rows import csv_file, header, line, observed, parse, rejections
from isotherm.errors import SourceError

ROWS = [line(TMP=f"+{number:04d},1", REM=f"METAR, number {number}") for number in range(50)]
EXPECTED = [(number + 1, number) for number in range(50)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("compress", [False, True])
def test_line_ends_byte_order_marks_and_gzip_make_no_difference(
    end: str, mark: bytes, *, compress: bool
) -> None:
    content = mark + csv_file(*ROWS, end=end)
    parsed = parse(gzip.compress(content) if compress else content)
    assert observed(parsed) == EXPECTED
    assert parsed.rejected.is_empty()
    assert parsed.observations["malformed"].null_count() == len(ROWS)


@pytest.mark.parametrize("ends", [("\n", "\r\n"), ("\r\n", "\r"), ("\n", "\r"), ("\r", "\n", "\r\n")])
def test_line_ends_of_several_kinds_in_one_file_give_all_rows(ends: tuple[str, ...]) -> None:
    lines = [header(), *ROWS]
    text = "".join(one + ends[number % len(ends)] for number, one in enumerate(lines))
    parsed = parse(text.encode())
    assert observed(parsed) == EXPECTED
    assert parsed.observations["malformed"].null_count() == len(ROWS)


def test_a_last_line_without_its_end_is_read() -> None:
    for end in ("\n", "\r\n", "\r"):
        content = csv_file(*ROWS, end=end).rstrip(b"\r\n")
        assert observed(parse(content)) == EXPECTED


def test_a_carriage_return_inside_a_remark_ends_no_row() -> None:
    parsed = parse(csv_file(line(REM="one\rtwo"), line(TMP="+0050,1")))
    assert observed(parsed) == [(1, -111), (2, 50)]
    assert rejections(parsed) == []


def test_a_header_that_ends_in_a_carriage_return_is_a_header() -> None:
    assert parse(csv_file(end="\r")).observations.is_empty()
    with pytest.raises(SourceError, match="no column TMP"):
        parse(header(["STATION", "DATE", "SOURCE", "REPORT_TYPE"]).encode() + b"\r" + ROWS[0].encode())
