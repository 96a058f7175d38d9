"""How new the platform's observations are, of those that count: nothing else makes a layer fresh.

A row from the future is set aside until its time; one of bad quality, out of range or unlike its
neighbours counts in no hour of the default rule.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import DEFAULT_RULE
from isotherm.stores.tables import global_hourly_summary, source_file
from isotherm.utc import to_aware

HOUR: Final = timedelta(hours=1)


def read_newest_loaded(connection: sa.Connection, datasets: Iterable[str]) -> dict[str, datetime]:
    """The newest observation that counts and stands in MySQL, UTC, of each dataset that has one."""
    table, found = source_file, {}
    for dataset in datasets:
        newest = sa.select(sa.func.max(table.c.newest_loaded_at)).where(table.c.dataset == dataset)
        if (moment := connection.scalar(newest)) is not None:
            found[dataset] = to_aware(moment)
    return found


def read_newest_hours(
    connection: sa.Connection, layer: str, datasets: Iterable[str]
) -> dict[str, datetime]:
    """The start of the newest hour of a layer that counts, UTC, of each dataset that has one."""
    if layer == LAYER_BATCH:
        loaded = read_newest_loaded(connection, datasets)
        return {name: moment.replace(minute=0, second=0) for name, moment in loaded.items()}
    table, found = global_hourly_summary, {}
    for dataset in datasets:
        # From the end of the index; rows of other rules are passed over.
        newest = (
            sa.select(table.c.hour_start)
            .where(table.c.layer == layer, table.c.dataset == dataset, table.c.rule == DEFAULT_RULE)
            .order_by(table.c.hour_start.desc())
            .limit(1)
        )
        if (moment := connection.scalar(newest)) is not None:
            found[dataset] = to_aware(moment)
    return found
