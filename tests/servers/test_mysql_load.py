"""Loading summaries: exact, whole or not at all, and without a trace when pressed again."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from isotherm.datasets.facts import SERVED
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import StoreError
from isotherm.hourly_summary import LAYER_BATCH, REASON_COUNTS
from isotherm.statistics.catalogue import STATISTIC_NAMES
from isotherm.stores.global_summary import lock_layer
from isotherm.stores.load_summaries import LoadResult, replace_days
from servers.mariadb_fixture import Database, migrated_database
from servers.summary_data import (
    DATASET,
    PERIOD_COLUMNS,
    PERIODS,
    Row,
    fetch,
    fold_climate,
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
    "climate_month",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with migrated_database() as one:
        yield one


@pytest.fixture
def engine(server: Database) -> sa.Engine:
    """No rows yet."""
    one = server.engine()
    with one.begin() as connection:
        for table in (*TABLES, "station", "layer_lock", "served_day"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    return one


def load(
    engine: sa.Engine,
    rows: list[Row],
    *,
    station_ids: Sequence[str] = STATIONS,
    first: datetime = FIRST,
    end: datetime = END,
    dataset: str = DATASET,
) -> LoadResult:
    """Replace all days of these stations in [first, end)."""
    days = [first.date() + timedelta(days=n) for n in range((end - first).days)]
    station_days = pl.DataFrame(
        [(station, day) for station in station_ids for day in days],
        schema={"station_id": pl.String, "day": pl.Date},
        orient="row",
    )
    with engine.begin() as connection:
        lock_layer(connection, SERVED, LAYER_BATCH)
        return replace_days(
            connection, frame(rows), station_days, dataset=dataset, quality=GLOBAL_HOURLY.quality
        )


def counts(result: LoadResult) -> tuple[int, int, int, int]:
    return result.inserted, result.updated, result.deleted, result.unchanged


def everything(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row with its time of change."""
    return {table: fetch(engine, table) for table in TABLES}


def assert_tables_are_the_fold_of(rows: list[Row], engine: sa.Engine) -> None:
    """Hours, empty hours, days, months, years and all the global tables, to the integer."""
    full = [row for row in rows if row["observation_count"]]
    hour_columns = ("station_id", "hour_start", "rule", *STATISTIC_NAMES)
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
        columns = f"station_id, {period}, rule, {', '.join(PERIOD_COLUMNS)}"
        assert fetch(engine, table, columns) == folded, table
        assert_global(engine, f"global_{table}", period, folded)
        if table == "daily_summary":
            good: Counter[tuple[Any, ...]] = Counter()
            for row in folded:
                good[row[1:3]] += row[3 + PERIOD_COLUMNS.index("good_day_count")]
            stored = fetch(engine, "global_daily_summary", "day, rule, good_day_count")
            assert stored == sorted(((*key, count) for key, count in good.items()), key=repr)
    columns = "station_id, month, rule, days, day_course, temperature_histogram"
    assert fetch(engine, "climate_month", columns) == fold_climate(rows)


def assert_global(engine: sa.Engine, table: str, period: str, folded: list[tuple[Any, ...]]) -> None:
    columns = f"{period}, rule, station_count, observation_count, min_tenths, max_tenths, mean_sum_e4"
    assert fetch(engine, table, columns) == fold_global(folded), table


def _plain(value: object) -> object:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def test_every_roll_up_and_global_row_equals_a_plain_fold_of_the_hours(engine: sa.Engine) -> None:
    rows = random_rows(1, STATIONS, FIRST, 96)
    result = load(engine, rows)
    assert counts(result) == (len(rows), 0, 0, 0)
    assert sorted(result.changed_days) == [date(2013, 12, 30 + n) for n in (0, 1)] + [
        date(2014, 1, 1 + n) for n in (0, 1)
    ]
    assert_tables_are_the_fold_of(rows, engine)


def test_pressing_the_same_load_again_changes_no_row_and_no_timestamp(engine: sa.Engine) -> None:
    rows = random_rows(2, STATIONS, FIRST, 96)
    load(engine, rows)
    before = everything(engine)
    assert load(engine, rows) == LoadResult(unchanged=len(rows))
    assert everything(engine) == before


def test_what_the_climate_lacks_or_has_wrong_is_made_of_all_the_hours_of_its_months(
    engine: sa.Engine,
) -> None:
    rows = random_rows(5, STATIONS, FIRST, 96)
    load(engine, rows)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE daily_summary SET day_count = 0, good_day_count = 0"))
        connection.execute(sa.text("UPDATE global_daily_summary SET good_day_count = 0"))
        connection.execute(sa.text("DELETE FROM climate_month WHERE month = '2013-12-01'"))
        connection.execute(
            sa.text("UPDATE climate_month SET temperature_histogram = '5:1', day_course = '3:1:5:0:0'")
        )
    one_day = {"first": FIRST + timedelta(1), "end": FIRST + timedelta(2)}
    day = [row for row in rows if row["hour_start"].date() == date(2013, 12, 31)]
    load(engine, day, **one_day)
    columns = "station_id, month, rule, day_course, temperature_histogram"
    wanted = [(*row[:3], *row[4:]) for row in fold_climate(rows) if row[1] == date(2013, 12, 1)]
    assert [row for row in fetch(engine, "climate_month", columns) if row[1].year == 2013] == wanted
    load(engine, rows)
    assert_tables_are_the_fold_of(rows, engine)


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
    load(engine, [first, hour_row(STATIONS[1], FIRST, [3])])
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
    result = load(engine, emptied)
    assert counts(result) == (1, 0, 1, 1)
    assert result.changed_days == {FIRST.date()}
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
    load(engine, [], station_ids=[STATIONS[1]], end=day_end)
    assert_tables_are_the_fold_of(others, engine)


def test_days_loaded_one_by_one_in_any_order_equal_one_load_of_all(engine: sa.Engine) -> None:
    rows = random_rows(6, STATIONS, FIRST, 96)
    for day in (2, 0, 3, 1):
        first = FIRST + timedelta(days=day)
        end = first + timedelta(days=1)
        part = [one for one in rows if first <= one["hour_start"] < end]
        load(engine, part, first=first, end=end)
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
    load(engine, rows, station_ids=["02907099999"], first=first, end=utc(1902, 1, 1))
    assert_tables_are_the_fold_of(rows, engine)
    assert fetch(engine, "global_yearly_summary", "year, mean_sum_e4") == [(1901, -300_000)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([hour_row("99999999999", FIRST, [1])], "lie outside the station-days"),
        ([hour_row(STATIONS[0], END, [1])], "lie outside the station-days"),
        ([hour_row(STATIONS[0], FIRST, [1], rule="mine")], "lie outside the station-days or rules"),
        ([hour_row(STATIONS[0], FIRST, [1])] * 2, "occur twice"),
        ([hour_row(STATIONS[0], FIRST + timedelta(minutes=1), [1])], "start on the hour"),
        ([hour_row(STATIONS[0], FIRST, [5, 6], min_tenths=7)], "minimum is above the maximum"),
        ([hour_row(STATIONS[0], FIRST, [5, 6], sum_tenths=13)], "not within count times"),
        ([hour_row(STATIONS[0], FIRST, [5], sum_tenths=None)], "but no temperature"),
        ([hour_row(STATIONS[0], FIRST, [619])], "outside -932 to 618 tenths"),
        ([hour_row(STATIONS[0], FIRST, [5], missing_count=2**31)], "MySQL's columns cannot"),
    ],
)
def test_rows_that_cannot_be_right_are_refused_and_nothing_is_written(
    engine: sa.Engine, rows: list[Row], message: str
) -> None:
    good = [hour_row(STATIONS[0], FIRST + timedelta(hours=3), [1])]
    with pytest.raises(StoreError, match=message):
        load(engine, [*good, *rows])
    assert all(not fetch(engine, table) for table in TABLES)


def test_hours_that_mysql_does_not_take_end_the_load_and_it_may_be_repeated(engine: sa.Engine) -> None:
    rows = random_rows(11, STATIONS, FIRST, 24)
    hour = "'72530094846', '2013-12-30 05:00:00', 'qc', 'global-hourly', 'batch'"
    with engine.connect() as other:
        other.execute(
            sa.text(
                "INSERT INTO hourly_summary (station_id, hour_start, rule, dataset, layer, "
                "observation_count, min_tenths, max_tenths, sum_tenths, missing_count, "
                "summary_of_day_count, special_count, superseded_count, bad_quality_count, "
                f"out_of_range_count, malformed_count, updated_at) VALUES ({hour}, "
                "1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, UTC_TIMESTAMP(6))"
            )
        )
        impatient = engine.execution_options()
        sa.event.listen(
            impatient,
            "begin",
            lambda one: one.exec_driver_sql("SET SESSION innodb_lock_wait_timeout = 1"),
        )
        with pytest.raises(sa.exc.OperationalError, match="Lock wait timeout"):
            load(impatient, rows)
        other.rollback()
    assert all(not fetch(engine, table) for table in TABLES)
    load(engine, rows)
    assert_tables_are_the_fold_of(rows, engine)


def test_an_implausible_temperature_counts_under_the_rule_that_takes_all(engine: sa.Engine) -> None:
    rows = [hour_row(STATIONS[0], FIRST, [-9999], rule="unfiltered")]
    assert load(engine, rows).inserted == 1


@pytest.mark.parametrize("station_id", ["x'); DROP TA", "a\\", "über", ""])
def test_an_id_that_is_none_never_reaches_the_database(engine: sa.Engine, station_id: str) -> None:
    with pytest.raises(StoreError, match="station id"):
        load(engine, [hour_row(station_id, FIRST, [1])], station_ids=[station_id])
    assert fetch(engine, "hourly_summary") == []


def test_a_dew_point_that_appears_changes_or_goes_is_a_change(engine: sa.Engine) -> None:
    without = [hour_row(STATIONS[0], FIRST, [10])]
    dewy = [hour_row(STATIONS[0], FIRST, [10], dew_point_count=1, dew_point_sum_tenths=-5)]
    for rows in (without, dewy, without):
        load(engine, rows)
        assert_tables_are_the_fold_of(rows, engine)
    assert counts(load(engine, dewy)) == (0, 1, 0, 0)
    assert fetch(engine, "yearly_summary", "dew_point_sum_tenths") == [(-5,)]
    assert load(engine, dewy) == LoadResult(unchanged=1)


def test_a_wind_that_turns_is_a_change(engine: sa.Engine) -> None:
    wind = {"wind_count": 1, "wind_speed_sum_tenths_ms": 50}
    west = {"wind_east_sum_mms": 5000, "wind_north_sum_mms": 0}
    south = {"wind_east_sum_mms": 0, "wind_north_sum_mms": 5000}
    for vector in (west, south):
        rows = [hour_row(STATIONS[0], FIRST, [10], **wind, **vector)]
        load(engine, rows)
        assert_tables_are_the_fold_of(rows, engine)
    found = fetch(engine, "yearly_summary", "wind_count, wind_east_sum_mms, wind_north_sum_mms")
    assert found == [(1, 0, 5000)]


def test_of_two_datasets_of_one_station_one_serves_and_both_keep_their_hours(engine: sa.Engine) -> None:
    load(engine, [hour_row(STATIONS[0], FIRST + timedelta(hours=n), [n]) for n in range(5)])
    load(engine, [hour_row(STATIONS[0], FIRST, [99])], dataset="zz-other")
    assert len(fetch(engine, "hourly_summary")) == 6
    global_days = fetch(engine, "global_daily_summary", "dataset, station_count, max_tenths")
    assert global_days == [("served", 1, 4)]
    assert fetch(engine, "daily_summary", "dataset, datasets") == [("served", DATASET)]
    assert fetch(engine, "station", "hour_count") == [(5,)]


def test_one_day_of_many_changes_only_its_month_and_year(engine: sa.Engine) -> None:
    rows = random_rows(9, STATIONS, FIRST, 96)
    load(engine, rows)
    before = fetch(engine, "monthly_summary", "month, updated_at")
    changed = [hour_row(STATIONS[0], FIRST, [500] * 9)]
    load(engine, changed, station_ids=STATIONS[:1], end=FIRST + timedelta(days=1))
    after = fetch(engine, "monthly_summary", "month, updated_at")
    written = {one[0] for one in after if one not in before}
    assert written == {date(2013, 12, 1)}


@pytest.mark.parametrize(
    "condition", ["1 = 1", "rule = 'qc'", f"station_id = '{STATIONS[0]}'", "HOUR(hour_start) < 5"]
)
def test_hours_that_another_hand_deleted_are_not_counted_twice_over_all_stations(
    engine: sa.Engine, condition: str
) -> None:
    rows = random_rows(7, STATIONS, FIRST, 96)
    load(engine, rows)
    with engine.begin() as connection:
        assert connection.execute(sa.text(f"DELETE FROM hourly_summary WHERE {condition}")).rowcount
    load(engine, rows)
    assert_tables_are_the_fold_of(rows, engine)
