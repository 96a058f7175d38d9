"""Task logs: groups that fold and close, tables whose columns line up."""

import pytest
from structlog.testing import capture_logs

from isotherm.ingest.report import folded, format_table, write_table


def test_a_group_closes_also_when_the_work_in_it_fails() -> None:
    with capture_logs() as lines, pytest.raises(ValueError, match="no"), folded("2014: 2 files"):
        raise ValueError("no")
    assert [one["event"] for one in lines] == ["::group::2014: 2 files", "::endgroup::"]


def test_numbers_stand_right_with_thousands_apart_and_years_whole() -> None:
    lines = format_table(("year", "name", "rows"), [(1901, "Utö", 6565), (2014, "all", 13_087)])
    assert lines == [
        "year  name    rows",
        "----  ----  ------",
        "1901  Utö     6565",
        "2014  all   13 087",
    ]


def test_a_table_is_one_line_of_log_per_row() -> None:
    with capture_logs() as lines:
        write_table("Files", ("a", "b"), [(1, None)])
    assert [one["event"] for one in lines] == ["Files", "a  b", "-  -", "1"]
