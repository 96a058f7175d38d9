"""What must hold of loaded hours, as checks for Airflow's SQL check operators.

An empty period passes: a day without observations is a hole, not a fault. Checks count violations, so
that the answer is 0 and never NULL.
"""

from typing import Any, Final

from airflow.providers.common.sql.operators.sql import (
    BaseSQLOperator,
    SQLColumnCheckOperator,
    SQLTableCheckOperator,
)

from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import MAX_PLAUSIBLE_TENTHS, MIN_PLAUSIBLE_TENTHS

CONNECTION_ID: Final = "isotherm_mysql"
TABLE: Final = "hourly_summary"


def check_tasks(first_day: str, end_day: str) -> list[BaseSQLOperator]:
    """The two check tasks over [first_day, end_day); both are SQL expressions, Jinja allowed."""
    where = in_period(first_day, end_day)
    return [
        SQLColumnCheckOperator(
            task_id="check_columns",
            conn_id=CONNECTION_ID,
            table=TABLE,
            partition_clause=where,
            column_mapping=column_checks(),
            doc_md="Temperatures lie within the format's limits.",
        ),
        SQLTableCheckOperator(
            task_id="check_rows",
            conn_id=CONNECTION_ID,
            table=TABLE,
            partition_clause=where,
            checks=row_checks(first_day, end_day),
            doc_md="min <= max, count > 0, sum within count x min..max; days hold what hours hold.",
        ),
    ]


def in_period(first_day: str, end_day: str) -> str:
    """The batch rows of [first_day, end_day), as SQL; both are SQL expressions, Jinja allowed."""
    return f"layer = '{LAYER_BATCH}' AND hour_start >= {first_day} AND hour_start < {end_day}"


def column_checks() -> dict[str, dict[str, Any]]:
    """Checks of single columns: something counted in each row, and plausible temperatures.

    The rule `unfiltered` takes every temperature, also the impossible ones: it has no range.
    """
    plausible = {"partition_clause": "rule <> 'unfiltered'"}
    return {
        "observation_count": {"null_check": {"equal_to": 0}},
        "min_tenths": {"min": {"geq_to": MIN_PLAUSIBLE_TENTHS, **plausible}},
        "max_tenths": {"max": {"leq_to": MAX_PLAUSIBLE_TENTHS, **plausible}},
    }


def row_checks(first_day: str, end_day: str) -> dict[str, dict[str, str]]:
    """Checks between columns, and of the roll-up: the days hold what the hours hold."""
    days = (
        "SELECT COALESCE(SUM(observation_count), 0) FROM daily_summary "  # noqa: S608
        f"WHERE layer = '{LAYER_BATCH}' AND day >= {first_day} AND day < {end_day}"
    )
    return {
        "count_is_positive": _never("observation_count < 1"),
        "min_is_not_above_max": _never("min_tenths > max_tenths"),
        "sum_is_within_count_times_min_and_max": _never(
            "sum_tenths < observation_count * min_tenths OR sum_tenths > observation_count * max_tenths"
        ),
        "hour_starts_on_the_hour": _never("MINUTE(hour_start) <> 0 OR SECOND(hour_start) <> 0"),
        "days_hold_what_hours_hold": {
            "check_statement": f"COALESCE(SUM(observation_count), 0) = ({days})"
        },
    }


def _never(violation: str) -> dict[str, str]:
    return {"check_statement": f"COALESCE(SUM(CASE WHEN {violation} THEN 1 ELSE 0 END), 0) = 0"}
