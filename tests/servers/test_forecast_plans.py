"""No statement about forecasts, their scores and their models reads a whole table."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from isotherm.forecast_message import LEADS_H, Kind
from isotherm.maintenance.database import clean_mysql
from isotherm.stores import forecast_rows, forecast_scores, station_models
from isotherm.stores.forecast_scoring import score_forecasts
from isotherm.stores.newest import read_newest_of_places
from isotherm.stores.service_days import read_service_days
from isotherm.stores.station_models import ModelVersion, StationModelRow
from isotherm.stores.tables import forecast, forecast_model, forecast_score, station_forecast_model
from isotherm.stream.forecast_start import positions_of
from servers.forecast_data import forecast_of, leads_of, store
from servers.mariadb_fixture import Database
from servers.statement_plans import FIRST, collected, load, whole_reads

pytest_plugins = ["servers.mariadb_fixture", "servers.mysql_dialect"]
pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("statements_are_mysql")]

STATIONS = [f"ZQ{number:09d}" for number in range(10)]
FILLERS = [f"ZR{number:09d}" for number in range(40)]
# Of others than those of forecasts: a day that has a score is looked at again.
SCORED = [f"ZS{number:09d}" for number in range(40)]
WITH_MODEL = [f"ZM{number:09d}" for number in range(1000)]
OLD = "ZO000000000"
DAY_COUNT = 500
MOMENT = datetime(2012, 9, 1)  # noqa: DTZ001 - UTC, as MySQL holds it
KEPT = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
ROLLED_BACK = datetime(2013, 12, 31)  # noqa: DTZ001 - UTC, as MySQL holds it
DAY = date(2014, 1, 1)
SERVICE = Kind.SERVICE
TABLES = (forecast, forecast_score, forecast_model, station_forecast_model)


def model_row(station_id: str, **changes: object) -> StationModelRow:
    return StationModelRow(station_id, "v1", None, MOMENT, "", MOMENT, "v1", **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def filled(database: Database) -> Iterator[sa.Engine]:
    """Twenty thousand forecasts, days of scores, and stations with a model."""
    engine = database.engine()
    load(engine, STATIONS, range(5), seed=4)
    issued = [FIRST + timedelta(hours=hour) for hour in range(48)]
    leads = leads_of([10] * len(LEADS_H))
    days = [MOMENT + timedelta(days=number) for number in range(DAY_COUNT)]
    names = [one.name for one in forecast_score.columns]
    zeros = dict.fromkeys(names, 0) | {"kind": SERVICE, "scored_at": KEPT}
    head = {"kind": SERVICE, "dataset": "global-hourly", "model_version": "v1", "version": 1}
    head |= {"leads": "{}", "issued_at": KEPT, "updated_at": MOMENT}
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(table.delete())
        keys = [(one, day) for one in FILLERS for day in days]
        connection.execute(
            sa.insert(forecast),
            [{**head, "station_id": one, "origin_hour": day} for one, day in keys],
        )
        connection.execute(
            sa.insert(forecast_score),
            [
                {**zeros, "station_id": one, "valid_day": day.date(), "lead_h": lead}
                for one in SCORED
                for day in days
                for lead in (0, 1)
            ],
        )
        station_models.write_station_models(connection, [model_row(one) for one in WITH_MODEL])
        lost = [
            model_row(WITH_MODEL[6], rolled_back_at=MOMENT),
            model_row(WITH_MODEL[7], rolled_back_at=ROLLED_BACK),
        ]
        station_models.write_station_models(connection, lost)
    store(engine, [forecast_of(one, hour, leads) for one in STATIONS[:2] for hour in issued])
    with engine.begin() as connection:
        for table in (*(one.name for one in TABLES), "hourly_summary"):
            connection.execute(sa.text(f"ANALYZE TABLE {table}")).all()
    yield engine
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(table.delete())
    engine.dispose()


def test_a_forecast_is_read_by_its_station_and_origin(filled: sa.Engine) -> None:
    with collected() as said, filled.connect() as connection:
        newest = forecast_rows.read_newest(connection, STATIONS[:2], [SERVICE, "hindcast"])
        before = forecast_rows.read_newest(
            connection, STATIONS[:2], [SERVICE], at_or_before=FIRST.replace(tzinfo=None)
        )
        origins = forecast_rows.read_origins(connection, STATIONS[:2], SERVICE)
        there = forecast_rows.read_stations(connection)
        stored = forecast_rows.read_stored_at(connection, STATIONS[:2], SERVICE)
    assert newest is not None
    assert before is not None
    assert origins == (before.origin_hour, newest.origin_hour)
    assert len(there) == len(FILLERS) + 2
    assert len(stored) == 96
    assert whole_reads(filled, said) == []


def test_scoring_reads_and_replaces_by_station_and_day(filled: sa.Engine) -> None:
    with collected() as said:
        scored = score_forecasts(filled)
        with filled.connect() as connection:
            forecast_scores.read_scored_days(connection, STATIONS[0], SERVICE)
            forecast_scores.read_newest_day(connection, SERVICE, STATIONS[0])
            forecast_scores.read_newest_day(connection, SERVICE, None)
            forecast_scores.read_period(connection, STATIONS[0], SERVICE, DAY, DAY)
            forecast_scores.read_stations(connection, SERVICE, DAY, DAY)
            read_service_days(connection, DAY)
    assert {one.station_id for one in scored} == set(STATIONS[:2])
    assert any(one.startswith("DELETE FROM forecast_score") for one in said)
    # Which has no rows here; `test_mysql_plans` fills it and asks the same.
    found = [one for one in whole_reads(filled, said) if not one.startswith("station_place ")]
    assert found == []


def test_models_are_read_by_station_and_whole_only_by_a_training(filled: sa.Engine) -> None:
    with collected() as said, filled.begin() as connection:
        version = ModelVersion("v1", MOMENT, MOMENT, "ridge", "a run", 1, 0, 1, 1.0)
        station_models.record_version(connection, version)
        station_models.read_station_models(connection, WITH_MODEL[:3])
        (newest,) = station_models.read_rolled_back(connection, ROLLED_BACK, 10)
        assert station_models.count_rolled_back(connection, ROLLED_BACK) == 1
        assert newest.station_id == WITH_MODEL[7]
        station_models.forget_versions(connection, ["v0"])
    assert whole_reads(filled, said) == []
    with collected() as said, filled.connect() as connection:
        station_models.read_versions(connection)
        station_models.read_station_models(connection)
        station_models.promoted_versions(connection)
    # A row a version, of which few are kept, and a row a place, once a training.
    assert {one.split()[0] for one in whole_reads(filled, said)} <= {
        "forecast_model", "station_forecast_model",
    }  # fmt: skip


def test_a_stream_asks_for_its_stations_by_key(filled: sa.Engine) -> None:
    with collected() as said, filled.connect() as connection:
        newest = read_newest_of_places(connection, STATIONS[:2])
        positions_of(connection, STATIONS[:2])
    assert set(newest) == set(STATIONS[:2])
    found = [
        one for one in whole_reads(filled, said) if not one.startswith(("station_place ", "station "))
    ]
    assert found == []


def test_what_is_kept_no_longer_is_found_by_its_age(filled: sa.Engine, database: Database) -> None:
    forecasts = [(OLD, kind, MOMENT + timedelta(hours=hour)) for kind in Kind for hour in range(100)]
    head = {"dataset": "global-hourly", "model_version": "v1", "version": 1, "leads": "{}"}
    head |= {"issued_at": MOMENT, "updated_at": MOMENT}
    sums = {one.name: 0 for one in forecast_score.columns if isinstance(one.type, sa.BigInteger)}
    with filled.begin() as connection:
        connection.execute(
            sa.insert(forecast),
            [{**head, "station_id": one, "kind": kind, "origin_hour": hour}
             for one, kind, hour in forecasts],
        )  # fmt: skip
        connection.execute(
            sa.insert(forecast_score),
            [{**sums, "station_id": one, "kind": kind, "valid_day": hour.date(), "lead_h": hour.hour,
              "scored_at": MOMENT} for one, kind, hour in forecasts],
        )  # fmt: skip
    days = (KEPT - ROLLED_BACK).days
    names = ("forecasts_kept_days", "hindcasts_kept_days", "forecast_scores_kept_days")
    settings = database.settings.model_copy(update=dict.fromkeys(names, days))
    with collected() as said:
        for dry_run in (True, False):
            removed = clean_mysql(filled, settings, dry_run=dry_run)
            counts = {one.what: one.removed for one in removed if one.what.startswith("forecast")}
            assert set(counts.values()) == {100}, counts
    mine = {one for one in said if " FROM forecast" in one.replace("\n", " ")}
    # Of two tables and two kinds: how many, and which.
    assert len(mine) == 8
    assert whole_reads(filled, mine) == []
