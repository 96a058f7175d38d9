"""Which neighbours a station listens to and which columns its model uses: decided on its own past.

Neighbours are taken one after the other, each time the one that explains most of what the station's own
features and those already taken leave open. Whether they, and the rich columns, are used at all is
decided on the last part of the past, which the models compared there have not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from isotherm.forecast.hours import DAY
from isotherm.forecast.model import LEAST_ROWS, RICH, StationModel, Variant
from isotherm.forecast.neighbours import Signal
from isotherm.forecast.origins import Columns, Origins, with_neighbours
from isotherm.forecast.ridge import Standardised
from isotherm.forecast.scores import score
from isotherm.forecast.station_sums import StationSums

NEIGHBOUR_COUNT: Final = 6
YEARS_H: Final = 548 * DAY
# Below this there is too little to compare variants on: the station's own plain model is used.
_COMPARED_FROM_H: Final = 240 * DAY
_LONGEST_TRIAL_H: Final = 365 * DAY
_TRIAL_SHARE: Final = 0.4
# A larger model has to be better by this much, else the simpler one is kept.
LEAST_GAIN: Final = 0.003
_JUDGED_AT_H: Final = (6, 12, 18, 24)
_LEAST_EXPLAINED: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided for a station.

    Attributes:
        variant: which columns.
        neighbours: the stations it listens to, in order; empty where it listens to none.
        trial_mae_c: mean absolute error of each variant compared, by its label; empty = not compared.
    """

    variant: Variant
    neighbours: tuple[str, ...]
    trial_mae_c: dict[str, float]


def choose(
    own: tuple[Columns, Origins],
    candidates: Sequence[Signal],
    leads_h: tuple[int, ...],
    *,
    until_hour: int,
) -> Choice:
    """Decide with what was known before an hour.

    Args:
        own: the station alone, see `own_origins`.
        candidates: what other stations tell, see `neighbours.candidates`.
        leads_h: the leads.
        until_hour: hours since 1970; nothing from then on is looked at.
    """
    there = ~np.isnan(own[1].temperature_c)
    # Days with a temperature: what lies between two years that are far apart teaches nothing.
    known_h = DAY * len(np.unique(own[1].hour[there & (own[1].hour < until_hour)] // DAY))
    plain = Variant(uses_year=known_h >= YEARS_H)
    if known_h < _COMPARED_FROM_H:
        return Choice(plain, (), {})
    begin = until_hour - min(_LONGEST_TRIAL_H, int(known_h * _TRIAL_SHARE))
    chosen = _choose_neighbours(own, candidates, leads_h, begin)
    columns, origins = with_neighbours(*own, listened_to(chosen, candidates))
    sums = StationSums.of(known_by(origins, leads_h, begin))
    if sums.by_part.row_count < LEAST_ROWS:
        return Choice(plain, (), {})
    trial = known_by(origins, leads_h, until_hour)
    trial = trial.take(trial.hour >= begin)
    rich = columns.of_groups(frozenset({RICH}))
    has_rich = plain.uses_year and bool(np.diag(sums.normal.gram)[rich].any())
    variants = _variants(plain, has_rich=has_rich, has_neighbours=bool(chosen))
    tried = {one.label: _trial_mae_c(sums, columns, one, leads_h, trial) for one in variants}
    best = plain
    for one in variants:
        if tried[one.label] < tried[best.label] * (1 - LEAST_GAIN):
            best = one
    by_part = replace(best, uses_parts=True)
    tried[by_part.label] = _trial_mae_c(sums, columns, by_part, leads_h, trial)
    if tried[by_part.label] < tried[best.label] * (1 - LEAST_GAIN):
        best = by_part
    return Choice(best, chosen if best.uses_neighbours else (), tried)


def listened_to(names: Sequence[str], candidates: Sequence[Signal]) -> list[Signal]:
    """The signals of some stations, in the order of their names."""
    by_station = {one.station_id: one for one in candidates}
    return [by_station[name] for name in names]


def known_by(origins: Origins, leads_h: tuple[int, ...], hour: int) -> Origins:
    """The origins whose last lead lies before an hour."""
    return origins.take(origins.hour + leads_h[-1] < hour)


def _choose_neighbours(
    own: tuple[Columns, Origins],
    candidates: Sequence[Signal],
    leads_h: tuple[int, ...],
    until_hour: int,
) -> tuple[str, ...]:
    if not candidates:
        return ()
    columns, origins = own[0], known_by(own[1], leads_h, until_hour)
    if not len(origins.hour):
        return ()
    columns, origins = with_neighbours(columns, origins, candidates, to_choose=True)
    sums = StationSums.of(origins)
    return most_telling(sums, columns, leads_h) if sums.by_part.row_count >= LEAST_ROWS else ()


def most_telling(sums: StationSums, columns: Columns, leads_h: tuple[int, ...]) -> tuple[str, ...]:
    """At most six of the neighbours in the columns, each the best beside those before it."""
    places = {
        name: np.flatnonzero([one.startswith(f"{name}_") for one in columns.names])
        for name in columns.neighbours
    }
    alone = columns.of_groups(Variant(uses_year=True).groups)
    leads = [place for place, lead in enumerate(leads_h) if lead in _JUDGED_AT_H]
    rest = Standardised.of(sums.normal).only(leads or list(range(len(leads_h)))).without(alone)
    found: list[str] = []
    while places and len(found) < NEIGHBOUR_COUNT:
        gains = {name: rest.explained_by(own) for name, own in places.items()}
        best = max(gains, key=lambda name: gains[name])
        if gains[best] < _LEAST_EXPLAINED:
            break
        rest = rest.without(places.pop(best))
        found.append(best)
    return tuple(found)


def _variants(plain: Variant, *, has_rich: bool, has_neighbours: bool) -> list[Variant]:
    """The simplest first."""
    rich = (False, True) if has_rich else (False,)
    near = (False, True) if has_neighbours else (False,)
    return [Variant(plain.uses_year, is_rich, is_near) for is_near in near for is_rich in rich]


def _trial_mae_c(
    sums: StationSums, columns: Columns, variant: Variant, leads_h: tuple[int, ...], trial: Origins
) -> float:
    forecast = StationModel.fit(sums, columns, variant, leads_h).forecast(trial)
    return score(forecast.temperature_c, trial.observed_c).mae_c
