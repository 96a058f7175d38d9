"""Leads, and the changes of temperature they ask for."""

from typing import Final

import numpy as np

from isotherm.forecast.hours import DAY, Floats, StationHours, shifted_by

NEAR_LEADS_H: Final = tuple(range(1, DAY + 1))
FAR_LEADS_H: Final = tuple(range(DAY + 3, 4 * DAY + 1, 3))


def observed_at_leads(temperature_c: Floats, leads_h: tuple[int, ...]) -> Floats:
    """(hours, leads): the temperature so many hours after each hour; NaN where there is none."""
    return shifted_by(temperature_c, [-lead for lead in leads_h])


def training_targets(station: StationHours, leads_h: tuple[int, ...]) -> Floats:
    """(hours, leads): the change from each hour to each lead; NaN where it is not known.

    An origin is trained on when all its leads are known, so that one matrix serves them all.
    """
    values = station.bridged_targets_c
    changes = observed_at_leads(values, leads_h) - station.temperature_c[:, None]
    changes[np.isnan(changes).any(axis=1)] = np.nan
    return changes
