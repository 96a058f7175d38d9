"""What is behind aggregates: how much was read, of which datasets, and when it was loaded."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from isotherm.api.climate_months import MOST_MONTHS, MonthsWanted
from isotherm.api.packed_rows import fetch_packed, quoted
from isotherm.climatology.grades import completeness, grade, next_month
from isotherm.hourly_summary import LAYER_BATCH, LAYERS
from isotherm.stores.summary_tables import PERIOD_COUNTS
from isotherm.stores.tables import monthly_summary
from isotherm.utc import iso_time


def of_place(connection: sa.Connection, wanted: MonthsWanted) -> dict[str, Any] | None:
    """A `PlaceProvenance`: of the months of a place; None where there is none."""
    table = monthly_summary.c
    where = [
        table.station_id == wanted.station_id,
        table.rule == wanted.rule,
        table.layer == LAYER_BATCH,
        *([table.month >= wanted.first] if wanted.first is not None else []),
        *([table.month < wanted.end] if wanted.end is not None else []),
    ]
    columns = [
        *(quoted(sa.func.date_format(table.month, "%Y-%m")), quoted(table.datasets)),
        quoted(sa.func.date_format(table.updated_at, "%Y-%m-%dT%H:%i:%sZ")),
        *(table[one] for one in PERIOD_COUNTS),
    ]
    rows = fetch_packed(connection, columns, [table.month, table.dataset], where, MOST_MONTHS)
    if not rows:
        return None
    months, datasets, loaded, *counts = zip(*rows, strict=True)
    total = dict(zip(PERIOD_COUNTS, map(sum, counts), strict=True))
    begins, ends = date.fromisoformat(f"{months[0]}-01"), date.fromisoformat(f"{months[-1]}-01")
    length, good = (next_month(ends) - begins).days, total["good_day_count"]
    return {
        "first_month": months[0],
        "last_month": months[-1],
        **total,
        "completeness": completeness(good, length),
        "grade": grade(good, length),
        "datasets": sorted({one for text in datasets for one in text.split(",")}),
        "loaded_at": max(loaded),
    }


def of_all_stations(connection: sa.Connection, table: sa.Table, layer: str | None) -> dict[str, Any]:
    """A `GlobalProvenance`, read from the end of the table's index of changes."""
    layers = LAYERS if layer is None else (layer,)
    newest = sa.func.max(table.c.updated_at)
    found = [connection.scalar(sa.select(newest).where(table.c.layer == one)) for one in layers]
    known = [one for one in found if one is not None]
    return {"loaded_at": iso_time(max(known).replace(microsecond=0)) if known else None}
