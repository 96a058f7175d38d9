"""No request reads a whole table: the server's own plan of each statement, on filled tables.

A box, a circle or a search by country may read `station`, which holds what it lists and no more.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from pymysql.cursors import Cursor

from isotherm.api.app import create_app
from isotherm.api.live import LiveFollower
from isotherm.datasets.facts import SERVED
from isotherm.forecast.score_sums import SUM_NAMES
from isotherm.forecast_message import LEADS_H
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import RULE_NAMES
from isotherm.stores.group_summary import ALL, COUNTRY, ELEVATION
from isotherm.stores.migrate import migrate
from isotherm.stores.station_index import index_missing_stations
from isotherm.stores.tables import LEDGER_COUNTS, metadata
from servers.api_fixture import JAN_MAYEN, OHARE, fill, hour_row, write_batch_hours
from servers.forecast_data import forecast_of, leads_of, store
from servers.mariadb_fixture import Database
from servers.summary_data import DATASET, utc

pytestmark = pytest.mark.servers

LONG_AGO = datetime(2020, 1, 1)  # noqa: DTZ001 - UTC without a zone, as MySQL holds it
# A statement may follow an index for as many rows as a page of it takes.
PAGE = 1_000
IN_FEBRUARY = 31 * 24
REQUESTS = [
    "/pipeline",
    "/countries",
    "/stations",
    "/stations?query=kord",
    "/stations?query=o'hare chicago",
    "/stations?query=plan00",
    "/stations/kord",
    f"/stations/{JAN_MAYEN}",
    "/stations?country=US",
    "/stations?near=41,-87&radius_km=50",
    "/stations?box=-10,35,30,60",
    "/stations?elevation=1000,2000&country=US",
    "/stations?count=20",
    "/stations?ids=kord,01001099999",
    f"/stations/{JAN_MAYEN}/hourly?from=2014-02-03&to=2014-02-04",
    f"/stations/{JAN_MAYEN}/hourly?layer=batch&rule=qc",
    f"/stations/hourly?ids={JAN_MAYEN},kord&from=2014-02-03&to=2014-02-04",
    f"/stations/yearly?ids={JAN_MAYEN},kord",
    f"/stations/{JAN_MAYEN}/trace?hour=2014-02-03",
    "/stations/USW00094846/daily",
    f"/stations/{JAN_MAYEN}/monthly?layer=batch",
    f"/stations/{JAN_MAYEN}/yearly",
    f"/stations/{JAN_MAYEN}/seasonal",
    f"/stations/{JAN_MAYEN}/whole-period",
    f"/stations/{JAN_MAYEN}/threshold-days?from=2014-01&to=2014-03",
    f"/stations/{JAN_MAYEN}/streaks?period=season&at_least=-2&below=3",
    f"/stations/{JAN_MAYEN}/degree-days?period=month",
    f"/stations/{JAN_MAYEN}/records",
    f"/stations/{JAN_MAYEN}/percentiles",
    f"/stations/{JAN_MAYEN}/normals",
    f"/stations/{JAN_MAYEN}/normals?by=day",
    f"/stations/{JAN_MAYEN}/normals?by=hour",
    f"/stations/{JAN_MAYEN}/anomalies?period=season&from=2014",
    "/elevation/yearly",
    "/elevation/yearly?band_m=1000&from=1960&to=1970",
    "/dew-point/monthly",
    "/countries/AA/monthly?from=1960-03&to=1961-03",
    "/countries/AA/yearly",
    "/map/yearly?year=2014",
    "/map/yearly?year=2014&cursor=PLAN0000030",
    "/map/stations?format=columns",
    "/map/hourly?at=2014-02-03T04:00:00Z&format=columns",
    "/map/daily?day=2014-02-03",
    "/map/monthly?month=2014-02&format=csv",
    "/places",
    "/places?kind=unmatched",
    "/global/seasonal",
    "/global/hourly?from=2014-02-03&to=2014-02-04",
    "/global/daily",
    "/global/monthly",
    "/global/yearly?layer=speed",
    f"/stations/{OHARE}/forecast",
    f"/stations/{OHARE}/forecast?origin=2014-01-02&hours=96&kind=hindcast",
    f"/stations/{OHARE}/forecast/scores",
    f"/stations/{OHARE}/forecast/scores?from=2014&to=2015",
    "/forecast/scores",
    "/forecast/scores?from=2014-01&kind=service",
    "/holes",
    "/freshness/sources",
    "/freshness/stations?from=2014-01&limit=1",
    "/bulk/hourly?year=2014",
    "/completeness?from=2014-02-01&to=2014-03-01&limit=100",
    f"/completeness?ids={JAN_MAYEN},kord&from=2014-02-01&to=2014-03-01",
    f"/backfill/cost?ids={JAN_MAYEN},PLAN0000007&from=1991-01-01&to=2015-01-01",
    "/dead-letters",
    "/dead-letters?reason=future&from=2014-02-03",
    "/dead-letters?state=new&to=2014-02-04",
    "/dead-letters?cursor=2014-02-03T00:00:00,77",
    "/dead-letters/77",
    f"/holes?station={JAN_MAYEN}&kind=missing",
]


@pytest.fixture(scope="module")
def filled() -> Iterator[Database]:
    """A database with more in every table than a page holds."""
    database = Database()
    try:
        database.start()
        engine = database.engine()
        migrate(engine)
        fill(database, engine)
        _fill_more(database, engine)
        yield database
    finally:
        database.dispose()


def _fill_more(database: Database, engine: sa.Engine) -> None:
    ids = [f"PLAN{number:07}" for number in range(2_000)]
    more: dict[str, list[dict[str, Any]]] = {
        "station": [
            {"station_id": one, "country": "AB"[number % 2] * 2, "latitude_deg": number % 180 - 90}
            for number, one in enumerate(ids)
        ],
        "source_file": [
            {
                "dataset": DATASET, "year": year, "station_id": one, "sha256": "a" * 64,
                "size_bytes": 1,
                "published_at": LONG_AGO, "downloaded_at": LONG_AGO, "hdfs_path": "x",
                "loaded_sha256": "a" * 64, "is_settled": 1,
            }
            for one in ids[:200]
            for year in range(1990, 2010)
        ],
        "rejected_observation": [
            {"dataset": DATASET, "reason": "malformed", "rejected_at": LONG_AGO} for _ in range(5_000)
        ],
        "dead_letter": [
            {
                "about": f"letter {number}", "reason": "future", "detail": "", "topic": "raw",
                "payload": b"", "payload_bytes": 0, "refused_at": LONG_AGO, "state": "new",
                "state_at": LONG_AGO,
            }
            for number in range(5_000)
        ],
        "ledger": [
            {
                "run_label": f"{layer} {number}", "rule": "routine", "layer": layer,
                "checked_at": LONG_AGO, "feed_ids": f"feed {number % 40}" if layer == "speed" else None,
                **dict.fromkeys(LEDGER_COUNTS, 1),
            }
            for layer in ("batch", "speed")
            for number in range(3_000)
        ],
    }  # fmt: skip
    with engine.begin() as connection:
        for table, rows in more.items():
            connection.execute(sa.insert(metadata.tables[table]), rows)
        assert index_missing_stations(connection) == len(ids)
        months = [date(1951 + number // 12, number % 12 + 1, 1) for number in range(120)]
        connection.execute(
            sa.insert(metadata.tables["reported_days"]),
            [
                {"station_id": one, "month": month, "seen": 2**28 - 1, "thin": 0}
                for one in ids[:200]
                for month in months
            ],
        )
    _fill_groups_and_climate(engine, ids[:200])
    _fill_forecasts(engine, [*ids[:40], OHARE])
    hours = [hour_row(JAN_MAYEN, IN_FEBRUARY + n, [n % 300], rule=rule)
             for n in range(2_000) for rule in ("routine", "qc")]  # fmt: skip
    hours += [hour_row(one, IN_FEBRUARY + n, [n]) for one in ids[:60] for n in range(240)]
    write_batch_hours(database, hours)
    with engine.begin() as connection:
        for name in metadata.tables:
            connection.execute(sa.text(f"ANALYZE TABLE {name}")).all()


def _fill_groups_and_climate(engine: sa.Engine, ids: list[str]) -> None:
    """Groups by year and month, months of other places, and what a look-up of ids came to."""
    layer = {"dataset": SERVED, "layer": LAYER_BATCH, "updated_at": LONG_AGO}
    counts = ("station_count", "day_count", "good_day_count", "observation_count", "mean_sum_e4")
    group = {**layer, **dict.fromkeys((*counts, "dew_station_count", "dew_mean_sum_e4"), 1)}
    groups = [
        {"kind": kind, "code": code, "rule": rule, **group}
        for kind, codes in (
            (COUNTRY, ("AA", "BB", "NO", "US")),
            (ELEVATION, ("0", "1500", "-100")),
            (ALL, ("",)),
        )
        for code in codes
        for rule in RULE_NAMES
    ]
    packed = {"days": "1:1:0:0:0:0:0:0", "day_course": "0:1:0:0:0", "temperature_histogram": "0:1"}
    months = [date(1951 + number // 12, number % 12 + 1, 1) for number in range(360)]
    more: dict[str, list[dict[str, Any]]] = {
        "group_yearly_summary": [{**one, "year": 1800 + n} for one in groups for n in range(200)],
        "group_monthly_summary": [{**one, "month": month} for one in groups for month in months],
        "climate_month": [
            {"station_id": one, "rule": "routine", "month": month, **layer, **packed}
            for one in ids
            for month in months[:60]
        ],
        "cross_walk_entry": [
            {"station_id": one, "kind": "unmatched", "other_id": "", "via": None} for one in ids
        ],
    }
    with engine.begin() as connection:
        for table, rows in more.items():
            connection.execute(sa.insert(metadata.tables[table]), rows)


def _fill_forecasts(engine: sa.Engine, ids: list[str]) -> None:
    """A week of hourly forecasts of stations, and of their scores by day and lead two months."""
    leads = leads_of([0] * len(LEADS_H))
    store(engine, [forecast_of(one, utc(2014, 1, 1, n % 24), leads) for one in ids for n in range(24)])
    days = [date(2014, 1, 1) + timedelta(days=n) for n in range(60)]
    sums = {**dict.fromkeys(SUM_NAMES, 1), "kind": "service", "scored_at": LONG_AGO}
    with engine.begin() as connection:
        for one in ids:
            rows = [{**sums, "station_id": one, "valid_day": day, "lead_h": lead}
                    for day in days for lead in range(25)]  # fmt: skip
            connection.execute(sa.insert(metadata.tables["forecast_score"]), rows)


def _whole_reads(connection: sa.Connection, statement: str) -> list[dict[str, Any]]:
    """The tables a statement reads from end to end.

    Left out are `station`, `work_pace` (a row per step and dataset) and what it made itself.
    """
    as_it_is = {"no_parameters": True}
    explained = connection.exec_driver_sql(f"EXPLAIN {statement}", execution_options=as_it_is)
    plan = explained.mappings().all()
    tables = [dict(step) for step in plan if step["table"] in metadata.tables]
    return [
        step
        for step in tables
        if (step["type"] == "ALL" or (step["type"] == "index" and int(step["rows"]) > PAGE))
        and step["table"] not in ("station", "work_pace")
    ]


def test_every_statement_of_a_request_and_of_a_live_client_goes_by_an_index(filled: Database) -> None:
    app = create_app(filled.settings)
    engine: sa.Engine = app.state.engine
    said: list[str] = []

    def note(
        _one: object, cursor: Cursor, statement: str, parameters: dict[str, Any], *_more: object
    ) -> None:
        said.append(cursor.mogrify(statement, parameters or None))

    for one in (engine, app.state.reader):
        sa.event.listen(one, "before_cursor_execute", note)
    client = TestClient(app)
    for request in REQUESTS:
        assert client.get(f"/api/v1{request}").is_success, request
    for station_id in (None, OHARE):
        follower = LiveFollower(engine, "routine", station_id)
        follower.start(utc(2014, 1, 1).replace(tzinfo=None))
        assert follower.read_changes()
        assert follower.read_changes() == []
    sa.event.remove(engine, "before_cursor_execute", note)
    read = {name for name in metadata.tables for one in said if f"FROM {name}" in one}
    assert {"ledger", "rejection_count", "rejected_observation", "source_file", "station"} <= read
    assert {"reported_days", "forecast", "forecast_score"} <= read
    assert {"climate_month", "group_monthly_summary", "group_yearly_summary"} <= read
    assert {"cross_walk_entry", "yearly_summary"} <= read
    assert {"hourly_summary", "daily_summary", "global_hourly_summary"} <= read
    with engine.connect() as connection:
        assert {one: found for one in said if (found := _whole_reads(connection, one))} == {}
        # What `/pipeline` once asked is still seen for what it is.
        assert _whole_reads(connection, "SELECT COUNT(*) FROM rejected_observation GROUP BY reason")


def test_many_checks_of_the_stream_hide_no_check_of_the_batch_layer(filled: Database) -> None:
    app = create_app(filled.settings)
    said: list[str] = []

    @sa.event.listens_for(app.state.engine, "before_cursor_execute")
    def note(
        _one: object, cursor: Cursor, statement: str, parameters: dict[str, Any], *_more: object
    ) -> None:
        if "FROM ledger" in statement:
            said.append(cursor.mogrify(statement, parameters or None))

    lines = TestClient(app).get("/api/v1/pipeline").json()["ledger"]
    sa.event.remove(app.state.engine, "before_cursor_execute", note)
    labels = [one["run_label"] for one in lines]
    assert labels == [f"speed {number}" for number in range(2_999, 2_990, -1)] + ["batch 2999"]
    assert len(said) == 6
    with app.state.engine.connect() as connection:
        for statement in said:
            [step] = connection.exec_driver_sql(
                f"EXPLAIN {statement}", execution_options={"no_parameters": True}
            ).mappings()
            assert step["key"] == "ix_ledger_newest", step
            assert "filesort" not in step["Extra"], step
