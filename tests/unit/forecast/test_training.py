"""A training decides and fits with what lay before its hour; twice it gives the same."""

import numpy as np

from isotherm.forecast.hours import DAY
from isotherm.forecast.neighbours import signal_of
from isotherm.forecast.training import Trained, train
from unit.forecast.made_up_hours import FIRST_HOUR, disturbance, station, temperature

LEADS_H = (1, 12, 24)
UNTIL = FIRST_HOUR + 300 * DAY


def trained(*, future_c: float) -> Trained:
    weather = disturbance(330 * DAY + 12, 4)
    here = station(temperature(330 * DAY, weather=weather[: 330 * DAY]))
    there = station(temperature(330 * DAY, weather=weather[12:]))
    for one in (here, there):
        one.temperature_c[300 * DAY :] += future_c
    return train(here, [signal_of("THERE", there)], LEADS_H, until_hour=UNTIL)


def test_training_twice_and_with_another_future_gives_the_same_model() -> None:
    first, again, other = trained(future_c=0), trained(future_c=0), trained(future_c=30)
    assert first.choice == again.choice == other.choice
    assert first.choice.neighbours == ("THERE",)
    for one in (again, other):
        assert one.model.neighbours is not None
        assert first.model.neighbours is not None
        np.testing.assert_array_equal(one.model.neighbours.weights, first.model.neighbours.weights)
        np.testing.assert_array_equal(one.model.left, first.model.left)
        np.testing.assert_array_equal(one.sums.normal.gram, first.sums.normal.gram)


def test_an_origin_counts_when_its_last_lead_has_come() -> None:
    model = trained(future_c=0)
    # Origins from the eighth day on have all features; the last is the one 25 hours before.
    assert 290 * DAY < model.sums.normal.row_count <= 300 * DAY - 24
