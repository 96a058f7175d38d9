"""The schema: what the metadata says, however often its migrations were interrupted."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise, product

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from isotherm.errors import StoreError
from isotherm.stores import migrate as migrations
from isotherm.stores.hdfs_layout import bucket_of
from isotherm.stores.migrate import VERSION_TABLE, current_version, migrate
from isotherm.stores.schema import column_names
from isotherm.stores.tables import (
    hourly_summary,
    ledger,
    metadata,
    rejection_count,
    source_file,
    station_alias,
    station_term,
)
from servers.mariadb_fixture import Database

pytest_plugins = ["servers.mysql_dialect"]
pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("statements_are_mysql")]


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    one = Database()
    try:
        one.start()
        yield one
    finally:
        one.dispose()


@pytest.fixture
def engine(server: Database) -> Iterator[sa.Engine]:
    """An empty database."""
    one = server.engine()
    with one.connect() as connection:
        connection.execute(sa.text("DROP DATABASE isotherm"))
        connection.execute(sa.text("CREATE DATABASE isotherm CHARACTER SET utf8mb4"))
    one.dispose()
    yield one
    one.dispose()


FILES = sorted((migrations.MIGRATIONS / "versions").glob("[0-9]*.py"))
REVISIONS = [one.name[:4] for one in FILES]
ELEMENTS = (
    *("pressure_count", "pressure_sum_tenths_hpa", "wind_count", "wind_speed_sum_tenths_ms"),
    *("wind_east_sum_mms", "wind_north_sum_mms"),
)
OLD_ROWS = (
    "INSERT INTO source_file VALUES ('global-hourly', 2014, '01001099999', REPEAT('a', 64), 9, "
    "'2026-01-01', '2026-01-01', NULL, '/x', REPEAT('b', 64), 9, 0, NULL, NULL)",
    "INSERT INTO hourly_summary VALUES ('01001099999', '2014-01-01', 'global-hourly', 'batch', 'qc', "
    "1, 5, 5, 5, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-01-01')",
    "INSERT INTO rejected_observation (dataset, reason, rejected_at) VALUES "
    "('global-hourly', 'time', '2026-01-01'), ('global-hourly', 'time', '2026-01-01')",
)


def column_names_of(engine: sa.Engine, table: str) -> set[str]:
    with engine.connect() as connection:
        return column_names(connection, table)


def start_migration(server: Database) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "ISOTHERM_STATE_DIR": str(server.folder),
        "ISOTHERM_PORT_BASE": str(server.settings.port_base),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "isotherm.stores.migrate"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_tables(engine: sa.Engine, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(table_names(engine)) < count + 1:
        assert time.monotonic() < deadline


def table_names(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def definitions(engine: sa.Engine) -> dict[str, list[str]]:
    """Each table as the server has it: columns in their order, then keys in any, then options."""
    with engine.connect() as connection:
        texts = {
            table: connection.execute(sa.text(f"SHOW CREATE TABLE {table}")).one()[1]
            for table in metadata.tables
        }
    lines = {
        table: [re.sub(r",$| AUTO_INCREMENT=\d+", "", one) for one in text.splitlines()]
        for table, text in texts.items()
    }
    return {
        table: [
            *(one for one in of_table if " KEY " not in one),
            *sorted(one for one in of_table if " KEY " in one),
        ]
        for table, of_table in lines.items()
    }


def migrate_to(engine: sa.Engine, revision: str) -> None:
    """An older database, made by the older migrations."""
    with engine.connect() as connection:
        command.upgrade(migrations._alembic_config(connection), revision)
        connection.commit()


def insert_filled(
    connection: sa.Connection, table: str, names: tuple[str, ...], rows: Collection[tuple[object, ...]]
) -> None:
    """Rows of an older table: what is not named is 0, or the present moment."""
    columns = sa.inspect(connection).get_columns(table)
    others: dict[str, object] = {
        one["name"]: datetime(2026, 1, 1) if isinstance(one["type"], sa.DateTime) else 0  # noqa: DTZ001 - UTC
        for one in columns
        if one["name"] not in names and not one["nullable"] and one["default"] is None
    }
    named = [*names, *others]
    marks = ", ".join(f":{name}" for name in named)
    connection.execute(
        sa.text(f"INSERT INTO {table} ({', '.join(named)}) VALUES ({marks})"),
        [{**dict(zip(names, row, strict=True)), **others} for row in rows],
    )


def assert_schema_is_whole(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
    assert table_names(engine) == {*metadata.tables, VERSION_TABLE}


def test_migrations_are_numbered_one_after_the_other() -> None:
    assert [int(one) for one in REVISIONS] == list(range(1, len(REVISIONS) + 1))
    for file, previous in zip(FILES, [None, *REVISIONS], strict=False):
        text = file.read_text()
        assert f'revision = "{file.name[:4]}"' in text
        named = "None" if previous is None else f'"{previous}"'
        assert f"down_revision = {named}\n" in text


def test_the_migrations_make_exactly_the_tables_of_the_metadata(engine: sa.Engine) -> None:
    migrate(engine)
    assert_schema_is_whole(engine)


def test_the_server_has_them_as_if_the_metadata_had_made_them(
    server: Database, engine: sa.Engine
) -> None:
    migrate(engine)
    migrated = definitions(engine)
    with engine.begin() as connection:
        for table in metadata.tables:
            connection.execute(sa.text(f"DROP TABLE {table}"))
    metadata.create_all(engine)
    assert migrated == definitions(engine)


def test_stations_of_before_get_the_iata_codes_of_the_world(engine: sa.Engine) -> None:
    migrate_to(engine, "0031")
    heathrow = "'03772099999'"
    with engine.begin() as connection:
        for row in (
            "INSERT INTO station (station_id, icao, latitude_deg, longitude_deg) "
            f"VALUES ({heathrow}, 'EGLL', 51.478, -0.461)",
            f"INSERT INTO station_alias VALUES ('EGLL', {heathrow}, 'icao')",
            f"INSERT INTO station_alias VALUES ('OWN', {heathrow}, 'other')",
            f"INSERT INTO station_term VALUES ({heathrow}, 'egll', 'code')",
        ):
            connection.execute(sa.text(row))
    migrate(engine)
    with engine.connect() as connection:
        codes = connection.execute(sa.select(station_alias.c.alias, station_alias.c.kind)).all()
        terms = connection.scalars(sa.select(station_term.c.term)).all()
    assert set(codes) == {("EGLL", "icao"), ("LHR", "iata"), ("03772", "wmo"), ("OWN", "other")}
    assert set(terms) == {"03772099999", "egll", "lhr", "03772", "own"}


def test_days_of_before_get_the_good_days_of_all_stations(engine: sa.Engine) -> None:
    migrate_to(engine, "0078")
    own = ("station_id", "day", "dataset", "layer", "rule", "good_day_count")
    days = [
        (station_id, f"2014-01-0{day}", dataset, "batch", rule, int(day != 2 or station_id == "a"))
        for station_id, day, dataset, rule in product("abc", (1, 2), ("one", "two"), ("qc", "routine"))
        if (station_id, dataset) != ("c", "two")
    ]
    with engine.begin() as connection:
        insert_filled(connection, "daily_summary", own, days)
        insert_filled(connection, "global_daily_summary", own[1:-1], {one[1:-1] for one in days})
    migrate(engine)
    with engine.connect() as connection:
        table = metadata.tables["global_daily_summary"].c
        found = connection.execute(sa.select(*(table[name] for name in own[1:]))).all()
    good = {("one", 1): 3, ("one", 2): 1, ("two", 1): 2, ("two", 2): 1}
    assert {(one.dataset, one.day.day): one.good_day_count for one in found} == good
    assert len(found) == 2 * len(good)


def test_a_database_of_before_the_ledger_of_files_becomes_the_same_and_keeps_its_rows(
    engine: sa.Engine,
) -> None:
    migrate_to(engine, "0016")
    assert "normalised_sha256" in column_names_of(engine, "source_file")
    with engine.begin() as connection:
        for row in OLD_ROWS:
            connection.execute(sa.text(row))
    migrate(engine)
    upgraded = definitions(engine)
    with engine.connect() as connection:
        file = connection.execute(sa.select(source_file)).mappings().one()
        assert (file["summarised_sha256"], file["made_by"]) == ("b" * 64, None)
        assert (file["is_pending"], file["has_changes"], file["is_settled"]) == (1, 0, 0)
        assert file["bucket"] == bucket_of("01001099999")
        hour = connection.execute(sa.select(hourly_summary)).mappings().one()
        assert (hour["sum_tenths"], hour["dew_point_count"]) == (5, 0)
        assert hour["dew_point_sum_tenths"] is None
        assert (hour["wind_count"], hour["wind_east_sum_mms"]) == (0, None)
        counts = connection.execute(sa.select(rejection_count)).all()
        assert [tuple(one) for one in counts] == [("global-hourly", "time", 2)]
        for table in (*metadata.tables, VERSION_TABLE):
            connection.execute(sa.text(f"DROP TABLE {table}"))
    migrate(engine)
    assert upgraded == definitions(engine)


def test_each_step_of_an_upgrade_that_was_not_noted_is_repeated_without_harm(engine: sa.Engine) -> None:
    """As if the upgrade were killed after each step, before its number was written."""
    begin = REVISIONS.index("0016")
    migrate_to(engine, "0016")
    with engine.begin() as connection:
        for row in OLD_ROWS:
            connection.execute(sa.text(row))
    for before, revision in pairwise(REVISIONS[begin:]):
        migrate_to(engine, revision)
        with engine.begin() as connection:
            connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '{before}'"))
        migrate_to(engine, revision)
    migrate(engine)
    assert_schema_is_whole(engine)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(rejection_count.c.rejected)) == 2


def test_an_old_step_done_again_on_the_newest_tables_does_no_harm(engine: sa.Engine) -> None:
    """As if the number had been lost: each step meets what the later ones have made."""
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0016'"))
    migrate(engine)
    assert_schema_is_whole(engine)


def test_a_statistic_that_tables_lack_is_added_where_it_belongs(engine: sa.Engine) -> None:
    migrate(engine)
    whole = definitions(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.text("ALTER TABLE daily_summary DROP dew_point_count, DROP dew_point_sum_tenths")
        )
        for table in ("hourly_summary", "monthly_summary"):
            parts = ", ".join(f"DROP {name}" for name in ELEMENTS)
            connection.execute(sa.text(f"ALTER TABLE {table} {parts}"))
        connection.execute(sa.text("ALTER TABLE hourly_summary DROP dew_point_sum_tenths"))
    migrate(engine)
    assert definitions(engine) == whole


def test_migrating_again_changes_nothing_and_keeps_the_rows(engine: sa.Engine) -> None:
    version = migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO station (station_id) VALUES ('01001099999')"))
    assert migrate(engine) == version
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT station_id FROM station")) == "01001099999"


@pytest.mark.parametrize("tables_before_kill", [1, 6, 12])
def test_a_migration_killed_half_way_is_finished_by_the_next(
    server: Database, engine: sa.Engine, tables_before_kill: int
) -> None:
    process = start_migration(server)
    wait_for_tables(engine, tables_before_kill)
    process.kill()
    process.communicate()
    migrate(engine)
    assert_schema_is_whole(engine)


def test_a_migration_whose_server_dies_says_so_and_is_finished_by_the_next(
    server: Database, engine: sa.Engine
) -> None:
    migrate_to(engine, REVISIONS[5])
    waits = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"
    with engine.connect() as holder, engine.connect() as looker:
        # No further step can be noted: the migration is under way for as long as it takes.
        holder.execute(sa.text(f"LOCK TABLES {VERSION_TABLE} READ"))
        process = start_migration(server)
        deadline = time.monotonic() + 60
        while not looker.scalar(sa.text(waits)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        server.kill()
        holder.invalidate()
        looker.invalidate()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "migration failed" in said
    server.start()
    with engine.connect() as connection:
        reached = current_version(connection)
    assert reached in REVISIONS[:-1], "it was over before the server died"
    migrate(engine)
    assert_schema_is_whole(engine)


def test_a_table_made_without_its_version_written_is_kept(engine: sa.Engine) -> None:
    last = migrate(engine)
    with engine.begin() as connection:
        counts = {one.name: 0 for one in ledger.columns if isinstance(one.type, sa.BigInteger)}
        texts = {"run_label": "kept", "rule": "qc", "layer": "batch", "checked_at": sa.func.now()}
        connection.execute(sa.insert(ledger).values({**counts, **texts, "ledger_id": 1}))
        previous = f"{int(last) - 1:04d}"
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '{previous}'"))
    assert migrate(engine) == last
    with engine.connect() as connection:
        assert connection.scalar(sa.select(ledger.c.run_label)) == "kept"


def test_migrations_from_several_places_at_once_do_one_after_the_other(engine: sa.Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        versions = set(pool.map(lambda _: migrate(engine), range(4)))
    assert len(versions) == 1
    assert_schema_is_whole(engine)


def test_a_lock_held_elsewhere_is_an_error_that_says_what_to_do(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT_S", 1)
    with engine.connect() as holder:
        holder.execute(sa.text("SELECT GET_LOCK('isotherm.migrate.isotherm', 1)"))
        with pytest.raises(StoreError, match=r"another migration has held.*try again"):
            migrate(engine)
        holder.execute(sa.text("SELECT RELEASE_LOCK('isotherm.migrate.isotherm')"))
    with engine.connect() as connection:
        assert current_version(connection) is None


def test_ids_differ_by_case_and_hours_reach_back_to_1901(engine: sa.Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO station (station_id) VALUES ('a1'), ('A1')"))
        connection.execute(
            sa.text(
                "UPDATE station SET first_observed_at = '1901-01-01 06:00:00' WHERE station_id='A1'"
            )
        )
    with engine.connect() as connection:
        first = connection.scalar(sa.text("SELECT MIN(first_observed_at) FROM station"))
    assert f"{first:%Y-%m-%d %H}" == "1901-01-01 06"
