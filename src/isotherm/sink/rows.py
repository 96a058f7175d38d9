"""The sink's SQL: read, upsert and delete many rows at once.

Values are written into the statements, not bound: they are checked ids, names from closed lists, times
and statistics (see `HourlySummaryMessage`); the driver's own formatting costs more than MySQL's work.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from operator import attrgetter
from typing import Final, TypeVar

from sqlalchemy import Connection, Table

from isotherm.hourly_summary import LAYER_SPEED
from isotherm.messages import SummaryHead, SummaryKey
from isotherm.sink.guard import StoredHour
from isotherm.statistics.catalogue import REASON_COUNTS
from isotherm.stores import tables

Item = TypeVar("Item")

HOURLY_SUMMARY: Final = tables.hourly_summary.name
EMPTY_HOUR: Final = tables.empty_hour.name
_KEY: Final = ("station_id", "rule", "hour_start", "dataset", "layer")
_GUARD: Final = ("received", "version")


def _columns(table: Table) -> tuple[str, ...]:
    """What a table holds of a summary beside its key; `version` last, see `_upsert_tail`."""
    apart = (*_KEY, *_GUARD, "updated_at")
    return (*(one.name for one in table.columns if one.name not in apart), *_GUARD)


COLUMNS: Final = {one.name: _columns(one) for one in (tables.hourly_summary, tables.empty_hour)}
_ACCOUNTED: Final = " + ".join(("observation_count", *REASON_COUNTS))
# Of each table, in the order of StoredHour. Texts are joined, so none of them may be null.
_GUARDED: Final = ("COALESCE(version, 0)", _ACCOUNTED, "observation_count")
_STANDING: Final = {
    HOURLY_SUMMARY: (*_GUARDED, "min_tenths", "max_tenths", "sum_tenths"),
    EMPTY_HOUR: _GUARDED,
}
# MySQL plans a statement of some thousand ranges within its default memory, not one of ten thousand.
_KEYS_PER_STATEMENT: Final = 1000
_ROWS_PER_STATEMENT: Final = 2000
# Far below the smallest `max_allowed_packet` in use (1 MB): histograms make rows long.
_BYTES_PER_STATEMENT: Final = 512 * 1024
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
        for table, standing in _STANDING.items():
            rows = connection.exec_driver_sql(
                "SELECT CONCAT_WS(',', station_id, hour_start, dataset, rule), "  # noqa: S608
                f"CONCAT_WS(',', {', '.join(standing)}) FROM {table} WHERE {condition}",
                execution_options={"no_parameters": True},
            ).all()
            for text, numbers in rows:
                if (key := by_text.get(text)) is not None:
                    stored[key] = StoredHour(*map(int, numbers.split(",")))
    return stored


def upsert(connection: Connection, table: str, summaries: Iterable[SummaryHead]) -> None:
    """Insert or replace rows of one table, in order of the key, in multi-row statements."""
    columns = COLUMNS[table]
    head = f"INSERT INTO {table} ({', '.join(_KEY)}, updated_at, {', '.join(columns)}) VALUES "  # noqa: S608
    tail = _upsert_tail(table)
    values = attrgetter(*columns)
    ordered = sorted(summaries, key=lambda one: (one.station_id, one.rule, one.hour_start, one.dataset))
    for part in _statement_parts(_render(one, values) for one in ordered):
        connection.exec_driver_sql(
            head + ",".join(part) + tail, execution_options={"no_parameters": True}
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
    seen = [name for name in COLUMNS[table] if name not in _GUARD]
    # Also from null and to null.
    is_changed = " OR ".join(f"NOT ({table}.{name} <=> VALUES({name}))" for name in seen)
    assignments = [
        f"updated_at = IF({is_not_older} AND ({is_changed}), VALUES(updated_at), {table}.updated_at)",
        *(f"{name} = IF({is_not_older}, VALUES({name}), {table}.{name})" for name in COLUMNS[table]),
    ]
    return f" ON DUPLICATE KEY UPDATE {', '.join(assignments)}"


def _render(summary: SummaryHead, values: Callable[[object], tuple[object, ...]]) -> str:
    """The row as an SQL tuple; the text of a histogram holds digits, spaces and `:-` only."""
    literals = ",".join(map(repr, values(summary))).replace("None", "NULL")
    return (
        f"('{summary.station_id}','{summary.rule}','{_time(summary.hour_start)}','{summary.dataset}',"
        f"'{LAYER_SPEED}',UTC_TIMESTAMP(6),{literals})"
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


def _statement_parts(rendered: Iterable[str]) -> Iterator[list[str]]:
    """Rows of one statement each, bounded in number and in bytes."""
    part: list[str] = []
    size = 0
    for row in rendered:
        if part and (len(part) == _ROWS_PER_STATEMENT or size + len(row) > _BYTES_PER_STATEMENT):
            yield part
            part, size = [], 0
        part.append(row)
        size += len(row)
    if part:
        yield part
