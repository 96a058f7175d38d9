"""Files that could not be read stand in the log of the task that loads the others."""

import pytest
from structlog.testing import capture_logs

from isotherm.ingest.load_report import LoadReport, log_loaded
from isotherm.stores.source_files import FailedFile


@pytest.mark.parametrize(("count", "title"), [(2, "Not read"), (60, "Not read, the first 50")])
def test_files_that_were_not_read_are_counted_in_a_warning_and_named_with_their_reason(
    count: int, title: str
) -> None:
    files = tuple(FailedFile("global-hourly", 2014, f"{n:011d}", f"reason {n}") for n in range(count))
    with capture_logs() as lines:
        log_loaded(LoadReport((), [], files))
    (warning,) = (one["event"] for one in lines if one["log_level"] == "warning")
    assert warning.startswith(f"{count} files could not be read.")
    events = [one["event"] for one in lines]
    table = events[events.index(title) + 1 :]
    assert table[0].split() == ["dataset", "year", "station", "reason"]
    assert len(table) == 2 + min(count, 50)
    assert table[3].split(maxsplit=3) == ["global-hourly", "2014", "00000000001", "reason 1"]


def test_where_everything_was_read_nothing_is_warned_of() -> None:
    with capture_logs() as lines:
        log_loaded(LoadReport((), []))
    assert [one["log_level"] for one in lines] == ["info"]
