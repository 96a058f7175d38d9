"""Forecasts in MySQL held against the hours that came: once, again where either changed, honestly."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from isotherm.forecast.score_sums import ALL_NEAR_LEADS, PeriodScore
from isotherm.forecast_message import LEADS_H
from isotherm.stores.forecast_scores import (
    read_newest_day,
    read_period,
    read_scored_days,
    read_stations,
)
from isotherm.stores.forecast_scoring import Scored, score_forecasts
from isotherm.stores.tables import forecast, forecast_score
from servers.api_fixture import hour_row, write_batch_hours
from servers.forecast_data import forecast_of, leads_of, store
from servers.mariadb_fixture import Database
from servers.summary_data import utc

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

NEW_YEARS_EVE = utc(2013, 12, 31, 23)
DAY = date(2014, 1, 1)


@pytest.fixture(autouse=True)
def _emptied(database: Database) -> None:
    """Scoring is of all stations: those of the test before are none of this one's."""
    with database.engine().begin() as connection:
        connection.execute(forecast.delete())
        connection.execute(forecast_score.delete())


def write_day(database: Database, station: str, tenths: int, *, hours: int = 24) -> None:
    """New Year's Day, the same temperature every hour."""
    write_batch_hours(database, [hour_row(station, hour, [tenths]) for hour in range(hours)])


def of(scored: list[Scored], station: str) -> list[Scored]:
    return [one for one in scored if one.station_id == station]


def score_of(engine: sa.Engine, station: str, kind: str, lead_h: int) -> PeriodScore:
    with engine.connect() as connection:
        return PeriodScore.of(read_period(connection, station, kind, DAY, DAY)[lead_h].sums)


def issue(
    engine: sa.Engine, station: str, tenths: int, *, after: bool = False, **changes: object
) -> None:
    """A forecast of one temperature from New Year's Eve; issued before the hours come, or after."""
    moment = datetime.now(NEW_YEARS_EVE.tzinfo) + timedelta(days=1 if after else -1)
    leads = leads_of([tenths] * len(LEADS_H))
    issued = {"issued_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), **changes}
    store(engine, [forecast_of(station, NEW_YEARS_EVE, leads, **issued)])


def test_a_day_is_scored_when_its_hours_have_come_and_once(database: Database) -> None:
    station, engine = "FS000000001", database.engine()
    issue(engine, station, 35)
    assert of(score_forecasts(engine), station) == []
    write_day(database, station, 30)
    assert of(score_forecasts(engine), station) == [Scored(station, "service", (DAY,), 24)]
    first = score_of(engine, station, "service", 24)
    assert (first.forecast.pair_count, first.forecast.mae_c, first.forecast.bias_c) == (1, 0.5, 0.5)
    assert first.coverage_pct == 100
    # Yesterday is 2.5 degrees wrong, the damped anomaly 1.0; of the climatology nothing is known.
    assert first.against["yesterday"].skill_pct == pytest.approx(80)
    assert first.against["damped14"].skill_pct == pytest.approx(50)
    assert first.against["climatology"].baseline.pair_count == 0
    together = score_of(engine, station, "service", ALL_NEAR_LEADS)
    assert together.forecast.pair_count == 24
    with engine.connect() as connection:
        before = connection.execute(sa.select(forecast_score)).all()
    score_forecasts(engine)
    with engine.connect() as connection:
        after = connection.execute(sa.select(forecast_score)).all()
        assert [row[:-1] for row in after] == [row[:-1] for row in before]
        assert len(after) == 25
        assert read_newest_day(connection, "service", station) == DAY
        assert read_newest_day(connection, "service", None) == DAY
        assert read_newest_day(connection, "hindcast", station) is None


def test_a_revised_hour_scores_again(database: Database) -> None:
    station, engine = "FS000000002", database.engine()
    issue(engine, station, 0)
    write_day(database, station, 0)
    score_forecasts(engine)
    assert score_of(engine, station, "service", 1).forecast.mae_c == 0
    write_day(database, station, -20, hours=20)
    score_forecasts(engine)
    assert score_of(engine, station, "service", 1).forecast.bias_c == 2
    with engine.connect() as connection:
        (skill,) = read_stations(connection, "service", DAY, DAY)
        assert (skill.station_id, skill.day_count) == (station, 1)
    # The four hours that are gone are in it no more.
    assert score_of(engine, station, "service", ALL_NEAR_LEADS).forecast.pair_count == 20


def test_a_day_that_nothing_changed_is_not_scored_again(database: Database) -> None:
    station, engine = "FS000000003", database.engine()
    issue(engine, station, 1)
    write_day(database, station, 1)
    score_forecasts(engine)
    with engine.begin() as connection:
        later = datetime(2100, 1, 1)  # noqa: DTZ001 - as MySQL holds it
        connection.execute(sa.update(forecast_score).values(scored_at=later))
    assert of(score_forecasts(engine), station) == []


def test_a_forecast_issued_when_the_truth_was_there_is_no_service(database: Database) -> None:
    station, engine = "FS000000004", database.engine()
    write_day(database, station, 10)
    issue(engine, station, 10, after=True)
    score_forecasts(engine)
    with engine.connect() as connection:
        assert read_period(connection, station, "service", DAY, DAY) == {}
        assert read_scored_days(connection, station, "service") == {}
    issue(engine, station, 10, after=True, kind="hindcast")
    score_forecasts(engine)
    assert score_of(engine, station, "hindcast", ALL_NEAR_LEADS).forecast.pair_count == 24


def test_days_of_forecasts_that_were_removed_keep_their_score(database: Database) -> None:
    station, engine = "FS000000005", database.engine()
    issue(engine, station, 10)
    write_day(database, station, 10)
    score_forecasts(engine)
    with engine.begin() as connection:
        connection.execute(forecast.delete())
    newer = leads_of([5] * len(LEADS_H))
    store(engine, [forecast_of(station, utc(2014, 1, 1, 12), newer, issued_at="2014-01-01T13:00:00Z")])
    write_day(database, station, 20)
    score_forecasts(engine)
    assert score_of(engine, station, "service", 1).forecast.bias_c == 0
