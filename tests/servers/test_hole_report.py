"""Holes on a real database: what the load keeps of each month, the route, the command, the log."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from rich.console import Console
from structlog.testing import capture_logs

from isotherm.api.app import create_app
from isotherm.datasets.registry import dataset_named
from isotherm.holes import HoleKind, published_through
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.ingest.hole_report import write_holes
from isotherm.local import hole_screen
from isotherm.stores.global_summary import lock_layer
from isotherm.stores.load_summaries import replace_days
from isotherm.stores.migrate import migrate
from isotherm.stores.reported_days import read_reported_days
from servers.mariadb_fixture import Database
from servers.summary_data import DATASET, frame, hour_row

pytestmark = pytest.mark.servers
WHOLE, GAPPY, LATE = "01001099999", "72530094846", "91680099999"
FIRST, LAST = date(2014, 2, 1), date(2014, 4, 30)
GONE = {date(2014, 3, 30), date(2014, 3, 31), date(2014, 4, 1)}
THIN = {date(2014, 2, 14)}


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def load(
    engine: sa.Engine,
    station: str,
    days: list[date],
    *,
    thin: set[date] = frozenset(),  # type: ignore[assignment]
) -> None:
    """Every third hour of these days, of thin ones a single hour; others of the period lose theirs."""
    rows = [
        hour_row(station, datetime(day.year, day.month, day.day, hour, tzinfo=UTC), [hour])
        for day in days
        for hour in range(0, 3 if day in thin else 24, 3)
    ]
    touched = days_between(min(days), max(days)) if days else []
    station_days = pl.DataFrame({"station_id": station, "day": touched})
    with engine.begin() as connection:
        lock_layer(connection, DATASET, LAYER_BATCH)
        quality = dataset_named(DATASET).quality
        replace_days(connection, frame(rows), station_days, dataset=DATASET, quality=quality)


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    one = Database()
    try:
        one.start()
        engine = one.engine()
        migrate(engine)
        whole = days_between(FIRST, LAST)
        load(engine, WHOLE, whole)
        load(engine, GAPPY, [day for day in whole if day not in GONE], thin=THIN)
        through = published_through(datetime.now(UTC).date())
        load(engine, LATE, days_between(through - timedelta(days=50), through - timedelta(days=4)))
        yield one
    finally:
        one.dispose()


@pytest.fixture
def client(database: Database) -> TestClient:
    return TestClient(create_app(database.settings))


def test_the_load_keeps_which_days_there_are_and_a_later_one_changes_them(database: Database) -> None:
    engine, station = database.engine(), "A0735500241"
    load(engine, station, days_between(date(2014, 1, 30), date(2014, 3, 2)))
    with engine.connect() as connection:
        months = read_reported_days(connection, [station])[station]
    assert [(one.month.month, f"{one.seen:b}") for one in months] == [
        (1, "11" + 29 * "0"),
        (2, 28 * "1"),
        (3, "11"),
    ]
    gone = pl.DataFrame({"station_id": station, "day": [date(2014, 1, 30), date(2014, 1, 31)]})
    with engine.begin() as connection:
        lock_layer(connection, DATASET, LAYER_BATCH)
        quality = dataset_named(DATASET).quality
        replace_days(connection, frame([]), gone, dataset=DATASET, quality=quality)
        months = read_reported_days(connection, [station])[station]
    assert [one.month.month for one in months] == [2, 3], "a month without a day is no row"
    with engine.begin() as connection:
        connection.execute(
            sa.text("DELETE FROM reported_days WHERE station_id = :one"), {"one": station}
        )


def test_a_day_without_a_part_that_the_other_days_have_is_thin(database: Database) -> None:
    engine, station = database.engine(), "A0735500242"
    days = days_between(date(2014, 1, 1), date(2014, 1, 20))
    rows = [
        hour_row(station, datetime(2014, 1, day.day, hour, tzinfo=UTC), [hour])
        for day in days
        # No evening on the 9th: eighteen hours of twenty-four.
        for hour in range(18 if day.day == 9 else 24)
    ]
    with engine.begin() as connection:
        lock_layer(connection, DATASET, LAYER_BATCH)
        quality = dataset_named(DATASET).quality
        station_days = pl.DataFrame({"station_id": station, "day": days})
        replace_days(connection, frame(rows), station_days, dataset=DATASET, quality=quality)
        (month,) = read_reported_days(connection, [station])[station]
        connection.execute(
            sa.text("DELETE FROM reported_days WHERE station_id = :one"), {"one": station}
        )
    assert month.thin == 1 << 8


def test_the_route_lists_each_hole_with_the_command_that_fetches_it(client: TestClient) -> None:
    answer = client.get("/api/v1/holes", params={"station": GAPPY}).json()
    assert [
        (one["kind"], one["first_day"], one["last_day"], one["day_count"]) for one in answer["data"]
    ] == [
        ("thin", "2014-02-14", "2014-02-14", 1),
        ("missing", "2014-03-30", "2014-04-01", 3),
    ]
    assert answer["data"][1]["command"] == (
        "./isotherm airflow backfill create --dag-id ingest_observations --from-date 2014-03-30 "
        "--to-date 2014-04-01 --reprocess-behavior completed "
        f"""--dag-run-conf '{{"station_ids": ["{GAPPY}"]}}'"""
    )
    assert client.get("/api/v1/holes", params={"station": WHOLE}).json()["data"] == []
    (late,) = client.get("/api/v1/holes", params={"station": LATE}).json()["data"]
    assert (late["kind"], late["day_count"], late["last_day"]) == (
        "late", 4, answer["meta"]["published_through"]
    )  # fmt: skip


def test_kind_and_range_choose_and_bad_ones_are_refused(client: TestClient) -> None:
    def days(**params: str) -> list[str]:
        rows = client.get("/api/v1/holes", params={"station": GAPPY, **params}).json()["data"]
        return [f"{one['first_day']} {one['last_day']}" for one in rows]

    assert days(kind="thin") == ["2014-02-14 2014-02-14"]
    assert days(**{"from": "2014-03-31", "to": "2014-04-01"}) == ["2014-03-31 2014-03-31"]
    assert days(**{"from": "2014-03-31T06:00:00Z"}) == ["2014-04-01 2014-04-01"], "a day begun is out"
    assert client.get("/api/v1/holes", params={"kind": "deep"}).status_code == 422
    assert client.get("/api/v1/holes", params={"station": "nowhere"}).status_code == 404


def test_pages_follow_each_other_also_within_a_station_and_a_csv_is_whole(client: TestClient) -> None:
    whole = client.get("/api/v1/holes").json()
    assert len(whole["data"]) == 3
    assert whole["next"] is None
    paged, cursor = [], None
    while True:
        page = client.get(
            "/api/v1/holes", params={"limit": 1, **({"cursor": cursor} if cursor else {})}
        )
        paged += page.json()["data"]
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert paged == whole["data"]
    lines = client.get("/api/v1/holes?format=csv").text.splitlines()
    table = [line for line in lines if not line.startswith("#")]
    assert table[0] == "station_id,kind,first_day,last_day,day_count,command"
    assert len(table) == 1 + 3


def test_the_command_shows_the_same_and_one_command_for_days_close_together(database: Database) -> None:
    found = hole_screen.read_holes(
        database.settings, station=None, first_day=FIRST, last_day=LAST, kind=None, limit=10
    )
    assert [(station, hole.kind) for station, hole in found] == [
        (GAPPY, HoleKind.THIN), (GAPPY, HoleKind.MISSING)
    ]  # fmt: skip
    console = Console(record=True, width=200)
    hole_screen.print_holes(console, found, 10)
    text = console.export_text()
    assert text.count("backfill create") == 2
    assert "2014-03-30" in text
    assert json.loads(hole_screen.as_json(found, 10))[1]["day_count"] == 3
    some = hole_screen.read_holes(
        database.settings,
        station=GAPPY,
        first_day=FIRST,
        last_day=LAST,
        kind=HoleKind.MISSING,
        limit=10,
    )
    assert len(some) == 1


def test_a_load_ends_with_a_table_of_the_holes_in_its_years(database: Database) -> None:
    with capture_logs() as shown:
        write_holes(database.engine(), {(GAPPY, 2014), (WHOLE, 2014)})
    lines = [str(one["event"]) for one in shown]
    assert lines[0] == "Holes in the years that were loaded, in days: 3 missing, 1 thin, at 1 stations"
    assert lines[3].split() == [GAPPY, "missing", "2014-03-30", "2014-04-01", "3"]
    assert any(line.startswith("  ./isotherm airflow backfill create") for line in lines)
    with capture_logs() as shown:
        write_holes(database.engine(), {(WHOLE, 2014)})
    assert shown == []
