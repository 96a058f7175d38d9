"""One place, one record a day: whatever came in which order, the tables are those of the files' end."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from isotherm.cross_walk import Match, Via
from isotherm.datasets.facts import FACTS, SERVED
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.global_summary import lock_layer
from isotherm.stores.load_summaries import LoadResult, replace_days
from isotherm.stores.served_days import move_station
from servers.mariadb_fixture import Database, migrated_database
from servers.summary_data import (
    PERIOD_COLUMNS,
    PERIODS,
    Row,
    fetch,
    fold_climate,
    fold_global,
    fold_periods,
    frame,
    random_rows,
    utc,
)
from servers.table_checksums import checksums, derived_tables

pytestmark = pytest.mark.servers

PLACE, NEWER_PLACE, OLDER, TWIN, ELSEWHERE = (
    "USW00094846", "USW00094999", "72530094846", "99999994846", "01001099999",
)  # fmt: skip
GHCNH, ISD = (one.name for one in FACTS)
# The last day of a year and the first of the next: all periods have a border between them.
DAYS = (date(2013, 12, 31), date(2014, 1, 1), date(2014, 1, 2))
IDS = [PLACE, NEWER_PLACE, OLDER, TWIN, ELSEWHERE]
RECORDS = (
    (GHCNH, PLACE),
    (GHCNH, NEWER_PLACE),
    (ISD, OLDER),
    (ISD, TWIN),
    (ISD, PLACE),
    (ISD, ELSEWHERE),
)
MOVES = {
    OLDER: (None, PLACE, NEWER_PLACE),
    TWIN: (None, PLACE),
    PLACE: (None, NEWER_PLACE),
}  # fmt: skip
Files = dict[tuple[str, str, date], list[Row]]


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with migrated_database() as one:
        yield one


@pytest.fixture(scope="module")
def engine(server: Database) -> sa.Engine:
    return server.engine()


@pytest.fixture
def empty(engine: sa.Engine) -> sa.Engine:
    """No rows yet."""
    delete_all(engine)
    return engine


def delete_all(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for table in derived_tables():
            connection.execute(sa.delete(table))
        for name in ("station", "station_alias", "station_term", "layer_lock"):
            connection.execute(sa.text(f"DELETE FROM {name}"))


@dataclass
class World:
    """MySQL, and what it is made from: files by record and day, and where ids belong."""

    engine: sa.Engine
    files: Files = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def load(self, dataset: str, hours: dict[tuple[str, date], list[Row]]) -> LoadResult:
        """These days of these native ids hold these hours now."""
        days = pl.DataFrame(list(hours), schema={"station_id": pl.String, "day": pl.Date}, orient="row")
        rows = frame(row for one in hours.values() for row in one)
        with self.engine.begin() as connection:
            lock_layer(connection, SERVED, LAYER_BATCH)
            result = replace_days(
                connection, rows, days, dataset=dataset, quality=GLOBAL_HOURLY.quality
            )
        self.files |= {(dataset, *key): one for key, one in hours.items()}
        return result

    def move(self, station_id: str, place: str | None) -> frozenset[date]:
        match = None if place is None else Match(place, Via.WBAN, 0.5)
        with self.engine.begin() as connection:
            lock_layer(connection, SERVED, LAYER_BATCH)
            told = move_station(connection, station_id, match)
        self.places.pop(station_id, None)
        if place is not None:
            self.places[station_id] = place
        return told

    def serving(self) -> list[Row]:
        """Every hour that serves, of its place; in plain Python."""
        claims: dict[tuple[str, date], list[tuple[Any, ...]]] = defaultdict(list)
        for (dataset, native, day), rows in self.files.items():
            if any(one["observation_count"] for one in rows):
                place = self.places.get(native, native)
                order = [one.name for one in FACTS].index(dataset)
                claims[place, day].append((order, native != place, native, dataset, rows))
        rows = [
            {**row, "station_id": place, "dataset": min(members)[3]}
            for (place, _), members in claims.items()
            for row in min(members)[4]
        ]
        # A day in which nothing counts under a rule is no row, and its reasons are no month's.
        days = {_rule_day(one) for one in rows if one["observation_count"]}
        return [one for one in rows if _rule_day(one) in days]

    def assert_tables_follow(self) -> None:
        """Hours by native id; days, months, years and rows over all places of what serves."""
        rows = self.serving()
        full = [one for one in rows if one["observation_count"]]
        stored = [row for one in self.files.values() for row in one if row["observation_count"]]
        assert len(fetch(self.engine, "hourly_summary", "1")) == len(stored)
        of_hours = fold_periods(full, lambda hour: hour.replace(tzinfo=None))
        self._assert_global("global_hourly_summary", "hour_start", of_hours)
        for table, (period, period_of) in PERIODS.items():
            folded = fold_periods(rows, period_of)
            columns = f"station_id, {period}, rule, {', '.join(PERIOD_COLUMNS)}"
            assert fetch(self.engine, table, columns) == folded, table
            self._assert_global(f"global_{table}", period, folded)
            served_by = defaultdict(set)
            for one in full:
                served_by[one["station_id"], period_of(one["hour_start"]), one["rule"]].add(
                    one["dataset"]
                )
            expected = [
                (*key, ",".join(one.name for one in FACTS if one.name in names), SERVED, LAYER_BATCH)
                for key, names in served_by.items()
            ]
            names = fetch(self.engine, table, f"station_id, {period}, rule, datasets, dataset, layer")
            assert names == sorted(expected, key=repr)

        climate = "station_id, month, rule, days, day_course, temperature_histogram"
        assert fetch(self.engine, "climate_month", climate) == fold_climate(rows)

    def _assert_global(self, table: str, period: str, folded: list[tuple[Any, ...]]) -> None:
        columns = (
            f"{period}, rule, station_count, observation_count, min_tenths, max_tenths, mean_sum_e4"
        )
        assert fetch(self.engine, table, columns) == fold_global(folded), table
        assert {one[0] for one in fetch(self.engine, table, "dataset")} <= {SERVED}


def _rule_day(row: Row) -> tuple[str, str, date]:
    return row["station_id"], row["rule"], row["hour_start"].date()


def day_rows(seed: int, station_id: str, day: date) -> list[Row]:
    """Up to four hours of a day, empty ones among them; of some seeds none."""
    if seed % 5 == 0:
        return []
    first = datetime(day.year, day.month, day.day, seed % 20, tzinfo=utc(2014, 1, 1).tzinfo)
    return random_rows(seed, [station_id], first, seed % 5)


days_of_a_load = st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True)
seeds = st.integers(0, 10_000)
loads = st.tuples(
    st.just("load"), st.sampled_from([GHCNH, ISD]),
    st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True),
    days_of_a_load, seeds,
)  # fmt: skip
moves = st.sampled_from([("move", one, to) for one, places in MOVES.items() for to in places])


def apply(world: World, step: tuple[Any, ...]) -> None:
    if step[0] == "move":
        world.move(step[1], step[2])
        return
    _, dataset, natives, days, seed = step
    wanted = [one for one in natives if (dataset, one) in RECORDS] or [PLACE]
    world.load(
        dataset,
        {
            (one, day): day_rows(seed + 7 * number + day.day, one, day)
            for number, one in enumerate(wanted)
            for day in days
        },
    )


# Without shrinking, which would take minutes: a step is twenty statements.
@settings(
    max_examples=12,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.one_of(loads, loads, moves), min_size=1, max_size=9), st.randoms(use_true_random=False)
)
def test_any_history_gives_the_tables_of_the_files_it_ends_in(
    engine: sa.Engine, steps: list[Any], dice: random.Random
) -> None:
    delete_all(engine)
    world = World(engine)
    for step in steps:
        apply(world, step)
    world.assert_tables_follow()
    after_history = checksums(engine)

    # The same end at once: any order, any split, some of it twice.
    delete_all(engine)
    again = World(engine)
    work: list[Any] = [("move", *one) for one in world.places.items()]
    work += [("file", key, rows) for key, rows in world.files.items()]
    work += dice.sample(work, len(work) // 3)
    dice.shuffle(work)
    for kind, what, value in work:
        if kind == "move":
            again.move(what, value)
        else:
            dataset, native, day = what
            again.load(dataset, {(native, day): value})
    assert checksums(engine) == after_history
