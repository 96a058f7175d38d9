"""What a daily run asks for beside its own day: what changes daily, and past years in turn."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from isotherm.archive.station_year import StationYear
from isotherm.ingest import followed_files
from isotherm.ingest.followed_files import FollowedFiles, find_followed
from isotherm.stores import source_files
from isotherm.stores.migrate import migrate
from isotherm.stores.tables import source_file
from servers.mariadb_fixture import Database

pytestmark = pytest.mark.servers

NOVEMBER, FEBRUARY = datetime(2026, 11, 26, tzinfo=UTC), datetime(2026, 2, 10, tzinfo=UTC)
OHARE, DELHI, CLOSED = "USW00094846", "INI0000VIDP", "NOM00001234"
PAST = [(CLOSED, year) for year in range(1950, 1960)] + [(OHARE, year) for year in range(2015, 2025)]


@pytest.fixture(scope="module")
def engine() -> Iterator[sa.Engine]:
    database = Database()
    try:
        database.start()
        one = database.engine()
        migrate(one)
        _fill(one)
        yield one
        one.dispose()
    finally:
        database.dispose()


def _fill(engine: sa.Engine) -> None:
    """The past files were asked for an hour after each other, in the order of `PAST`."""
    files = [(OHARE, 2026), (OHARE, 2025), (DELHI, 2025), *PAST]
    asked = {key: datetime(2026, 10, 1) + timedelta(hours=n) for n, key in enumerate(PAST)}  # noqa: DTZ001
    now = NOVEMBER.replace(tzinfo=None)
    common: dict[str, Any] = {
        "sha256": "a" * 64, "size_bytes": 1, "published_at": now, "hdfs_path": "x",
    }  # fmt: skip
    rows = [
        {**common, "dataset": "ghcnh", "station_id": station, "year": year,
         "downloaded_at": asked.get((station, year), now)}
        for station, year in files
    ]  # fmt: skip
    rows += [
        {**common, "dataset": "global-hourly", "station_id": "72530094846", "year": year,
         "downloaded_at": now}
        for year in (2024, 2025)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(sa.insert(source_file), rows)


def ask(engine: sa.Engine, now: datetime, within_days: int = 30) -> FollowedFiles:
    with engine.connect() as connection:
        return find_followed(connection, within_days=within_days, now=now)


def ghcnh(*keys: tuple[str, int]) -> set[StationYear]:
    return {StationYear(station, year, "ghcnh") for station, year in keys}


def test_late_in_the_year_the_current_years_files_are_asked_for_and_all_others_are_past(
    engine: sa.Engine,
) -> None:
    found = ask(engine, NOVEMBER)
    assert found.recent == ghcnh((OHARE, 2026), (DELHI, 2026)), "not the station that closed in 1959"
    assert found.past == ghcnh((OHARE, 2025), (DELHI, 2025), *PAST)
    assert found.past_count == 22


def test_in_the_first_months_the_year_before_is_asked_for_daily(engine: sa.Engine) -> None:
    found = ask(engine, FEBRUARY)
    years = [(one, year) for one in (OHARE, DELHI) for year in (2025, 2026)]
    assert found.recent == ghcnh(*years)
    assert found.past == ghcnh(*PAST)


def test_a_dataset_that_has_ended_is_not_asked(engine: sa.Engine) -> None:
    assert {one.dataset for one in ask(engine, NOVEMBER).all} == {"ghcnh"}
    while_it_lasted = ask(engine, datetime(2025, 6, 1, tzinfo=UTC))
    assert {one.dataset for one in while_it_lasted.all} == {"ghcnh", "global-hourly"}


def test_every_past_file_has_its_turn_within_so_many_runs(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_files, "LEAST_PAST_FILES", 1)
    connection = engine.connect()
    asked: list[StationYear] = []
    for day in range(5):
        found = find_followed(connection, within_days=5, now=FEBRUARY)
        assert len(found.past) == 4
        asked += found.past
        for one in found.past:
            source_files.record_gone(connection, one, NOVEMBER + timedelta(days=day))
    connection.rollback()
    connection.close()
    assert len(asked) == len(set(asked)) == len(PAST)
    assert set(asked[:4]) == ghcnh(*PAST[:4]), "asked longest ago first"


def test_the_question_goes_by_an_index(engine: sa.Engine) -> None:
    said: list[str] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(_one: object, cursor: Any, statement: str, values: Any, *_more: object) -> None:  # noqa: ANN401
        said.append(cursor.mogrify(statement, values or None))

    ask(engine, NOVEMBER)
    sa.event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE TABLE source_file").all()
        for statement in said:
            for step in connection.exec_driver_sql(
                f"EXPLAIN {statement}", execution_options={"no_parameters": True}
            ).mappings():
                assert step["key"], (statement, dict(step))
                assert step["type"] != "ALL", statement
