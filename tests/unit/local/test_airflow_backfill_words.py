"""What `./isotherm airflow backfill create` says of the backfill it made."""

from isotherm.local.airflow_backfill import describe

RAN = "already exists"


def test_days_that_start_and_days_that_do_not_are_named() -> None:
    days = [("2014-01-05", None), ("2014-01-06", RAN), ("2014-01-07", "in flight")]
    assert describe(4, "ingest_observations", days) == [
        "Backfill 4 of ingest_observations, 3 days (UTC):",
        "  1 run starts: 2014-01-05",
        "  1 day is not run, run before: 2014-01-06",
        "  1 day is not run, being run now: 2014-01-07",
        "  To do such days again, add --reprocess-behavior completed",
    ]


def test_a_month_is_its_ends() -> None:
    days = [(f"2014-01-{day:02}", None) for day in range(1, 32)]
    lines = describe(5, "ingest_observations", days)
    assert lines[1:] == ["  31 runs start: 2014-01-01 ... 2014-01-31"]
