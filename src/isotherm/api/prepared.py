"""Statements written once: making one of its parts takes Python longer than MySQL its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import pymysql

_DIALECT: Final = pymysql.dialect(paramstyle="pyformat")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement's text, with a place for each named value."""

    text: str
    constants: Mapping[str, Any]

    @classmethod
    def of(cls, statement: sa.Select[Any]) -> "Prepared":
        """From a statement whose values are parameters without one (`bindparam("name")`)."""
        compiled = statement.compile(dialect=_DIALECT)
        known = {name: value for name, value in compiled.params.items() if value is not None}
        return cls(str(compiled), known)

    def one(self, connection: sa.Connection, values: Mapping[str, Any]) -> sa.Row[Any]:
        """Its only row.

        Args:
            connection: to run it on.
            values: by name; others than the statement has do no harm.
        """
        return connection.exec_driver_sql(self.text, {**self.constants, **values}).one()
