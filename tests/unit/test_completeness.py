"""What each day's letter says, by hand."""

from datetime import date

from isotherm.completeness import MEANINGS, DayState, FileState, day_states
from isotherm.holes import MonthDays

FIRST = date(2014, 3, 28)
THROUGH = date(2014, 4, 4)
# March whole, with a thin 29th; of April the 1st, 2nd and 4th.
MARCH = MonthDays(date(2014, 3, 1), 2**31 - 1, 1 << 28)
APRIL = MonthDays(date(2014, 4, 1), 0b1011)
HOURS = [24, 3, 24, 24, 24, 24, 0, 24, 0]
LOADED = {2014: FileState.LOADED}


def states(hours: list[int], files: dict[int, FileState], *months: MonthDays) -> str:
    return day_states(hours, months, files, first_day=FIRST, published_through=THROUGH)


def test_days_with_hours_thin_ones_holes_and_those_to_come() -> None:
    assert states(HOURS, LOADED, MARCH, APRIL) == "otoooomou"


def test_a_day_without_hours_says_first_what_its_file_waits_for() -> None:
    assert states(HOURS, {2014: FileState.PENDING}, MARCH, APRIL)[6] == DayState.PENDING
    assert states(HOURS, {2014: FileState.FAILED}, MARCH, APRIL)[6] == DayState.FAILED


def test_a_late_day_is_late_and_a_year_without_a_file_is_not_imported() -> None:
    until_the_2nd = MonthDays(date(2014, 4, 1), 0b11)
    assert states([*HOURS[:6], 0, 0, 0], LOADED, MARCH, until_the_2nd)[6:] == "llu"
    assert states([0, 0], {}) == "nn"
    assert states([0, 0], LOADED) == "qq"
    assert states([], LOADED) == ""


def test_every_letter_is_explained() -> None:
    assert set(MEANINGS) == set(DayState)
    assert len({one.value for one in DayState}) == len(DayState)
