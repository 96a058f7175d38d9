"""The schema: what the metadata says, however often its migrations were interrupted."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from isotherm.errors import StoreError
from isotherm.stores import migrate as migrations
from isotherm.stores.migrate import VERSION_TABLE, current_version, migrate
from isotherm.stores.tables import ledger, metadata
from servers.mariadb_fixture import Database

pytestmark = pytest.mark.servers


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


def start_migration(server: Database) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "ISOTHERM_STATE_DIR": str(server.folder),
        "ISOTHERM_PORT_BASE": str(server.settings.port_base),
    }
    return subprocess.Popen([sys.executable, "-m", "isotherm.stores.migrate"], env=environment)


def table_names(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def assert_schema_is_whole(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
    assert table_names(engine) == {*metadata.tables, VERSION_TABLE}


def test_the_migrations_make_exactly_the_tables_of_the_metadata(engine: sa.Engine) -> None:
    migrate(engine)
    assert_schema_is_whole(engine)


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
    deadline = time.monotonic() + 60
    while len(table_names(engine)) < tables_before_kill + 1:
        assert time.monotonic() < deadline
    process.kill()
    process.wait()
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
