"""Training of one station: decide, sum up, fit. Stations are independent of each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from isotherm.forecast.choice import Choice, choose, known_by, listened_to
from isotherm.forecast.hours import StationHours
from isotherm.forecast.model import StationModel
from isotherm.forecast.neighbours import Signal
from isotherm.forecast.origins import Columns, own_origins, with_neighbours
from isotherm.forecast.station_sums import StationSums


@dataclass(frozen=True, slots=True)
class Trained:
    """A station's model and what it goes on from.

    Attributes:
        choice: which neighbours and columns.
        columns: of the sums.
        sums: to which origins are added as their leads come.
        model: made of these sums.
    """

    choice: Choice
    columns: Columns
    sums: StationSums
    model: StationModel


def train(
    station: StationHours,
    candidates: Sequence[Signal],
    leads_h: tuple[int, ...],
    *,
    until_hour: int,
) -> Trained:
    """Train on all origins whose leads lie before an hour.

    Args:
        station: its past.
        candidates: what other stations tell, see `neighbours.candidates`.
        leads_h: the leads.
        until_hour: hours since 1970; nothing from then on is looked at.
    """
    own = own_origins(station, leads_h)
    choice = choose(own, candidates, leads_h, until_hour=until_hour)
    columns, origins = with_neighbours(*own, listened_to(choice.neighbours, candidates))
    sums = StationSums.of(known_by(origins, leads_h, until_hour))
    return Trained(choice, columns, sums, StationModel.fit(sums, columns, choice.variant, leads_h))
