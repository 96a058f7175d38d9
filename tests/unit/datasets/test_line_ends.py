"""Line ends of every kind give the same rows; none gives fewer."""

import gzip

import pytest

from csv_rows import STATION, csv_file, header, line, observed, parse, rejections
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


@pytest.mark.parametrize(
    "end", ["\v", "\f", "\u2028", "\u2029", "\x85", ";", " ", "\\n", ""], ids=ascii
)
def test_rows_without_a_line_end_between_them_are_refused_and_not_read_as_none(end: str) -> None:
    with pytest.raises(SourceError, match=r"^test\.csv: a row begins within the header line"):
        parse((end.join([header(), *ROWS]) + "\n").encode())


@pytest.mark.parametrize("line_feed_after", [0, 1, 2, 50])
@pytest.mark.parametrize("bad", ["broken", "one,two", "72530094846,yesterday", "\t"])
def test_a_bad_row_among_carriage_returns_takes_no_other_with_it(
    bad: str, line_feed_after: int
) -> None:
    lines = [header(), *ROWS]
    lines[2] = bad
    text = "".join(f"{one}\r" for one in lines[: line_feed_after + 1]) + "\n"
    text += "".join(f"{one}\r" for one in lines[line_feed_after + 1 :])
    found = {value for _, value in observed(parse(text.encode()))}
    assert found - {None} == set(range(50)) - {1}


@pytest.mark.parametrize("names", [["STATION", "DATE"], ["DATE", "STATION"]])
def test_an_open_quote_among_carriage_returns_takes_no_other_row_with_it(names: list[str]) -> None:
    columns = [*names, "SOURCE", "REPORT_TYPE", "TMP"]
    values = {"STATION": STATION, "DATE": "2024-01-01T00:51:00", "SOURCE": "7", "REPORT_TYPE": "FM-15"}
    rows = [
        ",".join(f'"{(values | {"TMP": f"+{number:04d},1"})[name]}"' for name in columns)
        for number in range(50)
    ]
    rows[3] = rows[3].removesuffix('"')
    parsed = parse(("\r".join([header(columns), *rows]) + "\r\n\n").encode())
    assert [value for _, value in observed(parsed)] == list(range(50))
