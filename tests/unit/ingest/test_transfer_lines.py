"""One line of a task's log for each file that was asked for."""

from isotherm.archive.station_year import StationYear
from isotherm.datasets.coverage import Coverage
from isotherm.ingest.transfer_report import Outcome, Transferred

FILE = StationYear("USW00094846", 2026, "ghcnh")


def test_rows_size_and_reason_stand_apart() -> None:
    covered = Coverage(1201, None, None)
    refused = Transferred(FILE, Outcome.REFUSED, covered, 2_000, "refused before.")
    assert refused.describe() == "2026 USW00094846  refused        1201 rows  2 kB  refused before."
    assert Transferred(FILE, Outcome.FAILED, reason="No answer.").describe() == (
        "2026 USW00094846  failed      No answer."
    )
    assert Transferred(FILE, Outcome.ABSENT).describe() == "2026 USW00094846  absent"
