"""Loading summaries: exact, whole or not at all, and without a trace when pressed again."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from isotherm.errors import StoreError
from isotherm.hourly_summary import MERGE, REASON_COUNTS
from isotherm.stores.load_summaries import LoadResult, load_summaries
from isotherm.stores.migrate import migrate
from servers.mariadb_fixture import Database
from servers.summary_data import (
    DATASET,
    PERIODS,
    Row,
    fetch,
    fold_global,
    fold_periods,
    frame,
    hour_row,
    random_rows,
    utc,
)

pytestmark = pytest.mark.servers
STATIONS = ("01001099999", "72530094846", "A0735500241")
FIRST, END = utc(2013, 12, 30), utc(2014, 1, 3)
TABLES = (
    "hourly_summary",
    "empty_hour",
    *PERIODS,
    "global_hourly_summary",
    *(f"global_{name}" for name in PERIODS),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    one = Database()
    try:
        one.start()
        migrate(one.engine())
        yield one
    finally:
        one.dispose()


@pytest.fixture
def engine(server: Database) -> sa.Engine:
    """No rows yet."""
    one = server.engine()
    with one.begin() as connection:
        for table in (*TABLES, "station", "layer_lock"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    return one


def load(engine: sa.Engine, rows: list[Row], **scope: object) -> LoadResult:
    given: dict[str, Any] = {"station_ids": STATIONS, "first_hour": FIRST, "end_hour": END, **scope}
    return load_summaries(engine, frame(rows), dataset=DATASET, **given)


def everything(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row with its time of change."""
    return {table: fetch(engine, table) for table in TABLES}


def assert_tables_are_the_fold_of(rows: list[Row], engine: sa.Engine) -> None:
    """Hours, empty hours, days, months, years and all the global tables, to the integer."""
    full = [row for row in rows if row["observation_count"]]
    hour_columns = ("station_id", "hour_start", "rule", *MERGE)
    hours = [tuple(_plain(row[name]) for name in hour_columns) for row in full]
    assert fetch(engine, "hourly_summary", ", ".join(hour_columns)) == sorted(hours, key=repr)
    empty_columns = ("station_id", "hour_start", "rule", *REASON_COUNTS)
    empty = [
        tuple(_plain(row[name]) for name in empty_columns)
        for row in rows
        if not row["observation_count"]
    ]
    assert fetch(engine, "empty_hour", ", ".join(empty_columns)) == sorted(empty, key=repr)
    hour_fold = fold_periods(full, lambda hour: hour.replace(tzinfo=None))
    assert_global(engine, "global_hourly_summary", "hour_start", hour_fold)
    for table, (period, period_of) in PERIODS.items():
        folded = fold_periods(rows, period_of)
        columns = f"station_id, {period}, rule, hour_count, {', '.join(MERGE)}"
        assert fetch(engine, table, columns) == folded, table
        assert_global(engine, f"global_{table}", period, folded)


def assert_global(engine: sa.Engine, table: str, period: str, folded: list[tuple[Any, ...]]) -> None:
    columns = f"{period}, rule, station_count, observation_count, min_tenths, max_tenths, mean_sum_e4"
    assert fetch(engine, table, columns) == fold_global(folded), table


def _plain(value: object) -> object:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def test_every_roll_up_and_global_row_equals_a_plain_fold_of_the_hours(engine: sa.Engine) -> None:
    rows = random_rows(1, STATIONS, FIRST, 96)
    result = load(engine, rows)
    assert result == LoadResult(inserted=len(rows))
    assert_tables_are_the_fold_of(rows, engine)


def test_pressing_the_same_load_again_changes_no_row_and_no_timestamp(engine: sa.Engine) -> None:
    rows = random_rows(2, STATIONS, FIRST, 96)
    load(engine, rows)
    before = everything(engine)
    assert load(engine, rows) == LoadResult(unchanged=len(rows))
    assert everything(engine) == before


def test_rows_that_changed_came_or_went_are_the_only_ones_written(engine: sa.Engine) -> None:
    rows = random_rows(3, STATIONS, FIRST, 96)
    load(engine, rows)
    kept, gone = rows[20:], rows[:20]
    changed = [
        hour_row(one["station_id"], one["hour_start"], [7], rule=one["rule"]) for one in kept[:5]
    ]
    new = random_rows(33, ["01001099999"], FIRST, 96)
    known = {(one["station_id"], one["hour_start"], one["rule"]) for one in rows}
    new = [one for one in new if (one["station_id"], one["hour_start"], one["rule"]) not in known]
    result = load(engine, [*changed, *kept[5:], *new])
    assert result.deleted + result.updated + result.inserted >= len(gone) + len(new)
    assert result.unchanged == len(kept) - 5
    assert_tables_are_the_fold_of([*changed, *kept[5:], *new], engine)


def test_an_unchanged_hour_keeps_its_time_of_change_when_its_neighbour_changes(
    engine: sa.Engine,
) -> None:
    first, second = hour_row(STATIONS[0], FIRST, [1]), hour_row(STATIONS[1], FIRST, [2])
    load(engine, [first, second])
    before = dict(fetch(engine, "hourly_summary", "station_id, updated_at"))
    load(engine, [first, {**second, "sum_tenths": 3}])
    after = dict(fetch(engine, "hourly_summary", "station_id, updated_at"))
    assert after[STATIONS[0]] == before[STATIONS[0]]
    assert after[STATIONS[1]] > before[STATIONS[1]]


def test_an_hour_that_turns_empty_moves_and_its_reasons_stay_in_the_day(engine: sa.Engine) -> None:
    full = [
        hour_row(STATIONS[0], FIRST, [10, 20]),
        hour_row(STATIONS[0], FIRST + timedelta(hours=1), [30]),
    ]
    load(engine, full)
    emptied = [hour_row(STATIONS[0], FIRST, [], bad_quality_count=2), full[1]]
    assert load(engine, emptied) == LoadResult(inserted=1, deleted=1, unchanged=1)
    assert_tables_are_the_fold_of(emptied, engine)
    assert fetch(engine, "daily_summary", "hour_count, bad_quality_count") == [(1, 2)]


def test_a_station_whose_every_hour_is_empty_has_no_day_and_no_global_row(engine: sa.Engine) -> None:
    load(engine, [hour_row(STATIONS[0], FIRST, [], missing_count=1)])
    assert all(not fetch(engine, table) for table in TABLES if table != "empty_hour")


def test_a_day_whose_rows_all_went_leaves_nothing_behind(engine: sa.Engine) -> None:
    rows = random_rows(4, STATIONS, FIRST, 96)
    load(engine, rows)
    load(engine, [])
    assert all(not fetch(engine, table) for table in TABLES)


def test_a_load_of_one_day_leaves_other_days_and_stations_alone(engine: sa.Engine) -> None:
    rows = random_rows(5, STATIONS, FIRST, 96)
    load(engine, rows)
    day_end = FIRST + timedelta(days=1)
    others = [one for one in rows if one["station_id"] != STATIONS[1] or one["hour_start"] >= day_end]
    load(engine, [], station_ids=[STATIONS[1]], end_hour=day_end)
    assert_tables_are_the_fold_of(others, engine)


def test_days_loaded_one_by_one_in_any_order_equal_one_load_of_all(engine: sa.Engine) -> None:
    rows = random_rows(6, STATIONS, FIRST, 96)
    for day in (2, 0, 3, 1):
        first = FIRST + timedelta(days=day)
        end = first + timedelta(days=1)
        part = [one for one in rows if first <= one["hour_start"] < end]
        load(engine, part, first_hour=first, end_hour=end)
    assert_tables_are_the_fold_of(rows, engine)


def test_loads_of_different_stations_at_once_count_every_station(engine: sa.Engine) -> None:
    rows = random_rows(7, STATIONS, FIRST, 96)

    def load_station(station_id: str) -> None:
        own = [one for one in rows if one["station_id"] == station_id]
        load(engine, own, station_ids=[station_id])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(load_station, STATIONS))
    assert_tables_are_the_fold_of(rows, engine)


def test_the_station_table_learns_of_every_station_and_counts_its_hours(engine: sa.Engine) -> None:
    rows = [hour_row(STATIONS[0], FIRST + timedelta(hours=n), [n]) for n in range(5)]
    load(engine, rows)
    assert fetch(engine, "station", "station_id, hour_count") == [(STATIONS[0], 5)]


def test_hours_of_1901_and_temperatures_below_zero_are_loaded_exactly(engine: sa.Engine) -> None:
    first = utc(1901, 1, 1)
    rows = [hour_row("02907099999", first + timedelta(hours=6), [-301, -299, -300])]
    load(engine, rows, station_ids=["02907099999"], first_hour=first, end_hour=utc(1902, 1, 1))
    assert_tables_are_the_fold_of(rows, engine)
    assert fetch(engine, "global_yearly_summary", "year, mean_sum_e4") == [(1901, -300_000)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([hour_row("99999999999", FIRST, [1])], "lie outside the stations"),
        ([hour_row(STATIONS[0], END, [1])], "lie outside the stations"),
        ([hour_row(STATIONS[0], FIRST, [1], rule="mine")], "lie outside the stations"),
        ([hour_row(STATIONS[0], FIRST, [1])] * 2, "repeat a station, hour and rule"),
    ],
)
def test_rows_that_do_not_belong_are_refused_and_nothing_is_written(
    engine: sa.Engine, rows: list[Row], message: str
) -> None:
    with pytest.raises(StoreError, match=message):
        load(engine, rows)
    assert fetch(engine, "hourly_summary") == []


@pytest.mark.parametrize("station_id", ["x'); DROP TA", "a\\", "über", ""])
def test_an_id_that_is_none_never_reaches_the_database(engine: sa.Engine, station_id: str) -> None:
    with pytest.raises(StoreError, match="station id"):
        load(engine, [hour_row(station_id, FIRST, [1])], station_ids=[station_id])
    assert fetch(engine, "hourly_summary") == []


def test_another_data_set_in_the_rows_is_refused(engine: sa.Engine) -> None:
    rows = frame([hour_row(STATIONS[0], FIRST, [1])]).with_columns(dataset=pl.lit("ghcnh"))
    with pytest.raises(StoreError, match="another dataset"):
        load_summaries(
            engine, rows, dataset=DATASET, station_ids=STATIONS, first_hour=FIRST, end_hour=END
        )


def test_a_database_killed_in_the_middle_is_waited_for_and_the_load_is_whole(
    server: Database, engine: sa.Engine
) -> None:
    rows = random_rows(8, STATIONS, FIRST, 96)
    load(engine, rows[:50])
    back: list[threading.Thread] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def strike_once(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:  # noqa: ANN401
        """After the hours are written, before what derives from them is."""
        if "INTO monthly_summary" in statement and not back:
            server.kill()
            back.append(threading.Thread(target=server.start))
            back[0].start()

    result = load(engine, rows)
    back[0].join()
    assert result == LoadResult(inserted=len(rows) - 50, unchanged=50)
    assert_tables_are_the_fold_of(rows, engine)
