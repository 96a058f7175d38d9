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
from isotherm.stores.places import natives_of
from isotherm.stores.tables import global_hourly_summary, hourly_summary, source_file
from isotherm.utc import to_aware, to_naive

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


def read_newest_of_places(connection: sa.Connection, place_ids: Iterable[str]) -> dict[str, int]:
    """The newest hour of each place that MySQL has in any layer, hours since 1970."""
    hour, found = hourly_summary.c, {}
    for place_id, natives in natives_of(connection, place_ids).items():
        starts = [
            connection.scalar(
                sa.select(hour.hour_start)
                .where(hour.station_id == native, hour.rule == DEFAULT_RULE)
                .order_by(hour.hour_start.desc())
                .limit(1)
            )
            for native in natives
        ]
        known = [_hour_of(one) for one in starts if one is not None]
        if known:
            found[place_id] = max(known)
    return found


def _hour_of(moment: datetime) -> int:
    return (to_naive(moment) - datetime(1970, 1, 1)) // timedelta(hours=1)  # noqa: DTZ001 - as MySQL's
