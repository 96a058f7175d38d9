"""Training, promotion and what is published, on real HDFS, Spark and MySQL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pyspark import SparkContext

from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.forecast_message import ForecastMessage
from isotherm.ingest import forecast_promotion, forecast_publishing, workplace
from isotherm.ingest.workplace import Workplace, open_workplace
from isotherm.spark import training_work
from isotherm.spark.session import batch_context
from isotherm.spark.training import TrainingJob, TrainingPlan, current_versions, read_places
from isotherm.stores import model_store
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, MODEL_ROOT, TRAINING_ROOT
from isotherm.stores.station_models import (
    StationModelRow,
    read_station_models,
    read_versions,
    write_station_models,
)
from isotherm.stores.tables import forecast_score, source_file
from isotherm.stores.training_files import TrainingFiles, remove_old_trainings
from servers.hdfs_fixture import Hdfs
from servers.training_data import DAYS, FIRST_HOUR, put, summaries, weather
from unit.forecast.made_up_hours import clinging

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = [pytest.mark.servers, pytest.mark.spark]

UPWIND, HERE, THREE_HOURLY, WEEK, EMPTY = (
    "72530094846", "72530094847", "72530094848", "72530094849", "72530094850",
)  # fmt: skip
FIRST_VERSION, SECOND = "20260101T000000", "20260102T000000"
LAST_HOUR = FIRST_HOUR + DAYS * 24 - 1


@pytest.fixture(scope="module")
def context(servers: Hdfs) -> Iterator[SparkContext]:
    with batch_context(servers.settings, "isotherm-tests") as started:
        yield started


@pytest.fixture(scope="module")
def place(servers: Hdfs) -> Iterator[Workplace]:
    with open_workplace(servers.settings) as opened:
        for root in (HOURLY_SUMMARY_ROOT, MODEL_ROOT, TRAINING_ROOT):
            opened.store.delete(root)
        for station_id, rows, position in (
            (UPWIND, summaries(UPWIND, weather(1)), (41.9, -90.0)),
            (HERE, summaries(HERE, weather(1, shift_h=6)), (41.9, -87.9)),
            (THREE_HOURLY, summaries(THREE_HOURLY, weather(2), every_h=3), None),
            (WEEK, summaries(WEEK, weather(3, days=7)), (60.0, 10.0)),
            (EMPTY, summaries(EMPTY, weather(4, days=1)).clear(), (61.0, 11.0)),
        ):
            put(opened.store, opened.engine, station_id, rows, position)
        yield opened


@contextmanager
def in_place(place: Workplace) -> Iterator[Workplace]:
    yield place


@pytest.fixture
def tasks(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks work here and not where the settings of this process say."""
    monkeypatch.setattr(workplace, "open_workplace", lambda: in_place(place))


def train(
    place: Workplace, context: SparkContext, hdfs: Hdfs, version: str, *, trains: bool = True,
    place_ids: tuple[str, ...] | None = None, trees_dir: str | None = None,
) -> tuple[int, int]:  # fmt: skip
    plan = TrainingPlan(version, "a run", place_ids, None, 5, trains, trees_dir)
    TrainingFiles(place.store, version).write_plan(
        {name: getattr(plan, name) for name in plan.__slots__}
    )
    with place.engine.connect() as connection:
        places = read_places(connection, (GLOBAL_HOURLY,), plan)
        current = current_versions(connection)
    return TrainingJob(context, hdfs.settings, plan).run(places, current)


def rows_of(place: Workplace) -> dict[str, StationModelRow]:
    with place.engine.connect() as connection:
        return read_station_models(connection)


def sent(place: Workplace, version: str) -> dict[str, ForecastMessage]:
    return {one.station_id: one for one in forecast_publishing.forecasts(place, version)}


@pytest.fixture(scope="module")
def trained(place: Workplace, context: SparkContext, servers: Hdfs) -> tuple[int, int]:
    return train(place, context, servers, FIRST_VERSION)


@pytest.fixture
def promoted(place: Workplace, trained: tuple[int, int], tasks: None) -> Workplace:
    if not rows_of(place):
        forecast_promotion.promote(version=FIRST_VERSION, form={})
    return place


def test_every_place_with_hours_is_trained_and_listens_to_who_is_upwind(
    place: Workplace, trained: tuple[int, int]
) -> None:
    assert trained == (4, 4)
    assert model_store.stations_of(place.store, FIRST_VERSION) == {UPWIND, HERE, THREE_HOURLY, WEEK}
    model = model_store.read(place.store, FIRST_VERSION, [HERE, WEEK])
    assert model[HERE].near.choice.neighbours == (UPWIND,)
    assert model[HERE].until_hour == LAST_HOUR + 1
    assert model[WEEK].near.model.own is None
    notes = TrainingFiles(place.store, FIRST_VERSION).read_notes(training_work.PREPARED)
    failures = {one["station_id"]: one["failure"] for some in notes.values() for one in some}
    assert failures.pop(EMPTY) == "no hour with a temperature"
    assert set(failures.values()) == {None}


def test_what_is_trained_again_is_the_same_and_what_is_done_is_not_done_again(
    place: Workplace, context: SparkContext, servers: Hdfs, trained: tuple[int, int]
) -> None:
    assert train(place, context, servers, SECOND) == trained
    first, second = (
        model_store.read(place.store, version, [HERE, THREE_HOURLY, WEEK])
        for version in (FIRST_VERSION, SECOND)
    )
    assert {name: one.to_bytes() for name, one in first.items()} == {
        name: one.to_bytes() for name, one in second.items()
    }
    # Killed before one bucket was done: only that one is made, out of the hours that are there.
    files = TrainingFiles(place.store, SECOND)
    done = files.read_notes(training_work.TRAINED)
    lost = next(iter(done))
    place.store.delete(f"{TRAINING_ROOT}/{SECOND}/{training_work.TRAINED}-{lost:02d}.json")
    place.store.delete(HOURLY_SUMMARY_ROOT + "/dataset=nothing")
    assert train(place, context, servers, SECOND) == trained
    assert files.read_notes(training_work.TRAINED) == done


def test_a_model_speaks_where_it_proved_itself_and_each_station_has_its_reason(
    promoted: Workplace,
) -> None:
    rows = rows_of(promoted)
    assert set(rows) == {UPWIND, HERE, THREE_HOURLY, WEEK}
    here = rows[HERE]
    assert (here.version, here.neighbours) == (FIRST_VERSION, (UPWIND,))
    assert here.why.startswith("beats ")
    assert here.model_mae_c is not None
    assert here.yesterday_mae_c is not None
    assert here.model_mae_c < here.yesterday_mae_c
    assert rows[WEEK].version is None
    assert rows[WEEK].judged_version == FIRST_VERSION
    with promoted.engine.connect() as connection:
        (version,) = read_versions(connection)
        assert version.station_count == 4
        assert re.fullmatch(r"ridge [0-9a-f]{16}", version.made_by)


def test_each_station_with_hours_gets_a_forecast_with_its_method_and_a_thin_one_says_so(
    promoted: Workplace,
) -> None:
    messages = sent(promoted, FIRST_VERSION)
    assert set(messages) == {UPWIND, HERE, THREE_HOURLY, WEEK}
    here = messages[HERE]
    assert (here.kind, here.dataset, here.model_version) == ("service", "global-hourly", FIRST_VERSION)
    assert int(here.origin_hour.timestamp()) // 3600 == LAST_HOUR
    assert set(here.leads.method) == {"neighbours"}
    assert None not in here.leads.low_tenths
    assert None not in here.leads.yesterday_tenths
    assert set(messages[THREE_HOURLY].leads.method[:24]) <= {"own", "damped14"}
    week = messages[WEEK].leads
    assert set(week.method) <= {"damped14", "nothing"}
    assert set(week.low_tenths) == {None}
    again = sent(promoted, FIRST_VERSION)[HERE]
    assert again.leads == here.leads


def test_a_forecast_whose_hours_are_known_here_is_a_hindcast(promoted: Workplace) -> None:
    statement = (
        "INSERT INTO hourly_summary (station_id, rule, hour_start, dataset, layer, observation_count, "
        "min_tenths, max_tenths, sum_tenths, updated_at) VALUES (:station, 'routine', "
        "FROM_UNIXTIME(:at), 'global-hourly', 'speed', 1, 1, 1, 1, NOW(6))"
    )
    with promoted.engine.begin() as connection:
        connection.execute(sa.text("SET SESSION sql_mode = ''"))
        connection.execute(sa.text(statement), {"station": UPWIND, "at": (LAST_HOUR + 3) * 3600})
    kinds = {name: one.kind for name, one in sent(promoted, FIRST_VERSION).items()}
    assert kinds.pop(UPWIND) == "hindcast"
    assert set(kinds.values()) == {"service"}


def test_a_model_that_lost_in_service_for_a_week_goes_back_and_gets_no_successor_for_a_week(
    promoted: Workplace, tasks: None
) -> None:
    row = rows_of(promoted)[HERE]
    long_ago = datetime.now() - timedelta(days=20)  # noqa: DTZ005 - as MySQL's
    today = long_ago.date() + timedelta(days=20)
    with promoted.engine.begin() as connection:
        before = StationModelRow(
            **{name: getattr(row, name) for name in row.__slots__}
            | {"since": long_ago.replace(microsecond=0)}
        )
        write_station_models(connection, [before])
        names = [one.name for one in forecast_score.columns]
        for day in range(1, 8):
            values = dict.fromkeys(names, 0) | {
                "station_id": HERE, "kind": "service", "lead_h": 0,
                "valid_day": today - timedelta(days=day), "scored_at": long_ago,
                "damped14_pair_count": 24, "damped14_forecast_abs_sum_e2": 300,
                "damped14_abs_sum_e2": 200,
            }  # fmt: skip
            connection.execute(sa.insert(forecast_score).values(values))
    forecast_promotion.promote(version=FIRST_VERSION, form={})
    after = rows_of(promoted)[HERE]
    assert after.version is None
    assert after.rolled_back_at is not None
    assert after.why.startswith("rolled back on")
    assert "neighbours" not in sent(promoted, FIRST_VERSION)[HERE].leads.method


def test_by_form_a_version_speaks_again_that_has_the_station(
    promoted: Workplace, context: SparkContext, servers: Hdfs, tasks: None
) -> None:
    version = "20260103T000000"
    assert train(promoted, context, servers, version, trains=False) == (4, 0)
    forecast_promotion.promote(version=version, form={"roll_back": FIRST_VERSION})
    rows = rows_of(promoted)
    assert {name: one.version for name, one in rows.items()} == dict.fromkeys(rows, FIRST_VERSION)
    forecast_promotion.promote(version=version, form={"roll_back": "before"})
    assert rows_of(promoted)[HERE].version is None
    with pytest.raises(Exception, match="no version 20200101T000000"):
        forecast_promotion.promote(version=version, form={"roll_back": "20200101T000000"})
    with promoted.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(source_file)) == 5


def test_what_is_left_of_old_trainings_goes_but_for_the_newest(place: Workplace) -> None:
    left = [f"1999010{day}T000000" for day in range(1, 6)]
    for version in left:
        TrainingFiles(place.store, version).write_plan({})
    newest = place.store.list(TRAINING_ROOT)[-3:]
    removed = remove_old_trainings(place.store, 3)
    assert set(left[:2]) <= set(removed)
    assert place.store.list(TRAINING_ROOT) == newest


def test_a_training_goes_on_without_trees_where_they_cannot_be_loaded(
    promoted: Workplace, context: SparkContext, servers: Hdfs, tmp_path: Path
) -> None:
    version, nowhere = "20260105T000000", str(tmp_path / "nothing")
    some = (WEEK, HERE)
    assert train(promoted, context, servers, version, place_ids=some, trees_dir=nowhere) == (2, 2)
    notes = TrainingFiles(promoted.store, version).read_notes(training_work.TRAINED)
    said = [one["without_trees"] for some in notes.values() for one in some]
    assert len(said) == 2
    assert all("LightGBM cannot be loaded" in one for one in said)


def test_trees_are_kept_where_they_help_and_speak_for_the_next_day(
    promoted: Workplace, context: SparkContext, servers: Hdfs, tasks: None
) -> None:
    folder = servers.settings.trees_dir
    if not folder.is_dir():
        pytest.skip("no LightGBM here: ISOTHERM_FORECAST_TREES=true ./isotherm test fetches it")
    version, clings = "20260106T000000", "72530094851"
    rows = summaries(clings, 10 + clinging(DAYS * 24, 3))
    put(promoted.store, promoted.engine, clings, rows, None)
    some = (WEEK, clings)
    assert train(promoted, context, servers, version, place_ids=some, trees_dir=str(folder)) == (2, 2)
    forecast_promotion.promote(version=version, form={})
    row = rows_of(promoted)[clings]
    assert (row.version, row.variant) == (version, "own + trees")
    messages = sent(promoted, version)
    assert messages[clings].leads.method == ["blend"] * 24 + ["own"] * 24
    assert set(messages[WEEK].leads.method) <= {"damped14", "nothing"}
