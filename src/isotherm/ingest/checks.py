"""What must hold in MySQL after a load, as checks for Airflow's SQL check operators.

The load itself checks every row it writes, in its own transaction. Here stands what people can read in
the UI and what an index answers: the days over all stations that the run changed, and the ledger of
files. Checks count violations, so that the answer is 0 and never NULL; an empty period passes.
"""

import logging
import warnings
from collections.abc import Mapping
from typing import Any, Final

from airflow.providers.common.sql.operators.sql import (
    BaseSQLOperator,
    SQLColumnCheckOperator,
    SQLTableCheckOperator,
)
from airflow.sdk import Context

from isotherm.datasets.facts import FACTS
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.ingest.report import write_table
from isotherm.quality import RULES

CONNECTION_ID: Final = "isotherm_mysql"
DAYS: Final = "global_daily_summary"
FILES: Final = "source_file"
# The rule that takes every temperature, also the impossible ones, has no range.
PLAUSIBLE_RULES: Final = tuple(rule.name for rule in RULES if rule.rejects_bad_quality)
HAS_CHANGES: Final = "has_changes = 1"
_BOUNDS: Final = {"geq_to": "at least", "leq_to": "at most"}


class ColumnChecks(SQLColumnCheckOperator):
    """Checks of columns, with a table of what was found at the end of the log."""

    def execute(self, context: Context) -> None:
        """Check, and show each check whether it holds or not."""
        try:
            super().execute(context)
        finally:
            rows = [
                (column, f"{name} {_words(check)}", check["result"], _verdict(check))
                for column, checks in self.column_mapping.items()
                for name, check in checks.items()
                if "success" in check
            ]
            write_table(f"Checks of {self.table}", ("column", "check", "found", "holds"), rows)


class TableChecks(SQLTableCheckOperator):
    """Checks of rows, with a table of what was found at the end of the log."""

    def execute(self, context: Context) -> None:
        """Check, and show each check whether it holds or not."""
        try:
            super().execute(context)
        finally:
            rows = [
                (name.replace("_", " "), _verdict(check))
                for name, check in self.checks.items()
                if "success" in check
            ]
            write_table(f"Checks of {self.table}", ("check", "holds"), rows)


def _words(check: Mapping[str, Any]) -> str:
    return ", ".join(f"{_BOUNDS[name]} {check[name]}" for name in _BOUNDS if name in check)


def _verdict(check: Mapping[str, Any]) -> str:
    return "yes" if check["success"] else "NO"


def check_tasks(first_day: str, end_day: str) -> list[BaseSQLOperator]:
    """The check tasks over [first_day, end_day); both are SQL expressions, Jinja allowed."""
    common: dict[str, Any] = {"conn_id": CONNECTION_ID, "pre_execute": quiet_connector}
    return [
        ColumnChecks(
            task_id="check_columns",
            **common,
            table=DAYS,
            partition_clause=in_period(first_day, end_day),
            column_mapping=column_checks(),
            doc_md="Of every changed day: temperatures lie within the datasets' limits.",
        ),
        TableChecks(
            task_id="check_rows",
            **common,
            table=DAYS,
            partition_clause=in_period(first_day, end_day),
            checks=row_checks(),
            doc_md="Stations > 0, min <= mean <= max, no more stations than observations.",
        ),
        TableChecks(
            task_id="check_files",
            **common,
            table=FILES,
            partition_clause=HAS_CHANGES,
            checks=file_checks(),
            doc_md="What waits for the loader was summarised; what cannot be loaded says why.",
        ),
    ]


def quiet_connector(_context: Any = None) -> None:  # noqa: ANN401 - as Airflow calls it
    """Keep a check's log to the check: the connector tells of its plugins, Airflow of its own past.

    Airflow's setting for the levels of loggers does not reach the connector's, which is Python's own.
    """
    logging.getLogger("mysql.connector").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=r"ProvidersManager\.hooks is deprecated")


def in_period(first_day: str, end_day: str) -> str:
    """The batch rows of [first_day, end_day), as SQL: ranges of the primary key, one per rule."""
    rules = ", ".join(f"'{rule}'" for rule in PLAUSIBLE_RULES)
    return f"rule IN ({rules}) AND layer = '{LAYER_BATCH}' AND day >= {first_day} AND day < {end_day}"


def column_checks() -> dict[str, dict[str, dict[str, int]]]:
    """Checks of single columns; made anew, because the operator writes its results into them."""
    low = min(one.quality.min_plausible_tenths for one in FACTS)
    high = max(one.quality.max_plausible_tenths for one in FACTS)
    return {"min_tenths": {"min": {"geq_to": low}}, "max_tenths": {"max": {"leq_to": high}}}


def row_checks() -> dict[str, dict[str, str]]:
    """Checks between the columns of a day; the mean of station means lies between the extremes."""
    return {
        "a_day_has_stations": _never("station_count < 1"),
        "min_is_not_above_max": _never("min_tenths > max_tenths"),
        "no_more_stations_than_observations": _never("station_count > observation_count"),
        "mean_is_within_min_and_max": _never(
            "mean_sum_e4 < 1000 * station_count * min_tenths "
            "OR mean_sum_e4 > 1000 * station_count * max_tenths"
        ),
    }


def file_checks() -> dict[str, dict[str, str]]:
    """Checks of the files that have changes after a load: what it left waits for Spark, or failed."""
    return {
        "what_has_changes_was_summarised": _never("summarised_sha256 IS NULL"),
        "what_no_code_vouches_for_is_pending_or_says_why": _never(
            "made_by IS NULL AND is_pending = 0 AND failure IS NULL"
        ),
    }


def _never(violation: str) -> dict[str, str]:
    return {"check_statement": f"COALESCE(SUM(CASE WHEN {violation} THEN 1 ELSE 0 END), 0) = 0"}
