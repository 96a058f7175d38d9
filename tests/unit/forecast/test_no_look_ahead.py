"""A forecast rests on what was there at its origin: not on what came, or was revised, later."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isotherm.forecast
from isotherm.forecast.choice import known_by
from isotherm.forecast.hours import DAY, Floats, StationHours
from isotherm.forecast.model import Forecasts, Method, StationModel, Variant
from isotherm.forecast.neighbours import signal_of
from isotherm.forecast.origins import origins_of
from isotherm.forecast.station_sums import StationSums
from unit.forecast.made_up_hours import FIRST_HOUR, full_station

LEADS_H = (1, 3, 12, 24)
LENGTH = 80 * DAY
ELEMENTS = (
    "temperature_c",
    "dew_point_c",
    "pressure_hpa",
    "wind_speed_ms",
    "wind_east_ms",
    "wind_north_ms",
)
HERE, THERE = full_station(LENGTH, 1), full_station(LENGTH, 2)


def forecast_at(here: StationHours, there: StationHours, origin: int) -> Forecasts:
    """Trained and made at an hour, from arrays that may go on after it."""
    columns, origins = origins_of(here, LEADS_H, [signal_of("THERE", there)])
    sums = StationSums.of(known_by(origins, LEADS_H, origin + 1))
    variant = Variant(uses_neighbours=True, uses_parts=True)
    model = StationModel.fit(sums, columns, variant, LEADS_H)
    return model.forecast(origins.take(origins.hour == origin))


def changed(station: StationHours, change: Sequence[Floats]) -> StationHours:
    """The same with other values, element by element."""
    return replace(station, **dict(zip(ELEMENTS, change, strict=True)))


def until(station: StationHours, hours: int) -> StationHours:
    return changed(station, [getattr(station, name)[:hours] for name in ELEMENTS])


@settings(max_examples=8)
@given(
    st.integers(60 * DAY, LENGTH - 2),
    st.sampled_from(["shifted", "noise", "silent"]),
    st.integers(0, 2**32),
)
def test_whatever_comes_after_the_origin_moves_no_forecast(place: int, future: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    made = []
    for station in (HERE, THERE):
        values = [getattr(station, name).copy() for name in ELEMENTS]
        for one in values:
            after = one[place + 1 :]
            after[:] = {
                "shifted": after + 20,
                "noise": random.normal(size=len(after)),
                "silent": np.where(random.random(len(after)) < 0.7, np.nan, after),
            }[future]
        made.append(changed(station, values))
    alone = forecast_at(until(HERE, place + 1), until(THERE, place + 1), FIRST_HOUR + place)
    with_future = forecast_at(*made, FIRST_HOUR + place)
    assert (alone.method == Method.NEIGHBOURS).all()
    np.testing.assert_array_equal(with_future.temperature_c, alone.temperature_c)
    np.testing.assert_array_equal(with_future.method, alone.method)


@dataclass(frozen=True)
class Delivery:
    """A temperature of an hour, and when it came; of one hour the last to come counts."""

    place: int
    came_at: int
    temperature_c: float


def known_at(deliveries: Sequence[Delivery], now: int) -> StationHours:
    """The station as it was known at an hour."""
    values = HERE.temperature_c.copy()
    for one in sorted(deliveries, key=lambda one: one.came_at):
        values[one.place] = one.temperature_c if one.came_at <= now else values[one.place]
    # What comes late was not there before.
    for place in {one.place for one in deliveries}:
        if min(one.came_at for one in deliveries if one.place == place) > now:
            values[place] = np.nan
    return until(replace(HERE, temperature_c=values), now + 1)


def test_what_comes_late_or_is_revised_counts_from_then_on_and_not_before() -> None:
    now = 70 * DAY
    late = [Delivery(now - back, now + 5, 25.0) for back in (2, 3, 30)]
    revised = [
        Delivery(now - back, came, value)
        for back in (1, 24, 200)
        for came, value in ((now - back, 9.0), (now + 6, 31.0))
    ]
    first, again = (
        forecast_at(known_at(deliveries, now), until(THERE, now + 1), FIRST_HOUR + now)
        for deliveries in (
            [*late, *revised],
            # The same hours come later still, with other values.
            [
                replace(one, came_at=one.came_at + 50, temperature_c=-40.0)
                if one.came_at > now
                else one
                for one in (*late, *revised)
            ],
        )
    )
    np.testing.assert_array_equal(first.temperature_c, again.temperature_c)
    after = known_at([*late, *revised], now + 6)
    later = forecast_at(after, until(THERE, now + 7), FIRST_HOUR + now)
    assert (np.abs(later.temperature_c - first.temperature_c) > 0.01).any()


def test_nothing_of_the_forecast_knows_a_clock_or_chance() -> None:
    banned = {"time", "random", "secrets", "os"}
    # A date that is handed in is an input like any other: it is asking for one that is not allowed.
    asking = {"now", "today", "utcnow", "random"}
    for path in Path(isotherm.forecast.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & banned, path.name
            assert not (isinstance(node, ast.Attribute) and node.attr in asking), path.name


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_time_zone_of_the_machine_changes_no_forecast(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    place = 65 * DAY
    here, there = until(HERE, place + 1), until(THERE, place + 1)
    expected = forecast_at(here, there, FIRST_HOUR + place).temperature_c
    with monkeypatch.context() as patched:
        patched.setenv("TZ", zone)
        time.tzset()
        found = forecast_at(here, there, FIRST_HOUR + place).temperature_c
    time.tzset()
    np.testing.assert_array_equal(found, expected)
