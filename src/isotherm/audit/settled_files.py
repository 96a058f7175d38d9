"""What the audit of files keeps in MySQL: which files are settled, and each file's account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects.mysql import insert

from isotherm.audit.ledger import LedgerLine, Scope
from isotherm.datasets.facts import FACTS
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.quality import DEFAULT_RULE, RULE_NAMES
from isotherm.stores import tables
from isotherm.utc import to_naive

_FILE: Final = tables.source_file
_SETTLED: Final = tables.settled_file
# A wrong file is read and loaded anew as a whole: every day of it counts as changed.
_SETTLED_FLAGS: Final = {"is_settled": 1}
_WRONG_FLAGS: Final = {"is_pending": 1, "has_changes": 1, "changed_days": b"\xff" * 45 + b"\x3f"}
# Without `made_by` the bucket's loss is known already: Spark is to make it anew.
_IS_UNSETTLED: Final = (
    _FILE.c.is_settled == 0,
    _FILE.c.has_changes == 0,
    _FILE.c.loaded_sha256.is_not(None),
    _FILE.c.made_by.is_not(None),
)


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A file whose rows in MySQL have not been compared since they were loaded.

    Attributes:
        loaded_sha256: the version MySQL holds.
        loaded_at: when it was loaded; a load meanwhile makes another one of it.
        made_by: the code that read this version.
    """

    dataset: str
    year: int
    bucket: int
    station_id: str
    row_count: int
    set_aside_count: int
    loaded_sha256: str
    loaded_at: datetime | None
    made_by: str


_COLUMNS: Final = [_FILE.c[name] for name in LoadedFile.__dataclass_fields__]


def has_unsettled(connection: sa.Connection) -> bool:
    """Whether something was loaded that no audit has compared: one that was killed is done again."""
    statement = sa.select(_FILE.c.station_id).where(*_IS_UNSETTLED).limit(1)
    return connection.scalar(statement) is not None


def read_unsettled(engine: sa.Engine) -> list[LoadedFile]:
    """All of them, in the order of dataset, year and bucket."""
    statement = (
        sa.select(*_COLUMNS)
        .where(*_IS_UNSETTLED)
        .order_by(_FILE.c.dataset, _FILE.c.year, _FILE.c.bucket, _FILE.c.station_id)
    )
    with engine.connect() as connection:
        return [LoadedFile(*row) for row in connection.execute(statement)]


def write_accounts(
    engine: sa.Engine, part: Sequence[LoadedFile], accounts: pl.DataFrame
) -> tuple[int, list[str]]:
    """Keep the accounts of files that nobody has loaded since they were read.

    Args:
        engine: the database.
        part: files of one dataset and year.
        accounts: as `ledger.account` returns.

    Returns:
        How many were kept, and the names of those that are wrong: they are marked to be made anew.
    """
    one = part[0]
    with engine.begin() as connection:
        held = _lock_unchanged(connection, part)
        rows = _rows(held, accounts)
        if not rows:
            return 0, []
        statement = insert(_SETTLED)
        values = {name: statement.inserted[name] for name in (*tables.LEDGER_COUNTS, "checked_at")}
        connection.execute(statement.on_duplicate_key_update(values), rows)
        wrong = {str(row["station_id"]) for row in rows if row["lost"] or row["doubled"]}
        for station_ids, flags in (
            ([file.station_id for file in held if file.station_id not in wrong], _SETTLED_FLAGS),
            (sorted(wrong), _WRONG_FLAGS),
        ):
            if station_ids:
                connection.execute(
                    sa.update(_FILE)
                    .where(
                        _FILE.c.dataset == one.dataset,
                        _FILE.c.year == one.year,
                        _FILE.c.station_id.in_(station_ids),
                    )
                    .values(flags)
                )
    return len(held), [f"{one.dataset} {one.year} {station_id}" for station_id in sorted(wrong)]


def _lock_unchanged(connection: sa.Connection, part: Sequence[LoadedFile]) -> list[LoadedFile]:
    """Those that still are as they were read; nobody loads them until commit."""
    one = part[0]
    statement = (
        sa.select(*_COLUMNS)
        .where(
            _FILE.c.dataset == one.dataset,
            _FILE.c.year == one.year,
            _FILE.c.station_id.in_([file.station_id for file in part]),
            _FILE.c.has_changes == 0,
        )
        .order_by(_FILE.c.station_id)
        .with_for_update()
    )
    unchanged = {LoadedFile(*row) for row in connection.execute(statement)}
    return [file for file in part if file in unchanged]


def _rows(part: Sequence[LoadedFile], accounts: pl.DataFrame) -> list[dict[str, object]]:
    """One row per file and rule; a file without observations or rows has zeros."""
    now = to_naive(datetime.now(UTC)).replace(microsecond=0)
    found = {(row["station_id"], row["rule"]): row for row in accounts.iter_rows(named=True)}
    rows: list[dict[str, object]] = []
    for file in part:
        for rule in RULE_NAMES:
            row = found.get((file.station_id, rule), {})
            counts = {name: int(row.get(name) or 0) for name in tables.LEDGER_COUNTS}
            counts["fed"] += file.set_aside_count
            counts["dead_lettered"] += file.set_aside_count
            rows.append(
                {
                    "dataset": file.dataset,
                    "year": file.year,
                    "station_id": file.station_id,
                    "rule": rule,
                    **counts,
                    "checked_at": now,
                }
            )
    return rows


def read_lines(engine: sa.Engine) -> list[LedgerLine]:
    """The account of every settled file, one line per rule.

    It adds up every row of the table, three per file, once an audit. Running totals would have to be
    put right wherever a file is loaded, found wrong or mended, and could then be wrong themselves.
    """
    sums = [
        sa.func.coalesce(sa.func.sum(_SETTLED.c[name]), 0).label(name) for name in tables.LEDGER_COUNTS
    ]
    lines = []
    with engine.connect() as connection:
        for rule in RULE_NAMES:
            total = connection.execute(
                sa.select(*sums).where(
                    _SETTLED.c.dataset.in_([one.name for one in FACTS]), _SETTLED.c.rule == rule
                )
            ).one()
            counts = {name: int(value) for name, value in total._mapping.items()}
            lines.append(LedgerLine(layer=LAYER_BATCH, rule=rule, **counts))
    return lines


def read_scope(engine: sa.Engine) -> Scope:
    """What those lines cover: every settled file of every dataset."""
    columns = (
        _SETTLED.c.dataset,
        sa.func.count().label("files"),
        sa.func.min(_FILE.c.first_observed_at),
        sa.func.max(_FILE.c.last_observed_at),
    )
    same_file = sa.and_(
        *(_FILE.c[name] == _SETTLED.c[name] for name in ("dataset", "year", "station_id"))
    )
    statement = (
        sa.select(*columns)
        .select_from(_SETTLED.outerjoin(_FILE, same_file))
        .where(_SETTLED.c.dataset.in_([one.name for one in FACTS]), _SETTLED.c.rule == DEFAULT_RULE)
        .group_by(_SETTLED.c.dataset)
        .order_by(_SETTLED.c.dataset)
    )
    with engine.connect() as connection:
        rows = connection.execute(statement).all()
    firsts = [first.date() for _, _, first, _ in rows if first is not None]
    lasts = [last.date() for _, _, _, last in rows if last is not None]
    return Scope(
        datasets=tuple(name for name, *_ in rows),
        first_day=min(firsts, default=None),
        last_day=max(lasts, default=None),
        station_year_count=sum(count for _, count, _, _ in rows),
    )
