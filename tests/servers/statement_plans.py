"""The server's own plans of the statements that a test's functions really run, values in place."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa
from pymysql.cursors import Cursor

from isotherm.datasets.facts import SERVED
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.global_summary import lock_layer
from isotherm.stores.load_summaries import replace_days
from servers.summary_data import DATASET, frame, random_rows, utc

FIRST = utc(2014, 1, 1)
# Rows that a page at the end of an index may read.
PAGE = 1000
# Read whole, and why that is no harm.
SMALL = {
    "layer_lock": "one row per dataset and layer",
    "untold_day": "only days that no event has told of yet",
    "rejection_count": "one row per origin and reason",
    "sink_offset": "one row per topic and partition",
    "settled_file": "asked for once per run of the audit, as sums over its key",
    "touched": "what JSON_TABLE gives",
    "s0": "a derived table",
}
# An extreme that went away is asked of every station, by point reads.
BY_DESIGN = {"station": "STRAIGHT_JOIN"}


def load(engine: sa.Engine, stations: list[str], days: range, seed: int) -> None:
    """Made-up hours of some days from `FIRST` on, as the batch layer loads them."""
    first = FIRST + timedelta(days=days[0])
    rows = random_rows(seed, stations, first, 24 * len(days))
    station_days = pl.DataFrame(
        [(one, FIRST.date() + timedelta(days=day)) for one in stations for day in days],
        schema={"station_id": pl.String, "day": pl.Date},
        orient="row",
    )
    with engine.begin() as connection:
        lock_layer(connection, SERVED, LAYER_BATCH)
        replace_days(
            connection, frame(rows), station_days, dataset=DATASET, quality=GLOBAL_HOURLY.quality
        )


@contextmanager
def collected() -> Iterator[set[str]]:
    """Statements with their values in place, of every engine of this process."""
    said: set[str] = set()

    def note(_one: object, cursor: Cursor, statement: str, parameters: Any, *rest: Any) -> None:  # noqa: ANN401
        values = parameters[0] if rest[-1] and isinstance(parameters, list) else parameters
        if statement.split()[0].strip("(") in ("SELECT", "UPDATE", "DELETE", "WITH"):
            said.add(cursor.mogrify(statement, values or None))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def whole_reads(engine: sa.Engine, statements: set[str]) -> list[str]:
    """The statements for which a base table is read from end to end, with the table and the plan."""
    found = []
    with engine.connect() as connection:
        for statement in sorted(statements):
            if "information_schema" in statement or " FROM " not in f" {statement} ".replace("\n", " "):
                continue
            plan = connection.exec_driver_sql(
                f"EXPLAIN {statement}", execution_options={"no_parameters": True}
            )
            for step in plan.mappings():
                table = str(step["table"])
                is_known = table in SMALL or table.startswith("<")
                is_known |= table in BY_DESIGN and BY_DESIGN[table] in statement
                is_known |= (
                    step["type"] == "index" and "LIMIT" in statement and int(step["rows"]) <= PAGE
                )
                if step["type"] in ("ALL", "index") and not is_known:
                    found.append(f"{table} {step['type']} {step['rows']}: {statement[:300]}")
    return found
