"""What a station that is new, thin or silent is told, and that it is told so."""

import numpy as np
import pytest

from isotherm.forecast.hours import DAY, StationHours
from isotherm.forecast.model import Forecasts, Method, StationModel, Variant
from isotherm.forecast.neighbours import signal_of
from isotherm.forecast.origins import origins_of
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.targets import FAR_LEADS_H, NEAR_LEADS_H
from unit.forecast.made_up_hours import station, temperature


def forecast_from_the_end(here: StationHours, leads_h: tuple[int, ...] = NEAR_LEADS_H) -> Forecasts:
    """Trained on all whose leads have come, forecast from the last hour."""
    columns, origins = origins_of(here, leads_h)
    past = origins.take(origins.hour + leads_h[-1] < here.end_hour)
    model = StationModel.fit(StationSums.of(past), columns, Variant(), leads_h)
    return model.forecast(origins.take(slice(-1, None)))


@pytest.mark.parametrize(
    ("days", "method"),
    [(3, Method.NOTHING), (9, Method.DAMPED14), (40, Method.DAMPED14), (70, Method.OWN)],
)
def test_a_short_history_is_answered_by_what_it_can_bear(days: int, method: Method) -> None:
    found = forecast_from_the_end(station(temperature(days * DAY)))
    assert (found.method == method).all()
    assert np.isnan(found.temperature_c).all() == (method is Method.NOTHING)


def test_a_station_without_a_temperature_is_told_nothing() -> None:
    found = forecast_from_the_end(station(np.full(60 * DAY, np.nan)))
    assert (found.method == Method.NOTHING).all()
    assert np.isnan(found.temperature_c).all()


def test_after_a_gap_of_two_days_the_last_14_days_speak() -> None:
    values = temperature(200 * DAY)
    values[-60:-6] = np.nan
    assert (forecast_from_the_end(station(values)).method == Method.DAMPED14).all()


def test_after_a_month_of_silence_the_climatology_speaks_where_it_knows_a_year() -> None:
    long, short = temperature(500 * DAY), temperature(200 * DAY)
    for values in (long, short):
        values[-30 * DAY : -3] = np.nan
    found = forecast_from_the_end(station(long))
    assert (found.method == Method.CLIMATOLOGY).all()
    truth = temperature(500 * DAY + 24, weather=np.zeros(500 * DAY + 24))[-24:]
    assert np.abs(found.temperature_c[0] - truth).mean() < 3
    assert (forecast_from_the_end(station(short)).method == Method.NOTHING).all()


def test_a_station_that_reports_every_three_hours_trains_and_forecasts_all_leads() -> None:
    values = temperature(500 * DAY)
    values[np.arange(len(values)) % 3 != (len(values) - 1) % 3] = np.nan
    found = forecast_from_the_end(station(values))
    assert (found.method == Method.OWN).all()
    assert not np.isnan(found.temperature_c).any()


def test_far_leads_are_a_model_of_their_own() -> None:
    assert (27, *range(30, 97, 3)) == FAR_LEADS_H
    found = forecast_from_the_end(station(temperature(200 * DAY)), FAR_LEADS_H)
    assert (found.method == Method.OWN).all()
    assert np.ptp(found.temperature_c) > 5  # the day goes on


@pytest.mark.parametrize(("days", "baseline_count"), [(200, 2), (500, 3)])
def test_beyond_a_day_little_history_draws_the_ridge_to_the_baselines(
    days: int, baseline_count: int
) -> None:
    here = station(temperature(days * DAY))
    origins = {leads: origins_of(here, leads)[1] for leads in (NEAR_LEADS_H, FAR_LEADS_H)}
    columns = origins_of(here, FAR_LEADS_H)[0]
    found, ridges = {}, {}
    for leads, one in origins.items():
        past = one.take(one.hour + leads[-1] < here.end_hour)
        model = StationModel.fit(StationSums.of(past), columns, Variant(), leads)
        assert model.own is not None
        last = one.take(slice(-1, None))
        found[leads] = model.forecast(last).temperature_c[0]
        ridges[leads] = last.temperature_c[0] + model.own.predict(last.rows, last.hour)[0]
    np.testing.assert_array_equal(found[NEAR_LEADS_H], ridges[NEAR_LEADS_H])
    # The model and what it was made of are those of the far leads now.
    yesterday = here.temperature_c[[-1 - (-lead % DAY) for lead in FAR_LEADS_H]]
    damped = last.usual_ahead_c[0] + model.left * (last.temperature_c[0] - last.usual_c[0])
    climatology = model.climatology.at_leads(last.hour, FAR_LEADS_H)[0]
    assert model.climatology.covers_year == (baseline_count == 3)
    baselines = [yesterday, damped, climatology if baseline_count == 3 else damped]
    share = 4380 / (model.own.row_count + 4380)
    expected = (1 - share) * ridges[FAR_LEADS_H] + share * np.mean(baselines, axis=0)
    np.testing.assert_allclose(found[FAR_LEADS_H], expected, atol=1e-9)
    assert 0.25 < share < 0.6


def test_without_its_neighbours_a_station_speaks_alone() -> None:
    here = station(temperature(120 * DAY))
    there = station(temperature(120 * DAY, seed=2))
    silent = there.temperature_c.copy()
    silent[-24:] = np.nan
    methods = {}
    for name, values in (("heard", there.temperature_c), ("silent", silent)):
        signals = [signal_of("THERE", station(values))]
        columns, origins = origins_of(here, NEAR_LEADS_H, signals)
        past = origins.take(origins.hour + 24 < here.end_hour)
        variant = Variant(uses_neighbours=True)
        model = StationModel.fit(StationSums.of(past), columns, variant, NEAR_LEADS_H)
        methods[name] = set(model.forecast(origins.take(slice(-1, None))).method[0])
    assert methods == {"heard": {Method.NEIGHBOURS}, "silent": {Method.OWN}}


def test_ten_months_are_no_climatology() -> None:
    sums = {}
    for days in (300, 366):
        _, origins = origins_of(station(temperature(days * DAY)), NEAR_LEADS_H)
        columns, _ = origins_of(station(temperature(40 * DAY)), NEAR_LEADS_H)
        sums[days] = StationModel.fit(StationSums.of(origins), columns, Variant(), NEAR_LEADS_H)
    assert [one.climatology.covers_year for one in sums.values()] == [False, True]
