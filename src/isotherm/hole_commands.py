"""The commands that fetch the days of holes, few for many: runs of days joined, or whole years."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

# A run of `ingest_observations` per day; beyond so many a run per year is quicker.
MAX_DAYS: Final = 31
# Runs of days so near to each other are one.
_JOINED_WITHIN: Final = timedelta(days=3)
# More stations than these are not written out: all stations of the platform are asked for.
_NAMED_STATIONS: Final = 50

Days = tuple[date, date]


def fill_commands(station_ids: Collection[str], runs: Iterable[Days]) -> list[str]:
    """Shell commands that ask the archive for some days of some stations.

    Args:
        station_ids: whose days they are.
        runs: first and last day, inclusive, in any order.
    """
    joined = _joined(runs)
    stations = sorted(set(station_ids))
    named = stations if len(stations) <= _NAMED_STATIONS else []
    if sum((last - first).days + 1 for first, last in joined) <= MAX_DAYS:
        return [_backfill(one, named) for one in joined]
    years = sorted({year for first, last in joined for year in range(first.year, last.year + 1)})
    return [_import(first, last, named) for first, last in _runs_of_years(years)]


def _joined(runs: Iterable[Days]) -> list[Days]:
    found: list[Days] = []
    for first, last in sorted(runs):
        if found and first - found[-1][1] <= _JOINED_WITHIN:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _runs_of_years(years: Sequence[int]) -> list[tuple[int, int]]:
    starts = [years[0], *(after for before, after in pairwise(years) if after - before > 1)]
    ends = [*(before for before, after in pairwise(years) if after - before > 1), years[-1]]
    return list(zip(starts, ends, strict=True))


def _backfill(days: Days, station_ids: Sequence[str]) -> str:
    conf = json.dumps({"station_ids": station_ids})
    return (
        "./isotherm airflow backfill create --dag-id ingest_observations "
        f"--from-date {days[0]} --to-date {days[1]} --reprocess-behavior completed"
        + (f" --dag-run-conf '{conf}'" if station_ids else "")
    )


def _import(first_year: int, last_year: int, station_ids: Sequence[str]) -> str:
    years = ":".join(map(str, sorted({first_year, last_year})))
    ids = f" --ids {','.join(station_ids)}" if station_ids else ""
    return f"./isotherm import --years {years}{ids}"
