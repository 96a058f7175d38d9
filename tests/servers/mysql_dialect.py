"""Every statement that our code sends in a test is one that MySQL 8 reads, as sqlglot has its grammar.

The server of most tests is MariaDB, which takes more: what only it has must not slip in. The tests of
plans and of migrations look: they run every statement of loader, ledger, audit, API, sink and schema.
"""

import logging
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Final

import pytest
import sqlalchemy as sa
import sqlglot
from sqlalchemy import Engine
from sqlglot import exp

import isotherm

# sqlglot has Hive's statement of the first name, not MySQL's, and no savepoint's end.
_UNREAD: Final = ("LOAD DATA ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")
_OUR_CODE: Final = str(Path(isotherm.__file__).parent)
_FRAMES: Final = 80
# As many rows and members as a test happens to have: one statement all the same.
_LIST: Final = re.compile(r"\bIN \(\?(?:, \?)+\)")
_ROWS: Final = re.compile(r"(\((?:\?(?:, )?)+\))(?:, ?\1)+")
_TEXT: Final = re.compile(r"'(?:[^'\\]|\\.|'')*'")
_LONG_TEXT: Final = 100
# Of a column of JSON_TABLE MySQL takes it, sqlglot does not.
_COLUMN_TEXT: Final = re.compile(r" CHARACTER SET \w+ COLLATE \w+(?= PATH )")
_PARAMETER: Final = re.compile(r"%(?:\(\w+\))?s")
# sqlglot takes these for MySQL as well; only MariaDB does.
_MARIADB_ONLY: Final = (exp.Returning,)
_MARIADB_WORDS: Final = re.compile(
    r"\b(CREATE OR REPLACE (?:TABLE|INDEX)|CREATE SEQUENCE|NEXTVAL|SYSTEM VERSIONING|SFORMAT"
    r"|(?:ADD|DROP|MODIFY|CHANGE) (?:COLUMN|INDEX|KEY) IF (?:NOT )?EXISTS)\b",
    re.IGNORECASE,
)

# It warns of statements of which it knows the first word alone (ANALYZE).
logging.getLogger("sqlglot").setLevel(logging.ERROR)


def require_mysql(statement: str) -> None:
    """Refuse what MySQL 8 would not read.

    Raises:
        AssertionError: it is no MySQL; says why.
    """
    if statement.startswith(_UNREAD):
        return
    # The driver writes a percent sign of ours twice.
    text = _PARAMETER.sub("?", statement).replace("%%", "%")
    text = _TEXT.sub(lambda found: found[0] if len(found[0]) < _LONG_TEXT else "''", text)
    text = _COLUMN_TEXT.sub("", text)
    fault = _fault(_ROWS.sub(r"\1", _LIST.sub("IN (?)", text)))
    assert fault is None, f"Not MySQL 8: {fault}\n{statement[:2000]}"


@cache
def _fault(text: str) -> str | None:
    """What is wrong; None if nothing is."""
    if word := _MARIADB_WORDS.search(text):
        return f"only MariaDB has {word[0]}"
    try:
        trees = sqlglot.parse(text, dialect="mysql", error_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError as error:
        return str(error)
    found = next((one for tree in trees if tree for one in tree.find_all(*_MARIADB_ONLY)), None)
    return f"only MariaDB has {found.sql()}" if found else None


@pytest.fixture(scope="module")
def statements_are_mysql() -> Iterator[None]:
    """Look at whatever any engine of this process executes in a module of tests."""
    sa.event.listen(Engine, "before_cursor_execute", _before)
    yield
    sa.event.remove(Engine, "before_cursor_execute", _before)


def _before(
    connection: sa.Connection,
    _cursor: object,
    statement: str,
    _parameters: object,
    context: sa.engine.ExecutionContext | None,
    _many: bool,
) -> None:
    if connection.dialect.name not in ("mysql", "mariadb") or not _is_ours():
        return
    if context is not None and getattr(context, "compiled", None) is not None:
        # SQLAlchemy asks for the key like this only where the server is MariaDB.
        statement = statement.partition(" RETURNING ")[0]
    require_mysql(statement)


def _is_ours() -> bool:
    """Whether our code asks; a test may send what it likes, on purpose."""
    frame: FrameType | None = sys._getframe()
    for _ in range(_FRAMES):
        if frame is None or frame.f_code.co_filename.startswith(_OUR_CODE):
            return frame is not None
        frame = frame.f_back
    return False
