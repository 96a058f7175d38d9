"""Groups of stations, read as finished sums; wider bands are merged from narrower ones."""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from isotherm.api.fields import means_of
from isotherm.climatology.grades import completeness, grade, year_days
from isotherm.datasets.facts import serving_rank
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.tables import group_monthly_summary, group_yearly_summary

_SUMS: Final = (
    "station_count",
    "day_count",
    "good_day_count",
    "observation_count",
    "mean_sum_e4",
    "dew_station_count",
    "dew_mean_sum_e4",
)
_E4: Final = 10_000
Row = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GroupsWanted:
    """Which groups, by which rule, of which periods (as the table has them; open where None).

    `codes`: those of the kind, all where there are none.
    """

    kind: str
    rule: str
    codes: tuple[str, ...]
    first: Any
    end: Any


def read_groups(
    connection: sa.Connection, wanted: GroupsWanted, *, monthly: bool
) -> dict[Key, dict[str, int]]:
    """Sums by period and code; of several datasets the preferred one's, each by itself."""
    table = group_monthly_summary if monthly else group_yearly_summary
    period = table.c.month if monthly else table.c.year
    where = [
        table.c.kind == wanted.kind,
        table.c.rule == wanted.rule,
        table.c.layer == LAYER_BATCH,
        *([table.c.code.in_(wanted.codes)] if wanted.codes else []),
        *([period >= wanted.first] if wanted.first is not None else []),
        *([period < wanted.end] if wanted.end is not None else []),
    ]
    statement = sa.select(period, table.c.code, table.c.dataset, *(table.c[one] for one in _SUMS))
    found: dict[Key, tuple[Any, dict[str, int]]] = {}
    for when, code, dataset, *sums in connection.execute(statement.where(*where)):
        key = (f"{when:%Y-%m}" if monthly else f"{when:04}", code)
        rank = serving_rank(dataset)
        if key not in found or rank < found[key][0]:
            found[key] = rank, dict(zip(_SUMS, map(int, sums), strict=True))
    return {key: sums for key, (_, sums) in sorted(found.items())}


def together(groups: Mapping[Key, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """The groups of each period as one."""
    merged: dict[str, dict[str, int]] = {}
    for (period, _), sums in groups.items():
        _add(merged.setdefault(period, dict.fromkeys(_SUMS, 0)), sums)
    return merged


def bands(
    groups: Mapping[Key, Mapping[str, int]], width_m: int
) -> dict[tuple[str, int], dict[str, int]]:
    """Bands of elevation so wide, by period and lower end."""
    merged: dict[tuple[str, int], dict[str, int]] = {}
    for (period, code), sums in groups.items():
        band = period, int(code) // width_m * width_m
        _add(merged.setdefault(band, dict.fromkeys(_SUMS, 0)), sums)
    return dict(sorted(merged.items()))


def _add(total: dict[str, int], sums: Mapping[str, int]) -> None:
    for name, value in sums.items():
        total[name] += value


def values_of(period: str, sums: Mapping[str, int]) -> Row:
    """What the API shows of a group in a month or year."""
    stations = sums["station_count"]
    days = stations * _days_of(period)
    (mean,) = means_of([sums["mean_sum_e4"]], [stations], _E4)
    (dew,) = means_of([sums["dew_mean_sum_e4"]], [sums["dew_station_count"]], _E4)
    return {
        "station_count": stations,
        "mean_c": mean,
        "dew_station_count": sums["dew_station_count"],
        "mean_dew_point_c": dew,
        "observation_count": sums["observation_count"],
        "day_count": sums["day_count"],
        "good_day_count": sums["good_day_count"],
        "completeness": completeness(sums["good_day_count"], days),
        "grade": grade(sums["good_day_count"], days),
    }


def _days_of(period: str) -> int:
    parts: Iterable[str] = period.split("-")
    year, *month = map(int, parts)
    return calendar.monthrange(year, month[0])[1] if month else year_days(year)
