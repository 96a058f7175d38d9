"""By what day a run is told in the Airflow UI: its own, or that of its form."""

from datetime import UTC, datetime

import pytest


@pytest.mark.parametrize(
    ("form", "days"),
    [
        ({"day": "2014-01-05", "station_ids": None}, "2014-01-05"),
        ({"day": None}, ""),
        (
            {"period": "days", "first_day": "2014-01-05", "last_day": "2014-01-07"},
            "2014-01-05 to 2014-01-07",
        ),
        ({"period": "days", "first_day": "2014-01-05", "last_day": None}, "2014-01-05"),
        ({"period": "days"}, ""),
        ({"period": "newest", "first_day": "2014-01-05"}, ""),
        ({"first_year": 2013, "last_year": 2014}, "2013 to 2014"),
        ({"first_year": 2014, "last_year": 2014}, "2014"),
        # The other end is the default of the form, which a note must not guess.
        ({"first_year": 2014}, ""),
        ({}, ""),
    ],
)
def test_a_note_says_the_days_of_the_form(form: dict[str, object], days: str) -> None:
    from isotherm.airflow_ui.run_notes import days_of_form

    assert days_of_form(form) == days


def test_a_partition_key_is_a_day_in_one_spelling() -> None:
    from airflow.exceptions import InvalidPartitionKeyError

    from isotherm.ingest.day_timetable import DayTimetable

    timetable = DayTimetable(days_back=3)
    assert timetable.resolve_partition_date("2014-01-05") == datetime(2014, 1, 5, tzinfo=UTC)
    assert timetable.resolve_partition_date(None) is None
    for key in ("2014-1-5", "2014-02-31", "today"):
        with pytest.raises(InvalidPartitionKeyError, match=key):
            timetable.resolve_partition_date(key)
