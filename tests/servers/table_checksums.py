"""What stands in every table that is made of hours, as one checksum each: equal tables, equal sums."""

import hashlib
from collections.abc import Sequence, Set
from typing import Any

import sqlalchemy as sa

from isotherm.stores.tables import metadata

# When a row was written, and by which delivery, is its history and not what it says.
_HISTORY = {"updated_at", "received", "version"}
# What is no summary, and yet follows from the files and from who belongs where.
_ALSO = {"served_day", "station_place"}


def derived_tables() -> list[sa.Table]:
    """Every table of summaries there is, and what decides of them."""
    keys = {"rule", "dataset", "layer"}
    found = [
        one
        for one in metadata.sorted_tables
        if keys <= {*one.primary_key.columns.keys()} or one.name in _ALSO
    ]
    assert len(found) > len(_ALSO)
    return found


def checksums(
    engine: sa.Engine, tables: Sequence[sa.Table] | None = None, *, without: Set[str] = frozenset()
) -> dict[str, str]:
    """A checksum of each table's rows, whatever their order; by default of all derived ones."""
    found = derived_tables() if tables is None else tables
    return {one.name: _checksum(rows_of(engine, one, without=without)) for one in found}


def tables_of_before(engine: sa.Engine) -> list[sa.Table]:
    """The derived tables as an older version has them: those it has, with the columns it has."""
    there = sa.inspect(engine)
    names = [one.name for one in derived_tables() if there.has_table(one.name)]
    return [sa.Table(one, sa.MetaData(), autoload_with=engine) for one in names]


def rows_of(
    engine: sa.Engine, table: sa.Table, *, without: Set[str] = frozenset()
) -> list[tuple[Any, ...]]:
    """Every row without its history and these columns, sorted."""
    columns = [one for one in table.columns if one.name not in _HISTORY | without]
    with engine.connect() as connection:
        return sorted((tuple(row) for row in connection.execute(sa.select(*columns))), key=repr)


def _checksum(rows: list[tuple[Any, ...]]) -> str:
    return f"{len(rows)} rows {hashlib.sha256(repr(rows).encode()).hexdigest()[:16]}"
