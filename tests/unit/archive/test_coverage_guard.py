"""Coverage must not shrink."""

from datetime import UTC, datetime

import pytest

from isotherm.archive.coverage import Coverage, check_coverage
from isotherm.errors import CoverageShrunkError, SourceError

JANUARY = datetime(2024, 1, 1, tzinfo=UTC)
JULY = datetime(2024, 7, 1, tzinfo=UTC)
AUGUST = datetime(2024, 8, 1, tzinfo=UTC)
KNOWN = Coverage(1000, JANUARY, JULY)
UNKNOWN = Coverage(None, None, None)


@pytest.mark.parametrize(
    "new",
    [KNOWN, Coverage(1001, JANUARY, AUGUST), Coverage(990, JANUARY, JULY)],
)
def test_the_same_more_or_a_few_rows_less_is_accepted(new: Coverage) -> None:
    check_coverage(new, KNOWN, "x.csv")
    check_coverage(new, UNKNOWN, "x.csv")
    check_coverage(new, Coverage(0, None, None), "x.csv")


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (Coverage(989, JANUARY, JULY), "989 rows instead of 1000"),
        (Coverage(2000, JANUARY, datetime(2024, 6, 30, tzinfo=UTC)), "ends at 2024-06-30"),
        (Coverage(1000, datetime(2024, 1, 2, tzinfo=UTC), JULY), "begins at 2024-01-02"),
        (Coverage(0, None, None), "0 rows instead of 1000"),
    ],
)
def test_less_is_refused_with_what_was_lost(new: Coverage, why: str) -> None:
    with pytest.raises(CoverageShrunkError, match=why) as raised:
        check_coverage(new, KNOWN, "2024/72530094846.csv")
    assert str(raised.value).startswith("2024/72530094846.csv: the newer file covers less")
    assert isinstance(raised.value, SourceError)
