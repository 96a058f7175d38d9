"""The sink's SQL: read, upsert and delete many rows at once.

Values are written into the statements, not bound: they are checked ids, names from closed lists, times
and integers (see `HourlySummaryMessage`), and the driver's own formatting costs more than MySQL's work.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from operator import attrgetter
from typing import Final, TypeVar

from sqlalchemy import Connection

from isotherm.hourly_summary import LAYER_SPEED, MERGE, REASON_COUNTS
from isotherm.messages import HourlySummaryMessage, SummaryKey
from isotherm.sink.guard import StoredHour

Item = TypeVar("Item")

HOURLY_SUMMARY: Final = "hourly_summary"
EMPTY_HOUR: Final = "empty_hour"
# What each table holds of a summary beside its key; `version` last, see `_upsert_tail`.
COLUMNS: Final = {
    HOURLY_SUMMARY: (*MERGE, "received", "version"),
    EMPTY_HOUR: ("observation_count", *REASON_COUNTS, "received", "version"),
}
_ACCOUNTED: Final = " + ".join(("observation_count", *REASON_COUNTS))
# MySQL plans a statement of some thousand ranges within its default memory, not one of ten thousand.
_KEYS_PER_STATEMENT: Final = 1000
_ROWS_PER_STATEMENT: Final = 2000
# Hours of a range per hour asked for, at most.
_SPARSEST_RANGE: Final = timedelta(hours=4)


def read_standing(connection: Connection, keys: Iterable[SummaryKey]) -> dict[SummaryKey, StoredHour]:
    """The speed layer's rows of these keys, from both tables; call it under the layer's lock.

    Two texts a row: the driver takes as long for one column as for a whole row.
    """
    by_text = {_as_text(key): key for key in keys}
    stored: dict[SummaryKey, StoredHour] = {}
    for part in _parts(sorted(by_text.values()), _KEYS_PER_STATEMENT):
        condition = _any_of(part, may_match_more=True)
        for table in (HOURLY_SUMMARY, EMPTY_HOUR):
            rows = connection.exec_driver_sql(
                "SELECT CONCAT_WS(',', station_id, hour_start, dataset, rule), "  # noqa: S608
                f"CONCAT_WS(',', COALESCE(version, 0), {_ACCOUNTED}, observation_count) "
                f"FROM {table} WHERE {condition}",
                execution_options={"no_parameters": True},
            ).all()
            for text, numbers in rows:
                if (key := by_text.get(text)) is not None:
                    stored[key] = StoredHour(*map(int, numbers.split(",")))
    return stored


def upsert(connection: Connection, table: str, summaries: Iterable[HourlySummaryMessage]) -> None:
    """Insert or replace rows of one table, in order of the key, in multi-row statements."""
    columns = COLUMNS[table]
    numbers = attrgetter(*columns)
    head = (
        f"INSERT INTO {table} (station_id, rule, hour_start, dataset, layer, updated_at, "  # noqa: S608
        f"{', '.join(columns)}) VALUES "
    )
    ordered = sorted(summaries, key=lambda one: (one.station_id, one.rule, one.hour_start, one.dataset))
    for part in _parts(ordered, _ROWS_PER_STATEMENT):
        values = ",".join(_render(summary, numbers) for summary in part)
        connection.exec_driver_sql(
            head + values + _upsert_tail(table), execution_options={"no_parameters": True}
        )


def delete(connection: Connection, table: str, keys: Iterable[SummaryKey]) -> int:
    """Delete the speed layer's rows of these keys; returns how many there were."""
    deleted = 0
    for part in _parts(sorted(keys), _KEYS_PER_STATEMENT):
        result = connection.exec_driver_sql(
            f"DELETE FROM {table} WHERE {_any_of(part)}",  # noqa: S608
            execution_options={"no_parameters": True},
        )
        deleted += result.rowcount
    return deleted


def _upsert_tail(table: str) -> str:
    """Replace a row by one that is not older; the guard itself has decided already.

    MySQL assigns from left to right and later ones see the new values: `updated_at`, which changes only
    with what people see, comes first, `version`, which the conditions read, last.
    """
    is_not_older = f"VALUES(version) >= COALESCE({table}.version, 0)"
    seen = [name for name in COLUMNS[table] if name not in ("received", "version")]
    is_changed = " OR ".join(f"{table}.{name} <> VALUES({name})" for name in seen)
    assignments = [
        f"updated_at = IF({is_not_older} AND ({is_changed}), VALUES(updated_at), {table}.updated_at)",
        *(f"{name} = IF({is_not_older}, VALUES({name}), {table}.{name})" for name in COLUMNS[table]),
    ]
    return f" ON DUPLICATE KEY UPDATE {', '.join(assignments)}"


def _render(summary: HourlySummaryMessage, values: Callable[[object], tuple[int, ...]]) -> str:
    numbers = ",".join(map(str, values(summary)))
    return (
        f"('{summary.station_id}','{summary.rule}','{_time(summary.hour_start)}','{summary.dataset}',"
        f"'{LAYER_SPEED}',UTC_TIMESTAMP(6),{numbers})"
    )


def _any_of(keys: Iterable[SummaryKey], *, may_match_more: bool = False) -> str:
    """A condition on the primary key: points of a few ranges, which both servers plan as such.

    With `may_match_more` hours that lie close together become one range: planning a thousand points
    costs more than reading some rows too many.
    """
    hours: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for station_id, hour_start, dataset, rule in keys:
        hours[station_id, rule, dataset].append(hour_start)
    return " OR ".join(
        f"(station_id = '{station_id}' AND rule = '{rule}' AND {_hours(starts, may_match_more)} "
        f"AND dataset = '{dataset}' AND layer = '{LAYER_SPEED}')"
        for (station_id, rule, dataset), starts in hours.items()
    )


def _hours(starts: Sequence[datetime], may_match_more: bool) -> str:
    first, last = min(starts), max(starts)
    if may_match_more and last - first <= _SPARSEST_RANGE * len(starts):
        return f"hour_start BETWEEN '{_time(first)}' AND '{_time(last)}'"
    texts = ",".join(f"'{_time(one)}'" for one in starts)
    return f"hour_start IN ({texts})"


def _as_text(key: SummaryKey) -> str:
    station_id, hour_start, dataset, rule = key
    return f"{station_id},{_time(hour_start)},{dataset},{rule}"


def _time(hour_start: datetime) -> str:
    """As MySQL writes it; several times faster than strftime, and there are three per summary."""
    return str(hour_start)[:19]


def _parts(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while part := list(islice(remaining, size)):
        yield part
