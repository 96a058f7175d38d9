"""An import's estimate: from what was measured here, else from documented averages."""

import pytest

from isotherm.archive.station_year import StationYear
from isotherm.ingest.estimate import (
    DEFAULT_FILE,
    KEPT_FREE_BYTES,
    MOST_MYSQL_ROWS,
    disk_line,
    estimate_import,
)
from isotherm.stores.work_pace import Pace, Step

DATASET = "global-hourly"
FILES = [StationYear(f"{number:06d}99999", 2014, DATASET) for number in range(10)]
PACES = {
    (Step.ASK, DATASET): Pace(100, 0, 0, 2.0),
    (Step.DOWNLOAD, DATASET): Pace(50, 0, 5_000_000, 25.0),
    (Step.SUMMARISE, DATASET): Pace(50, 400_000, 0, 8.0),
    (Step.LOAD, DATASET): Pace(50, 800_000, 0, 16.0),
}


def test_files_bytes_rows_and_time_follow_what_was_measured_here() -> None:
    estimate = estimate_import(
        FILES, listed={(DATASET, 2014): 77}, known=FILES[:4], paces=PACES, sizes={}, part_count=1
    )
    (year,) = estimate.years
    assert (year.listed, year.known, year.new) == (77, 4, 6)
    assert estimate.byte_count == 6 * 100_000
    assert estimate.row_count == 6 * 8_000
    assert year.seconds == {
        Step.ASK: pytest.approx(4 * 0.02),
        Step.DOWNLOAD: pytest.approx(6 * 0.5),
        Step.SUMMARISE: pytest.approx(48_000 * 2e-5),
        Step.LOAD: pytest.approx(48_000 * 2.1 * 2e-5),
    }
    assert estimate.measured == {DATASET}


def test_without_a_measurement_documented_averages_hold_and_that_is_said() -> None:
    estimate = estimate_import(FILES, listed={}, known=(), paces={}, sizes={}, part_count=1)
    assert estimate.byte_count == 10 * DEFAULT_FILE.byte_count
    assert estimate.row_count == 10 * DEFAULT_FILE.row_count
    assert estimate.measured == frozenset()


def test_sizes_of_the_archives_own_listing_win_over_averages() -> None:
    sizes = {FILES[0]: 7_000_000}
    estimate = estimate_import(FILES[:2], listed={}, known=(), paces=PACES, sizes=sizes, part_count=1)
    assert estimate.byte_count == 7_000_000 + 100_000


def test_a_station_year_has_no_more_rows_than_hours_under_three_rules() -> None:
    dense = {(Step.SUMMARISE, DATASET): Pace(10, 10_000_000, 0, 50.0)}
    estimate = estimate_import(FILES[:1], listed={}, known=(), paces=dense, sizes={}, part_count=1)
    assert estimate.years[0].mysql_rows == MOST_MYSQL_ROWS


def test_of_several_parts_one_is_worked_through_while_the_next_one_comes() -> None:
    def seconds(parts: int) -> float:
        many = [StationYear(f"{number:06d}99999", 2014, DATASET) for number in range(5000)]
        return estimate_import(
            many, listed={}, known=(), paces=PACES, sizes={}, part_count=parts
        ).seconds

    assert seconds(10) < 0.75 * seconds(1)


def test_the_table_ends_with_a_line_for_all_years_and_datasets() -> None:
    plan = [*FILES, StationYear("USW00094846", 2015, "ghcnh")]
    listed = {(DATASET, 2014): 12, ("ghcnh", 2015): 3}
    estimate = estimate_import(
        plan, listed=listed, known=FILES[:1], paces=PACES, sizes={}, part_count=1
    )
    head, _, *lines = estimate.table()
    assert head.split() == [
        "dataset", "year", "listed", "chosen", "known", "new", "MB", "observations", "minutes"
    ]  # fmt: skip
    assert [line.split()[0] for line in lines] == ["ghcnh", "global-hourly", "all"]
    assert lines[-1].split()[1:5] == ["15", "11", "1", "10"]


def test_what_does_not_fit_on_the_disk_is_said_with_both_numbers() -> None:
    assert disk_line(10**9, 3 * 10**9)[0]
    fits, words = disk_line(10**9, 10**9 + KEPT_FREE_BYTES - 1)
    assert not fits
    assert "1.00 GB needed" in words
    assert "DOES NOT FIT" in words
