"""Global rows by difference equal global rows computed anew, to the integer, after any history."""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from isotherm.quality import RULE_NAMES
from isotherm.stores.global_difference import mean_e4
from isotherm.stores.global_summary import (
    GLOBAL_DAILY,
    GLOBAL_HOURLY,
    GLOBAL_MONTHLY,
    GLOBAL_YEARLY,
    GlobalTable,
    apply_changes,
    ensure_stations,
    lock_layer,
)
from isotherm.stores.tables import metadata
from servers.mariadb_fixture import Database
from servers.summary_data import divide_half_even, fetch, utc

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

Key = tuple[str, Any, str]
# Observations, lowest, highest, sum, then the table's own counts.
Values = tuple[int, ...]
STATIONS = [f"ZG{number:09d}" for number in range(6)]
HOUR = utc(1901, 1, 1).replace(tzinfo=None)
PERIODS: dict[str, Callable[[int], Any]] = {
    "hour_start": lambda n: HOUR + timedelta(hours=n),
    "day": lambda n: date(2014, 1, 1) + timedelta(days=n),
    "month": lambda n: date(2014, 1 + n, 1),
    "year": lambda n: 1901 + n,
}
TABLES = (GLOBAL_HOURLY, GLOBAL_DAILY, GLOBAL_MONTHLY, GLOBAL_YEARLY)
# Rows over all stations are nobody's station: these names keep them apart from other tests'.
DATASET, OTHER_DATASET = "test-global", "test-global-too"


class History:
    """Station rows of one layer, in MySQL and in a plain dictionary."""

    def __init__(self, engine: sa.Engine, table: GlobalTable, dataset: str, layer: str) -> None:
        self.engine, self.table, self.dataset, self.layer = engine, table, dataset, layer
        self.rows: dict[Key, Values] = {}
        values = ("observation_count", "min_tenths", "max_tenths", "sum_tenths")
        self.names = (*values, *table.counts)

    def change(self, changes: dict[Key, Values | None]) -> None:
        """Write, replace or delete station rows and apply the difference, in one transaction."""
        before = {key: self.rows[key] for key in changes if key in self.rows}
        after = {key: values for key, values in changes.items() if values is not None}
        with self.engine.begin() as connection:
            lock_layer(connection, self.dataset, self.layer)
            ensure_stations(connection, {key[0] for key in after})
            for key in before:
                self._delete(connection, key)
            for key, values in after.items():
                self._insert(connection, key, values)
            apply_changes(
                connection,
                self.table,
                self._frame(before),
                self._frame(after),
                dataset=self.dataset,
                layer=self.layer,
            )
        for key in changes:
            self.rows.pop(key, None)
        self.rows |= after

    def expected(self) -> list[tuple[Any, ...]]:
        """The global rows, computed anew from the station rows."""
        groups: dict[tuple[Any, str], list[Values]] = {}
        for (_, period, rule), values in self.rows.items():
            groups.setdefault((period, rule), []).append(values)
        return sorted(
            (
                (
                    *key,
                    len(members),
                    sum(count for count, *_ in members),
                    min(low for _, low, *_ in members),
                    max(high for _, _, high, *_ in members),
                    sum(divide_half_even(total * 1000, count) for count, _, _, total, *_ in members),
                    *(sum(own) for own in zip(*(more for _, _, _, _, *more in members), strict=True)),
                )
                for key, members in groups.items()
            ),
            key=repr,
        )

    def stored(self) -> list[tuple[Any, ...]]:
        """The global rows in MySQL."""
        names = (self.table.period, "rule", "station_count", "observation_count", "min_tenths")
        columns = ", ".join((*names, "max_tenths", "mean_sum_e4", *self.table.counts))
        where = f"{self.table.target} WHERE dataset='{self.dataset}' AND layer='{self.layer}'"
        return fetch(self.engine, where, columns)

    def _frame(self, rows: dict[Key, Values]) -> pl.DataFrame:
        kind = {"hour_start": pl.Datetime("us"), "year": pl.Int64}.get(self.table.period, pl.Date)
        schema = {"station_id": pl.String, self.table.period: kind, "rule": pl.String}
        return pl.DataFrame(
            [(*key, *values) for key, values in rows.items()],
            schema={**schema, **dict.fromkeys(self.names, pl.Int64)},  # type: ignore[dict-item]
            orient="row",
        )

    def _insert(self, connection: sa.Connection, key: Key, values: Values) -> None:
        columns = metadata.tables[self.table.source].columns
        zeros = {
            one.name: 0
            for one in columns
            if not one.nullable and isinstance(one.type, sa.Integer) and not one.primary_key
        }
        given = dict(zip(self.names, values, strict=True))
        place = {"dataset": self.dataset, "layer": self.layer, "updated_at": HOUR}
        key_values = dict(zip(("station_id", self.table.period, "rule"), key, strict=True))
        connection.execute(
            sa.insert(metadata.tables[self.table.source]),
            [{**zeros, **given, **place, **key_values}],
        )

    def _delete(self, connection: sa.Connection, key: Key) -> None:
        source = metadata.tables[self.table.source]
        connection.execute(
            sa.delete(source).where(
                source.c.station_id == key[0],
                source.c[self.table.period] == key[1],
                source.c.rule == key[2],
                source.c.dataset == self.dataset,
                source.c.layer == self.layer,
            )
        )


@pytest.fixture(autouse=True)
def _empty(database: Database) -> Iterator[None]:
    yield
    with database.engine().begin() as connection:
        for table in TABLES:
            for name in (table.source, table.target):
                ours = metadata.tables[name].c.dataset.in_([DATASET, OTHER_DATASET])
                connection.execute(sa.delete(metadata.tables[name]).where(ours))


def _some_values(dice: random.Random, table: GlobalTable) -> Values:
    temperatures = [dice.randint(-30, 30) for _ in range(dice.choice((1, 2, 3, 16)))]
    counts = [dice.randrange(2) for _ in table.counts]
    return len(temperatures), min(temperatures), max(temperatures), sum(temperatures), *counts


def _some_changes(dice: random.Random, history: History, size: int) -> dict[Key, Values | None]:
    period_of = PERIODS[history.table.period]
    changes: dict[Key, Values | None] = {}
    for _ in range(size):
        key = dice.choice(STATIONS), period_of(dice.randrange(4)), dice.choice(RULE_NAMES)
        changes[key] = None if dice.random() < 0.35 else _some_values(dice, history.table)
    return changes


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.target)
@pytest.mark.parametrize("seed", range(3))
def test_any_history_gives_the_rows_computed_anew(
    database: Database, table: GlobalTable, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    history = History(database.engine(), table, DATASET, "batch")
    for step in range(40):
        history.change(_some_changes(dice, history, dice.choice((1, 3, 25))))
        assert history.stored() == history.expected(), step
    history.change(dict.fromkeys(history.rows))
    assert history.stored() == []


def test_datasets_and_layers_are_apart(database: Database) -> None:
    dice = random.Random(5)  # noqa: S311 - to be repeated, not to be secret
    histories = [
        History(database.engine(), GLOBAL_HOURLY, dataset, layer)
        for dataset in (DATASET, OTHER_DATASET)
        for layer in ("batch", "speed")
    ]
    for _ in range(60):
        history = dice.choice(histories)
        history.change(_some_changes(dice, history, 5))
    for history in histories:
        assert history.stored() == history.expected()
        assert len(history.stored()) > 5


def test_the_extreme_of_a_period_is_looked_for_only_where_it_went_away(database: Database) -> None:
    engine = database.engine()
    history = History(engine, GLOBAL_HOURLY, DATASET, "batch")
    cold, mild, warm = ((one, HOUR, "routine") for one in STATIONS[:3])
    history.change({cold: (1, -90, -90, -90), mild: (1, 5, 5, 5), warm: (1, 90, 90, 90)})
    searches = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:  # noqa: ANN401
        searches.extend(["x"] if "STRAIGHT_JOIN" in statement else [])

    history.change({mild: (2, -20, 20, 0), warm: (1, 95, 95, 95)})
    assert searches == []
    history.change({cold: (1, -10, -10, -10)})
    assert searches == ["x"]
    assert history.stored() == history.expected()
    assert history.stored()[0][4:6] == (-20, 95)


def test_a_change_that_changes_nothing_touches_no_row(database: Database) -> None:
    history = History(database.engine(), GLOBAL_DAILY, DATASET, "batch")
    key = (STATIONS[0], date(2014, 1, 1), "qc")
    history.change({key: (2, -5, 5, 0, 1)})
    ours = f"global_daily_summary WHERE dataset = '{DATASET}'"
    before = fetch(history.engine, ours, "updated_at")
    assert before
    history.change({key: (2, -5, 5, 0, 1)})
    assert fetch(history.engine, ours, "updated_at") == before


def test_a_day_that_only_became_good_counts_so_and_nothing_else_changes(database: Database) -> None:
    history = History(database.engine(), GLOBAL_DAILY, DATASET, "batch")
    keys = [(one, date(2014, 1, 1), "qc") for one in STATIONS[:2]]
    history.change(dict.fromkeys(keys, (8, -5, 5, 0, 0)))
    history.change({keys[0]: (8, -5, 5, 0, 1)})
    assert history.stored() == history.expected()
    assert history.stored()[0][-1] == 1


def test_the_mean_of_a_station_rounds_half_to_even_as_in_plain_python() -> None:
    dice = random.Random(7)  # noqa: S311 - to be repeated, not to be secret
    ties = [
        (sign * odd, 2000 * factor) for sign in (1, -1) for odd in range(1, 60, 2) for factor in (1, 3)
    ]
    hours = [(dice.randint(-20_000, 20_000), dice.randint(1, 60)) for _ in range(3000)]
    years = [(dice.randint(-(10**9), 10**9), dice.randint(1, 10**6)) for _ in range(1000)]
    pairs = [*ties, *hours, *years, (0, 1), (-1, 1), (1, 16), (-1, 16)]
    frame = pl.DataFrame(pairs, schema=["sum_tenths", "observation_count"], orient="row")
    expected = [divide_half_even(total * 1000, count) for total, count in pairs]
    assert frame.select(mean_e4()).to_series().to_list() == expected
    assert sum(2 * (total * 1000 % count) == count for total, count in pairs) > 50
