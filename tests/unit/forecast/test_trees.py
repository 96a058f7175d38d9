"""Trees beside the ridge: the mean of both where that is better, of what was known, read as written."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isotherm.forecast import trees
from isotherm.forecast.choice import Choice, known_by
from isotherm.forecast.hours import DAY, Floats, StationHours
from isotherm.forecast.issue import Issued, issue
from isotherm.forecast.model import Forecasts, Method, StationModel, Variant
from isotherm.forecast.neighbours import signal_of
from isotherm.forecast.origins import origins_of
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.station_training import Judgement, train_station
from isotherm.forecast.targets import NEAR_LEADS_H
from isotherm.forecast.trained_station import TrainedStation
from isotherm.forecast.trees import Trees, TreesUnavailableError
from isotherm.settings import load_settings
from unit.forecast.made_up_hours import FIRST_HOUR, clinging, full_station, station, temperature

LEADS_H = (1, 3, 12, 24)
TRAINED_H = 100 * DAY


@pytest.fixture
def lightgbm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer trees of fewer rows, for the sake of time."""
    monkeypatch.setattr(trees, "_TREE_COUNT", 40)
    monkeypatch.setattr(trees, "_DRAWN", 6000)
    trees.use_packages(load_settings().trees_dir)
    if trees.why_unavailable():
        pytest.skip("no LightGBM here: ISOTHERM_FORECAST_TREES=true ./isotherm test fetches it")


def trained(
    until_hour: int, *, weather: Floats | None = None, future_c: float = 0.0, uses_trees: bool = True,
    current: Choice | None = None,
) -> tuple[TrainedStation, Judgement, StationHours]:  # fmt: skip
    values = temperature(TRAINED_H, weather=weather)
    values[until_hour - FIRST_HOUR :] += future_c
    found, judged = train_station(
        "HERE", station(values), [], until_hour=until_hour, current=current, uses_trees=uses_trees
    )
    return found, judged, station(values[: until_hour - FIRST_HOUR])


def issued(found: TrainedStation, past: StationHours) -> Issued:
    return issue(found, past, [], uses_model=True)


def test_where_the_weather_is_no_line_the_mean_speaks_and_is_read_as_it_was_written(
    lightgbm: None,
) -> None:
    until = FIRST_HOUR + TRAINED_H - 5
    weather = clinging(TRAINED_H, 3)
    found, judged, past = trained(until, weather=weather)
    assert found.near.choice.variant.label == "own + trees"
    without, ridge, _ = trained(until, weather=weather, uses_trees=False)
    assert judged.model_mae_c < ridge.model_mae_c * 0.997
    assert judged.pair_count == ridge.pair_count
    made, alone = issued(found, past), issued(without, past)
    assert [Method(one) for one in made.method] == [Method.BLEND] * 24 + [Method.OWN] * 24
    assert set(alone.method) == {Method.OWN}
    np.testing.assert_array_equal(made.temperature_c[24:], alone.temperature_c[24:])
    assert (made.temperature_c[:24] != alone.temperature_c[:24]).all()
    # Its interval is of its own errors; that of the far leads, which are the same, is the same.
    assert (found.widths.model_c[:24] != without.widths.model_c[:24]).all()
    np.testing.assert_array_equal(found.widths.model_c[24:], without.widths.model_c[24:])
    read = TrainedStation.from_bytes(found.to_bytes())
    assert read.trees is not None
    assert read.trees.text == found.trees.text  # type: ignore[union-attr]
    assert read.near.choice == found.near.choice
    np.testing.assert_array_equal(issued(read, past).temperature_c, made.temperature_c)
    # Where trees are tried no more the ridge of the same columns follows, and is no rival of itself.
    again = trained(until, weather=weather, uses_trees=False, current=found.near.choice)
    assert again[0].to_bytes() == without.to_bytes()
    assert again[1].current_mae_c is None


def test_what_comes_after_the_hour_moves_nothing_and_twice_is_the_same(lightgbm: None) -> None:
    until = FIRST_HOUR + TRAINED_H - 3 * DAY
    weather = clinging(TRAINED_H, 3)
    first, other = (trained(until, weather=weather, future_c=future)[:2] for future in (0.0, 30.0))
    assert first[0].trees is not None
    assert first[0].to_bytes() == other[0].to_bytes()
    assert first[1] == other[1]


@pytest.mark.parametrize("future", ["shifted", "silent"])
def test_whatever_comes_after_the_origin_moves_no_blend(lightgbm: None, future: str) -> None:
    place = 70 * DAY
    made = []
    for length in (place + 1, 80 * DAY):
        here, there = full_station(80 * DAY, 1), full_station(80 * DAY, 2)
        for one in (here, there):
            after = one.temperature_c[place + 1 :]
            after[:] = after + 20 if future == "shifted" else np.nan
        until = FIRST_HOUR + length
        made.append(
            blend_at(here.between(FIRST_HOUR, until), there.between(FIRST_HOUR, until), place)[0]
        )
    assert (made[0].method == Method.BLEND).all()
    np.testing.assert_array_equal(made[0].temperature_c, made[1].temperature_c)


def test_trees_with_neighbours_are_asked_only_where_these_are_heard(lightgbm: None) -> None:
    here, there = full_station(80 * DAY, 1), full_station(80 * DAY, 2)
    blend, ridge, grown = blend_at(here, there, 80 * DAY - 1)
    assert (blend.method == Method.BLEND).all()
    assert (ridge.method == Method.NEIGHBOURS).all()
    own = replace(ridge, method=np.full_like(ridge.method, Method.OWN))
    origin = origins_of(here, LEADS_H, [signal_of("THERE", there)])[1].take(slice(-1, None))
    silent = grown.blended(own, origin)
    np.testing.assert_array_equal(silent.method, own.method)
    np.testing.assert_array_equal(silent.temperature_c, own.temperature_c)


def blend_at(here: StationHours, there: StationHours, place: int) -> tuple[Forecasts, Forecasts, Trees]:
    """Of one origin the blend, the ridge, and the trees, made of what lay before it."""
    columns, origins = origins_of(here, LEADS_H, [signal_of("THERE", there)])
    past = known_by(origins, LEADS_H, FIRST_HOUR + place + 1)
    variant = Variant(uses_neighbours=True)
    model = StationModel.fit(StationSums.of(past), columns, variant, LEADS_H)
    grown = Trees.grow(past, columns, variant, LEADS_H)
    assert grown is not None
    origin = origins.take(origins.hour == FIRST_HOUR + place)
    ridge = model.forecast(origin)
    return grown.blended(ridge, origin), ridge, grown


def test_too_few_origins_grow_no_trees(lightgbm: None) -> None:
    columns, origins = origins_of(station(temperature(40 * DAY)), NEAR_LEADS_H)
    assert Trees.grow(origins, columns, Variant(), NEAR_LEADS_H) is None


def test_a_model_without_trees_is_written_as_it_was_before_there_were_any() -> None:
    found, _, _ = trained(FIRST_HOUR + 60 * DAY, uses_trees=False)
    assert b"trees" not in found.to_bytes()


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ("raise OSError('libgomp.so.1: cannot open shared object file')", "apt install libgomp1"),
        ("raise ImportError('No module named scipy')", "ISOTHERM_FORECAST_TREES is true"),
    ],
)
def test_what_cannot_be_loaded_is_told_with_what_to_do(
    cause: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lightgbm.py").write_text(cause)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "lightgbm", raising=False)
    assert advice in str(trees.why_unavailable())
    tried: Callable[[], object] = lambda: trained(FIRST_HOUR + TRAINED_H)  # noqa: E731
    with pytest.raises(TreesUnavailableError, match="LightGBM cannot be loaded"):
        tried()


def test_a_folder_is_looked_into_last_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = list(sys.path)
    trees.use_packages(tmp_path / "nothing")
    assert sys.path == before
    for _ in range(2):
        trees.use_packages(tmp_path)
    assert sys.path == [*before, str(tmp_path)]
