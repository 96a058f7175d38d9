"""No statement of the sink reads a whole table: the server's own plan of each, on filled tables."""

import json
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from pymysql.cursors import Cursor
from sqlalchemy import Engine

from isotherm.messages import HourlySummaryMessage, decode
from isotherm.sink.decode import as_frame
from isotherm.sink.letters import count_letters
from isotherm.sink.offsets import Advance, OffsetStore
from isotherm.sink.transaction import write_batch
from isotherm.stores.dead_letters import NewLetter
from isotherm.utc import to_naive
from servers.mariadb_fixture import Database
from servers.sink_stack import HOUR, empty, summary

pytest_plugins = ["servers.mariadb_fixture", "servers.mysql_dialect"]
pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("statements_are_mysql")]

STATIONS, HOURS, LETTERS = 200, 60, 5_000
JSON_TABLES = ("touched", "asked", "asked_rules")


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    one = database.engine()
    yield one
    one.dispose()


def messages(stations: range, hours: range, version: int) -> pl.DataFrame:
    """Rising minima: each version takes the lowest value of an hour away."""
    found = [
        decode(
            HourlySummaryMessage,
            json.dumps(
                summary(f"PLAN{number:07d}", hour, version=version, min_tenths=version)
                if (hour + version) % 7
                else empty(f"PLAN{number:07d}", hour, version=version)
            ),
        )
        for hour in hours
        for number in stations
    ]
    return as_frame(enumerate(found))


def letters(first: int, count: int) -> list[NewLetter]:
    return [
        NewLetter(
            f"plan/0/{number}", 0, number, "invalid", "", "plan", 0, number, None, None, b"{", 1,
            to_naive(HOUR),
        )
        for number in range(first, first + count)
    ]  # fmt: skip


def whole_reads(engine: Engine, statements: list[str]) -> list[tuple[str, Any]]:
    """The statements for which a base table is read from end to end."""
    found = []
    with engine.connect() as connection:
        for statement in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}").mappings().all()
            found += [
                (statement[:200], dict(step))
                for step in plan
                if step["type"] in ("ALL", "index")
                # What JSON_TABLE gives is no table, and every station is asked for a lost extreme.
                and step["table"] not in (*JSON_TABLES, "station", None)
            ]
    return found


def test_every_statement_of_both_loops_goes_by_an_index(engine: Engine) -> None:
    summaries = OffsetStore("plans", "id", "plans")
    counting = OffsetStore("plan-letters", "id", "plans")
    for one in (summaries, counting):
        one.start(engine, 0, 0)
    write_batch(engine, summaries, [], messages(range(STATIONS), range(HOURS), 1))
    count_letters(engine, counting, [Advance(0, 0, LETTERS)], letters(0, LETTERS))
    with engine.begin() as connection:
        for table in ("hourly_summary", "empty_hour", "global_hourly_summary", "dead_letter"):
            connection.execute(sa.text(f"ANALYZE TABLE {table}")).all()
    said: list[str] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(_one: object, cursor: Cursor, statement: str, parameters: Any, *_more: object) -> None:  # noqa: ANN401 - the driver's own
        if statement.split()[0] in ("SELECT", "UPDATE", "DELETE"):
            said.append(cursor.mogrify(statement, parameters or None))

    for moves, version in (([Advance(0, 0, 9)], 2), ([], 2)):  # the second time nothing changes
        write_batch(engine, summaries, moves, messages(range(0, 200, 40), range(8, 20), version))
    count_letters(engine, counting, [Advance(0, LETTERS, LETTERS + 3)], letters(LETTERS - 1, 3))
    sa.event.remove(engine, "before_cursor_execute", note)

    kinds = {(one.split()[0], table) for one in said for table in one.replace(",", " ").split()}
    for table in ("hourly_summary", "empty_hour", "dead_letter", "global_hourly_summary"):
        assert ("SELECT", table) in kinds
    assert {("DELETE", "hourly_summary"), ("DELETE", "empty_hour"), ("UPDATE", "sink_offset")} <= kinds
    assert ("DELETE", "hour_receipt") in kinds
    assert whole_reads(engine, said) == []
