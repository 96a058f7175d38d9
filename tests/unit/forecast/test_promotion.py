"""A model speaks only where it beat everything on the same pairs, and goes where it lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from isotherm.forecast.choice import Choice
from isotherm.forecast.hours import DAY
from isotherm.forecast.model import Variant
from isotherm.forecast.neighbours import signal_of
from isotherm.forecast.promotion import (
    LEAST_MODEL_SHARE,
    LEAST_PAIRS,
    SERVICE_DAYS,
    ServiceDay,
    decide,
    has_lost,
)
from isotherm.forecast.station_training import Judgement, train_station
from isotherm.forecast.trained_station import TrainedStation
from unit.forecast.made_up_hours import FIRST_HOUR, disturbance, station, temperature

NOW = datetime(2026, 6, 30, tzinfo=UTC)
maes = st.floats(0.1, 9.0)
judgements = st.builds(
    Judgement,
    pair_count=st.integers(0, 9000),
    row_count=st.integers(0, 90_000),
    model_share=st.floats(0, 1),
    model_mae_c=maes,
    current_mae_c=st.none() | maes,
    baseline_mae_c=st.fixed_dictionaries({"yesterday": maes, "climatology": maes, "damped14": maes}),
)
days = st.lists(
    st.builds(
        ServiceDay,
        day=st.dates(date(2026, 6, 1), date(2026, 6, 30)),
        pair_count=st.integers(0, 600),
        error_sum=st.integers(0, 100_000),
        baseline_error_sum=st.integers(0, 100_000),
    ),
    unique_by=lambda one: one.day,
)


@given(judgements)
def test_promoted_is_exactly_what_beats_all_with_pairs_enough(judged: Judgement) -> None:
    rivals = [*judged.baseline_mae_c.values(), *filter(None, [judged.current_mae_c])]
    wins = judged.model_mae_c < min(rivals)
    is_judged = judged.pair_count >= LEAST_PAIRS and judged.model_share >= LEAST_MODEL_SHARE
    decision = decide(judged)
    assert decision.is_promoted == (wins and is_judged)
    assert decision.why


@given(judgements, st.integers(0, 20))
def test_what_was_rolled_back_has_no_successor_for_a_week(judged: Judgement, ago_days: int) -> None:
    rolled_back_at = NOW - timedelta(days=ago_days)
    decision = decide(judged, rolled_back_at=rolled_back_at, now=NOW)
    if ago_days < SERVICE_DAYS:
        assert not decision.is_promoted
    else:
        assert decision == decide(judged)


def test_a_model_without_a_pair_is_not_promoted() -> None:
    nothing = Judgement(0, 0, 0.0, float("nan"), None, {"yesterday": float("nan")})
    assert not decide(nothing).is_promoted


@given(days, st.randoms())
def test_lost_is_more_error_than_the_baseline_in_the_last_seven_days_with_pairs(
    found: list[ServiceDay], random: object
) -> None:
    with_pairs = sorted((one for one in found if one.pair_count), key=lambda one: one.day)[-7:]
    more = sum(one.error_sum - one.baseline_error_sum for one in with_pairs) > 0
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert has_lost(shuffled) == (len(with_pairs) == SERVICE_DAYS and more)


def trained(
    until_hour: int, *, future_c: float, current: Choice | None = None
) -> tuple[bytes, Judgement]:
    weather = disturbance(330 * DAY + 12, 4)
    here = station(temperature(330 * DAY, weather=weather[: 330 * DAY]))
    there = station(temperature(330 * DAY, weather=weather[12:]))
    for one in (here, there):
        one.temperature_c[until_hour - FIRST_HOUR :] += future_c
    told = [signal_of("THERE", there)]
    found, judged = train_station("HERE", here, told, until_hour=until_hour, current=current)
    return found.to_bytes(), judged


def test_what_comes_after_the_hour_changes_neither_model_nor_judgement_and_twice_is_the_same() -> None:
    until = FIRST_HOUR + 310 * DAY + 7
    first, again, other = (trained(until, future_c=future) for future in (0, 0, 30))
    assert first == again == other


def test_what_speaks_is_put_to_the_same_test_and_the_same_choice_to_none() -> None:
    until = FIRST_HOUR + 330 * DAY
    content, alone = trained(until, future_c=0, current=Choice(Variant(), (), {}))
    chosen = TrainedStation.from_bytes(content).near.choice
    assert chosen.neighbours == ("THERE",)
    gone = replace(chosen, neighbours=("GONE",))
    same, without = (trained(until, future_c=0, current=one)[1] for one in (chosen, gone))
    assert same.current_mae_c is None
    assert without.current_mae_c is None
    assert alone.current_mae_c is not None
    assert alone.model_mae_c < alone.current_mae_c
    assert np.isclose(alone.model_mae_c, same.model_mae_c)
