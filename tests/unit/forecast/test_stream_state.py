"""A stream's state is that of batch training on the same hours, whatever way they came."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from isotherm.forecast import changed_hours
from isotherm.forecast.changed_hours import ChangedHours, elements, with_changes
from isotherm.forecast.choice import Choice, known_by
from isotherm.forecast.hours import DAY, Filled, Floats, StationHours
from isotherm.forecast.issue import Issued
from isotherm.forecast.model import Method, StationModel, Variant
from isotherm.forecast.neighbours import signal_of
from isotherm.forecast.origins import own_origins, with_neighbours
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.stream_state import StreamState
from isotherm.forecast.streamed_station import StreamStart
from isotherm.forecast.targets import FAR_LEADS_H, NEAR_LEADS_H
from isotherm.forecast.trained_station import TrainedStation, Widths
from isotherm.forecast.training import Trained
from unit.forecast.made_up_hours import FIRST_HOUR, full_station

PAST_H, STREAM_H = 70 * DAY, 5 * DAY
NAMES = ("A", "B")
LEADS = (NEAR_LEADS_H, FAR_LEADS_H)


def with_gaps(station: StationHours, seed: int) -> StationHours:
    """Some hours missing now and then, and a week of three-hourly reports."""
    random = np.random.default_rng(seed)
    values = elements(station)
    values[random.random(len(values)) < 0.1] = np.nan
    week = np.arange(50 * DAY, 57 * DAY)
    values[week[week % 3 > 0]] = np.nan
    return on_grid(station, values)


def on_grid(station: StationHours, values: Floats) -> StationHours:
    return changed_hours.on_grid(station, station.first_hour, values, None)


WHOLE = {
    name: with_gaps(full_station(PAST_H + STREAM_H, seed), seed) for seed, name in enumerate(NAMES, 3)
}
GAPLESS = {name: full_station(PAST_H + STREAM_H, seed) for seed, name in enumerate(NAMES, 3)}
SPLIT = FIRST_HOUR + PAST_H
END = SPLIT + STREAM_H


def trained_on(
    grids: dict[str, StationHours], name: str, until: int, *, listens: bool
) -> tuple[Trained, Trained]:
    """Batch training with a choice that is given; each part's sums and model."""
    neighbours = tuple(one for one in grids if one != name) if listens else ()
    variant = Variant(uses_neighbours=listens, uses_parts=name == NAMES[1])
    parts = []
    for leads in LEADS:
        signals = [signal_of(one, grids[one]) for one in neighbours]
        columns, origins = with_neighbours(*own_origins(grids[name], leads), signals)
        sums = StationSums.of(known_by(origins, leads, until))
        choice = Choice(variant, neighbours, {})
        parts.append(Trained(choice, columns, sums, StationModel.fit(sums, columns, variant, leads)))
    return parts[0], parts[1]


def started(*, listens: bool = True, until: int = SPLIT - 5 * DAY) -> StreamState:
    """A state that goes on from training that ended some days before the stream."""
    starts = []
    early = {name: one.between(0, until) for name, one in WHOLE.items()}
    for name, one in WHOLE.items():
        past = one.between(0, SPLIT)
        near, far = trained_on(early, name, until, listens=listens)
        widths = Widths(np.full(48, 2.0), np.full(48, 3.0))
        trained = TrainedStation(name, until, near, far, widths)
        starts.append(StreamStart(trained, replace(past, filled=Filled.of(past.temperature_c)), "v1"))
    return StreamState(starts)


def changes_of(name: str, hours: Sequence[int], grid: StationHours | None = None) -> ChangedHours:
    found = np.array(sorted(set(hours)), np.int64)
    return ChangedHours(found, elements(grid or WHOLE[name])[found - FIRST_HOUR])


def feed(state: StreamState, name: str, hours: Sequence[int], grid: StationHours | None = None) -> None:
    for _ in state.apply({name: changes_of(name, hours, grid)}):
        pass


def compare(
    state: StreamState, grids: dict[str, StationHours] = WHOLE, *, listens: bool = True
) -> None:
    """Sums and coefficients are those of batch training on these grids; their end is the state's."""
    for name in NAMES:
        station = state.station(name)
        kept = elements(station.grid)
        np.testing.assert_array_equal(kept, elements(grids[name])[-len(kept) :])
        assert station.grid.end_hour == grids[name].end_hour
        batch = trained_on(grids, name, station.grid.end_hour, listens=listens)
        for part, wanted in zip(station.parts, batch, strict=True):
            for of in ("by_part", "climate"):
                found, right = getattr(part.sums, of), getattr(wanted.sums, of)
                for array in ("gram", "cross", "square"):
                    one, other = getattr(found, array), getattr(right, array)
                    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(other).max())
            np.testing.assert_allclose(part.sums.damping.left, wanted.sums.damping.left, rtol=1e-9)
            part.fit_later(0)
            part.reach(0)
            for model in ("own", "neighbours"):
                one, other = getattr(part.newest, model), getattr(wanted.model, model)
                if other is None:
                    assert one is None
                    continue
                assert one.row_count == other.row_count
                scale = np.abs(other.weights).max()
                np.testing.assert_allclose(one.weights, other.weights, rtol=1e-9, atol=1e-9 * scale)


_PIECES = st.lists(st.integers(1, STREAM_H - 1), max_size=6)


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(st.randoms(use_true_random=False), _PIECES, st.integers(0, 3))
def test_any_split_and_order_with_repeats_comes_to_the_same(
    random: object, cuts: list[int], repeated: int
) -> None:
    """Batches of both stations in any order, hours of one in another's, some twice."""
    state = started()
    bounds = [0, *sorted(set(cuts)), STREAM_H]
    batches = [
        (name, range(SPLIT + first, SPLIT + last)) for name in NAMES for first, last in pairwise(bounds)
    ]
    batches += batches[:repeated]
    random.shuffle(batches)  # type: ignore[attr-defined]
    for name, hours in batches:
        feed(state, name, hours)
    compare(state)


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(-72, STREAM_H - 1)), max_size=5),
    st.booleans(),
)
def test_a_correction_takes_the_old_rows_away(corrected: list[tuple[str, int]], gone: bool) -> None:
    """An hour that changes, comes late or is emptied, also one that is in the sums long since."""
    state = started()
    for day in range(0, STREAM_H, DAY):
        for name in NAMES:
            feed(state, name, range(SPLIT + day, SPLIT + day + DAY))
    grids = dict(WHOLE)
    for name, hour in corrected:
        values = elements(grids[name])
        place = SPLIT + hour - FIRST_HOUR
        values[place] = np.nan if gone else [3.3, 1.1, 1001.0, 2.0, -1.0, 0.5]
        grids[name] = on_grid(grids[name], values)
        feed(state, name, [SPLIT + hour], grids[name])
    compare(state, grids)


def test_without_neighbours_too_and_hour_by_hour() -> None:
    state = started(listens=False)
    for hour in range(SPLIT, SPLIT + 2 * DAY):
        for name in NAMES:
            feed(state, name, [hour])
    compare(state, {name: one.between(0, hour + 1) for name, one in WHOLE.items()}, listens=False)


def forecasts_of(state: StreamState, hours: Sequence[int]) -> list[Issued]:
    return [one for name in NAMES for one in state.forecast(name, hours)]


def test_a_forecast_is_that_of_the_model_and_looks_at_nothing_later() -> None:
    """Whatever the truth after an origin is, and whether it is there: the forecast does not move."""
    origin = SPLIT + 2 * DAY - 1
    made = []
    for shift in (0.0, 25.0, np.nan):
        state = started()
        for name in NAMES:
            values = elements(WHOLE[name])
            values[origin + 1 - FIRST_HOUR :] += shift
            moved = on_grid(WHOLE[name], values)
            for _ in state.apply({name: changes_of(name, range(SPLIT, origin + 1))}):
                pass
            # The later hours of the origin's day come before the forecast is asked for.
            feed(state, name, range(origin + 1, origin + 1), moved)
        asked = forecasts_of(state, [origin])
        for name in NAMES:
            values = elements(WHOLE[name])
            values[origin + 1 - FIRST_HOUR :] += shift
            day_end = (origin // DAY + 1) * DAY
            feed(state, name, range(origin + 1, day_end), on_grid(WHOLE[name], values))
        made.append((asked, forecasts_of(state, [origin])))
    first = made[0][0]
    assert first
    assert all((one.method[:24] >= Method.OWN).all() for one in first)
    for asked, again in made:
        for one, two, wanted in zip(asked, again, first, strict=True):
            np.testing.assert_allclose(one.temperature_c, wanted.temperature_c, atol=1e-9)
            np.testing.assert_allclose(two.temperature_c, wanted.temperature_c, atol=1e-9)


def test_a_day_at_once_is_forecast_as_hour_by_hour() -> None:
    """Also where the day's model speaks from an hour amid it on."""
    one, other = started(), started()
    for day in range(SPLIT, SPLIT + 3 * DAY, DAY):
        hours = range(day, day + DAY)
        found: dict[str, list[Issued]] = {name: [] for name in NAMES}
        there = {
            name: [hour for hour in hours if WHOLE[name].temperature_c[hour - FIRST_HOUR] > -99]
            for name in NAMES
        }
        for hour in hours:
            come = [name for name in NAMES if hour in there[name]]
            for _ in one.apply({name: changes_of(name, [hour]) for name in come}):
                pass
            for name in come:
                found[name] += one.forecast(name, [hour])
        for _ in other.apply({name: changes_of(name, there[name]) for name in NAMES}):
            pass
        for name in NAMES:
            wanted = other.forecast(name, hours)
            assert [issued.origin_hour for issued in found[name]] == [one.origin_hour for one in wanted]
            for hourly, at_once in zip(found[name], wanted, strict=True):
                np.testing.assert_allclose(hourly.temperature_c, at_once.temperature_c, atol=1e-9)


def test_the_fits_of_a_day_are_spread_over_its_hours() -> None:
    state = started()
    hours: dict[str, list[int]] = {name: [] for name in NAMES}
    for hour in range(SPLIT, SPLIT + 2 * DAY):
        before = {name: state.station(name).near.newest for name in NAMES}
        for _ in state.apply({name: changes_of(name, [hour], GAPLESS[name]) for name in NAMES}):
            pass
        for name in NAMES:
            if state.station(name).near.newest is not before[name]:
                hours[name].append(hour % DAY)
    # The stream begins after both hours of its first day.
    first = SPLIT % DAY
    assert hours == {"A": [first, 0, 0], "B": [first, DAY // 2, DAY // 2]}


def test_a_forecast_has_all_leads_baselines_and_interval() -> None:
    state = started()
    for name in NAMES:
        feed(state, name, range(SPLIT, SPLIT + DAY))
    hour = max(
        one
        for one in range(SPLIT, SPLIT + DAY)
        if not np.isnan(WHOLE["A"].temperature_c[one - FIRST_HOUR])
    )
    (one,) = state.forecast("A", [hour])
    assert one.origin_hour == hour
    assert {
        len(getattr(one, name)) for name in ("temperature_c", "method", "yesterday_c", "damped14_c")
    } == {48}
    np.testing.assert_allclose(one.high_c - one.low_c, 4.0)
    yesterday = WHOLE["A"].temperature_c[hour + 1 - DAY - FIRST_HOUR]
    np.testing.assert_array_equal(one.yesterday_c[0], yesterday)
    assert np.isnan(one.climatology_c).all()  # less than a year


def test_what_is_kept_of_gaps_is_what_is_made_anew() -> None:
    """Gaps closed bit by bit are those closed at once, chains of days included."""
    whole = WHOLE["A"]
    grid = replace(whole.between(0, FIRST_HOUR + 5 * DAY), filled=None)
    grid = replace(grid, filled=Filled.of(grid.temperature_c))
    random = np.random.default_rng(5)
    hours = random.permutation(np.arange(FIRST_HOUR + 5 * DAY, END))
    for piece in np.array_split(hours, 40):
        grid = with_changes(grid, changes_of("A", [int(one) for one in piece]))
    assert grid.filled is not None
    wanted = Filled.of(whole.temperature_c)
    np.testing.assert_array_equal(grid.filled.features_c, wanted.features_c)
    np.testing.assert_array_equal(grid.filled.targets_c, wanted.targets_c)


@pytest.mark.parametrize("promoted", [True, False])
def test_a_model_that_is_not_promoted_leaves_the_word_to_the_damped_anomaly(promoted: bool) -> None:
    past = WHOLE["A"].between(0, SPLIT)
    near, far = trained_on({"A": past}, "A", SPLIT, listens=False)
    trained = TrainedStation("A", SPLIT, near, far, Widths(np.full(48, 2.0), np.full(48, 3.0)))
    state = StreamState([StreamStart(trained, past, "v1", is_promoted=promoted)])
    hours = np.flatnonzero(~np.isnan(past.temperature_c)) + FIRST_HOUR
    (one,) = state.forecast("A", [int(hours[-1])])
    assert set(one.method[:24]) == {Method.OWN if promoted else Method.DAMPED14}
    assert one.high_c[0] - one.low_c[0] == pytest.approx(4.0 if promoted else 6.0)
