"""Messages of the summary topic as changed hours: what the forecast looks at of them."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from isotherm.errors import MessageFormatError
from isotherm.forecast.changed_hours import ELEMENTS, ChangedHours, elements
from isotherm.forecast.hours import StationHours
from isotherm.forecast.observed import station_hours
from isotherm.messages import StationHourMessage, decode
from isotherm.quality import DEFAULT_RULE
from isotherm.statistics.catalogue import STATISTIC_NAMES

NO_HOURS: Final = StationHours.of_temperature(0, np.zeros(0))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def grid_of(summaries: pl.DataFrame) -> StationHours:
    """The hours of one station's summaries; `NO_HOURS` where none counts."""
    counts = (pl.col("rule") == DEFAULT_RULE) & (pl.col("observation_count") > 0)
    counted = summaries.filter(counts)
    if counted.is_empty():
        return NO_HOURS
    return station_hours(counted)


def changed_hours(values: Iterable[bytes], feed_id: str, since_hour: int) -> dict[str, ChangedHours]:
    """What messages of a feed say of hours from one on, by station: of several of an hour the newest.

    Those of other feeds, and what cannot be read (the sink sets it aside), are left out.
    """
    of_feed = re.compile(rf'"feed_id"\s*:\s*"{re.escape(feed_id)}"'.encode())
    newest: dict[str, dict[int, StationHourMessage]] = {}
    for value in values:
        if of_feed.search(value) is None:
            continue
        try:
            message = decode(StationHourMessage, value)
        except MessageFormatError:
            continue
        hour = int((message.hour_start - _EPOCH) // timedelta(hours=1))
        if hour < since_hour:
            continue
        hours = newest.setdefault(message.station_id, {})
        standing = hours.get(hour)
        if standing is None or message.version >= standing.version:
            hours[hour] = message
    return {name: _of_station(hours) for name, hours in newest.items()}


def _of_station(messages: dict[int, StationHourMessage]) -> ChangedHours:
    hours = np.array(sorted(messages), np.int64)
    rows = [
        {
            "hour_start": messages[int(hour)].hour_start,
            "rule": DEFAULT_RULE,
            **{
                name: getattr(messages[int(hour)].rules[DEFAULT_RULE], name) for name in STATISTIC_NAMES
            },
        }
        for hour in hours
    ]
    grid = grid_of(pl.DataFrame(rows, infer_schema_length=None))
    values = np.full((len(hours), len(ELEMENTS)), np.nan)
    places = hours - grid.first_hour
    inside = (places >= 0) & (places < len(grid.temperature_c))
    values[inside] = elements(grid)[places[inside]]
    return ChangedHours(hours, values)
