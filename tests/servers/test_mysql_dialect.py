"""The check of statements itself: what it takes, what it does not, and that it looks."""

import pytest
import sqlalchemy as sa

from isotherm.stores.notices import read_told_at
from servers import mysql_dialect
from servers.mariadb_fixture import Database
from servers.mysql_dialect import require_mysql

pytest_plugins = ["servers.mariadb_fixture", "servers.mysql_dialect"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO station (station_id) VALUES (%s) RETURNING station_id",
        "DELETE FROM station WHERE station_id = %s RETURNING station_id",
        "CREATE OR REPLACE TABLE station (station_id VARCHAR(11))",
        "ALTER TABLE station ADD COLUMN IF NOT EXISTS name VARCHAR(9)",
        "SELECT station_id FROM station WHERE",
        "SELECT NEXTVAL(numbers)",
    ],
)
def test_what_only_mariadb_reads_and_what_nobody_reads_is_refused(statement: str) -> None:
    with pytest.raises(AssertionError, match="Not MySQL 8"):
        require_mysql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO a (b, c) VALUES (%s, %s), (%s, %s) ON DUPLICATE KEY UPDATE c = VALUES(c)",
        "SELECT * FROM a WHERE b IN (%s, %s, %s) AND c LIKE 'x%%' FOR UPDATE",
        "SELECT p FROM JSON_TABLE(%s, '$[*]' COLUMNS (p VARCHAR(16) PATH '$.p')) AS touched",
        "SELECT GET_LOCK(%s, %s)",
    ],
)
def test_what_mysql_reads_is_taken(statement: str) -> None:
    require_mysql(statement)


@pytest.mark.usefixtures("statements_are_mysql")
def test_what_our_code_sends_is_looked_at_and_what_a_test_sends_is_not(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(mysql_dialect, "require_mysql", seen.append)
    engine = database.engine()
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        assert seen == []
        read_told_at(connection, "nobody")
    engine.dispose()
    assert len(seen) == 1
    assert "notice" in seen[0]
