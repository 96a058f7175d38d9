"""A trained station is read as it was written; what is none is told as such."""

import numpy as np
import pytest

from isotherm.forecast.choice import Choice
from isotherm.forecast.hours import DAY
from isotherm.forecast.neighbours import signal_of
from isotherm.forecast.targets import FAR_LEADS_H, NEAR_LEADS_H
from isotherm.forecast.trained_station import TrainedStation, UnreadableModelError, Widths
from isotherm.forecast.training import Trained, train
from unit.forecast.made_up_hours import FIRST_HOUR, disturbance, station, temperature

DAYS = 300


def trained_station(days: int = DAYS, station_id: str = "USW00094846") -> TrainedStation:
    """With neighbours where there are days enough to choose them."""
    weather = disturbance(days * DAY + 12, 4)
    here = station(temperature(days * DAY, weather=weather[: days * DAY]))
    there = station(temperature(days * DAY, weather=weather[12:]))
    parts = [
        train(here, [signal_of("THERE", there)], leads, until_hour=here.end_hour)
        for leads in (NEAR_LEADS_H, FAR_LEADS_H)
    ]
    near = parts[0]
    far = Trained(near.choice, near.columns, parts[1].sums, parts[1].model)
    half = np.linspace(1, 4, len(NEAR_LEADS_H) + len(FAR_LEADS_H))
    half[-1] = np.nan
    return TrainedStation(station_id, here.end_hour, near, far, Widths(half, 2 * half))


@pytest.mark.parametrize("days", [10, DAYS])
def test_what_is_read_is_what_was_written_to_the_last_bit(days: int) -> None:
    written = trained_station(days)
    read = TrainedStation.from_bytes(written.to_bytes())
    assert (read.station_id, read.until_hour) == ("USW00094846", FIRST_HOUR + days * DAY)
    assert read.leads_h == (*range(1, 25), *range(27, 97, 3))
    assert read.near.choice == written.near.choice
    assert read.far.choice == Choice(read.near.choice.variant, read.near.choice.neighbours,
                                     read.near.choice.trial_mae_c)  # fmt: skip
    assert read.near.columns == written.near.columns
    assert (read.near.model.neighbours is not None) == (days == DAYS)
    for before, after in ((written.near, read.near), (written.far, read.far)):
        for name in ("gram", "cross", "square"):
            for part in ("by_part", "climate"):
                np.testing.assert_array_equal(
                    getattr(getattr(after.sums, part), name), getattr(getattr(before.sums, part), name)
                )
        np.testing.assert_array_equal(after.sums.damping.product, before.sums.damping.product)
        np.testing.assert_array_equal(after.model.left, before.model.left)
        np.testing.assert_array_equal(after.model.climatology.weights, before.model.climatology.weights)
        assert after.model.climatology.covers_year == before.model.climatology.covers_year
        for one, other in (
            (before.model.own, after.model.own),
            (before.model.neighbours, after.model.neighbours),
        ):
            assert (one is None) == (other is None)
            if one is not None and other is not None:
                assert one.row_count == other.row_count
                np.testing.assert_array_equal(one.weights, other.weights)
    np.testing.assert_array_equal(read.widths.model_c, written.widths.model_c)
    np.testing.assert_array_equal(read.widths.damped14_c, written.widths.damped14_c)
    assert read.near.choice.variant.uses_neighbours == (days == DAYS)


def test_training_twice_gives_the_same_bytes() -> None:
    assert trained_station(60).to_bytes() == trained_station(60).to_bytes()


def test_bytes_that_are_no_model_are_told_with_what_to_do() -> None:
    whole = trained_station(10).to_bytes()
    for damaged in (b"", b"nonsense", whole[: len(whole) // 2]):
        with pytest.raises(UnreadableModelError, match="train anew"):
            TrainedStation.from_bytes(damaged)
