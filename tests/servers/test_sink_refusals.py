"""What MySQL refuses for its content, told from what passes by itself; asked of a real server."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from isotherm.sink.refusals import is_refusal, write_in_halves
from isotherm.stores.mysql import is_transient
from servers.mariadb_fixture import Database

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

TABLE = (
    "CREATE TEMPORARY TABLE held (small TINYINT NOT NULL, short VARCHAR(2), at DATETIME, "
    "big BIGINT, CONSTRAINT positive CHECK (small >= 0))"
)
CONTENT = {
    "a number out of range": "INSERT INTO held (small) VALUES (999)",
    "a text too long": "INSERT INTO held (small, short) VALUES (1, 'abc')",
    "a time that is none": "INSERT INTO held (small, at) VALUES (1, '2014-02-30 00:00:00')",
    "a text for a number": "INSERT INTO held (small) VALUES ('x')",
    "null where none may be": "INSERT INTO held (small) VALUES (NULL)",
    "a constraint": "INSERT INTO held (small) VALUES (-1)",
    "an expression out of range": "INSERT INTO held (small, big) VALUES (1, 9223372036854775807 + 1)",
}
NOT_CONTENT = {
    "a table that is missing": "INSERT INTO nothing_here (small) VALUES (1)",
    "a statement that is none": "INSERT INTO",
    "a statement that took too long": "SET STATEMENT max_statement_time = 0.01 FOR SELECT SLEEP(2)",
}


def error_of(database: Database, statement: str) -> DBAPIError:
    engine = database.engine()
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(TABLE))
            with pytest.raises(DBAPIError) as caught:
                connection.execute(sa.text(statement))
            return caught.value
    finally:
        engine.dispose()


@pytest.mark.parametrize("kind", CONTENT)
def test_content_that_no_repetition_makes_good_is_a_refusal(database: Database, kind: str) -> None:
    error = error_of(database, CONTENT[kind])

    assert is_refusal(error), error
    assert not is_transient(error)


@pytest.mark.parametrize("kind", NOT_CONTENT)
def test_what_is_not_the_content_s_fault_is_no_refusal(database: Database, kind: str) -> None:
    assert not is_refusal(error_of(database, NOT_CONTENT[kind]))


def test_a_lost_connection_is_no_refusal(database: Database) -> None:
    engine = database.engine()
    with engine.connect() as connection, engine.connect() as other:
        number = connection.scalar(sa.text("SELECT CONNECTION_ID()"))
        other.execute(sa.text(f"KILL {number}"))
        with pytest.raises(DBAPIError) as caught:
            connection.execute(sa.text("SELECT 1"))
    engine.dispose()

    assert not is_refusal(caught.value)
    assert is_transient(caught.value)


@pytest.mark.parametrize("bad", [[], [0], [6], [2, 3], [0, 1, 2, 3, 4, 5, 6]])
def test_of_a_refused_batch_every_row_that_can_be_written_is_written_in_order(
    database: Database, bad: list[int]
) -> None:
    engine = database.engine()
    with engine.connect() as connection:
        connection.execute(
            sa.text(TABLE.replace("(small TINYINT NOT NULL,", "(id INT, small TINYINT,"))
        )

        def write(part: list[tuple[int, int]]) -> None:
            with connection.begin_nested():
                connection.execute(
                    sa.text("INSERT INTO held (id, small) VALUES (:id, :small)"),
                    [{"id": number, "small": small} for number, small in part],
                )

        rows = [(number, 999 if number in bad else 1) for number in range(7)]
        refused = write_in_halves(write, rows)
        written = list(connection.scalars(sa.text("SELECT id FROM held")))
    engine.dispose()

    assert [row[0] for row, _ in refused] == bad
    assert all("small" in said for _, said in refused)
    assert written == [number for number in range(7) if number not in bad]
