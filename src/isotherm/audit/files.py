"""The batch layer's audit: every file that was loaded since it was last compared.

A file's observations are counted from the Parquet on HDFS and held against MySQL, some stations at a
time, so that memory does not depend on how much is stored. What was compared stays settled until the
file is loaded anew.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

import polars as pl
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.mysql import insert

from isotherm.audit.ledger import LedgerLine, account, count_keys_by_hour, record
from isotherm.audit.stored_hours import read_hours
from isotherm.datasets.registry import DATASETS
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.observation import KEY
from isotherm.quality import RULE_NAMES
from isotherm.stores import tables
from isotherm.stores.hdfs_layout import OBSERVATION_ROOT, bucket_path
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.utc import to_naive

log = structlog.get_logger("isotherm.audit")

# Observations compared at a time: about 60 MB with the rows of MySQL beside them.
_ROWS_AT_ONCE: Final = 60_000
_FILE: Final = tables.source_file
_SETTLED: Final = tables.settled_file
# A wrong file is read and loaded anew as a whole: every day of it counts as changed.
_SETTLED_FLAGS: Final = {"is_settled": 1}
_WRONG_FLAGS: Final = {"is_pending": 1, "has_changes": 1, "changed_days": b"\xff" * 45 + b"\x3f"}


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A file whose rows in MySQL have not been compared since they were loaded."""

    dataset: str
    year: int
    bucket: int
    station_id: str
    row_count: int
    set_aside_count: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an audit of the batch layer came to.

    Attributes:
        compared: how many files were compared now.
        lines: the account of every settled file of the layer, one line per rule.
        wrong: files whose rows in MySQL are not what they should be.
    """

    compared: int
    lines: list[LedgerLine]
    wrong: list[str]

    @property
    def is_balanced(self) -> bool:
        """Whether something was compared, now or before, and nothing is lost or doubled."""
        return all(line.is_balanced for line in self.lines)


def settle_files(engine: sa.Engine, store: HdfsStore, run_label: str) -> Settlement:
    """Compare what was loaded since the last audit, and keep the ledger.

    Files that are wrong are marked to be read and loaded anew: the next run mends them.

    Args:
        engine: the database.
        store: HDFS.
        run_label: what the lines of the ledger are called.

    Raises:
        StoreError: HDFS or MySQL do not answer.
    """
    compared, wrong = 0, []
    for part in _parts(_read_unsettled(engine)):
        accounts = _compare(engine, store, part)
        wrong += _write(engine, part, accounts)
        compared += len(part)
    if compared:
        log.info(f"ledger: {compared} files compared, {len(wrong)} of them wrong")
    lines = read_lines(engine)
    if compared:
        with engine.begin() as connection:
            record(connection, run_label, lines)
    for name in wrong:
        log.error(f"{name}: MySQL does not hold what its file holds; the next run loads it anew")
    return Settlement(compared, lines, wrong)


def read_lines(engine: sa.Engine) -> list[LedgerLine]:
    """The account of every settled file, one line per rule."""
    sums = [
        sa.func.coalesce(sa.func.sum(_SETTLED.c[name]), 0).label(name) for name in tables.LEDGER_COUNTS
    ]
    lines = []
    with engine.connect() as connection:
        for rule in RULE_NAMES:
            total = connection.execute(
                sa.select(*sums).where(
                    _SETTLED.c.dataset.in_([one.name for one in DATASETS]), _SETTLED.c.rule == rule
                )
            ).one()
            counts = {name: int(value) for name, value in total._mapping.items()}
            lines.append(LedgerLine(layer=LAYER_BATCH, rule=rule, **counts))
    return lines


def _read_unsettled(engine: sa.Engine) -> list[LoadedFile]:
    columns = [_FILE.c[name] for name in LoadedFile.__dataclass_fields__]
    statement = (
        sa.select(*columns)
        .where(_FILE.c.is_settled == 0, _FILE.c.has_changes == 0, _FILE.c.loaded_sha256.is_not(None))
        .order_by(_FILE.c.dataset, _FILE.c.year, _FILE.c.bucket, _FILE.c.station_id)
    )
    with engine.connect() as connection:
        return [LoadedFile(*row) for row in connection.execute(statement)]


def _parts(files: Sequence[LoadedFile]) -> Iterator[list[LoadedFile]]:
    """Files of one bucket, so many that they fit into memory."""
    for _, bucket in groupby(files, key=lambda one: (one.dataset, one.year, one.bucket)):
        part: list[LoadedFile] = []
        rows = 0
        for file in bucket:
            if part and rows + file.row_count > _ROWS_AT_ONCE:
                yield part
                part, rows = [], 0
            part.append(file)
            rows += file.row_count
        yield part


def _compare(engine: sa.Engine, store: HdfsStore, part: Sequence[LoadedFile]) -> pl.DataFrame:
    """station_id, rule and the ledger's counts of some files of one bucket."""
    one = part[0]
    stations = [file.station_id for file in part]
    expected = count_keys_by_hour(_read_keys(store, one, stations))
    with engine.connect() as connection:
        found = read_hours(
            connection,
            layer=LAYER_BATCH,
            dataset=one.dataset,
            station_ids=stations,
            first=datetime(one.year, 1, 1, tzinfo=UTC),
            end=datetime(one.year + 1, 1, 1, tzinfo=UTC),
        )
    return account(expected, found)


def _read_keys(store: HdfsStore, one: LoadedFile, stations: Sequence[str]) -> pl.DataFrame:
    """The keys of some stations of a bucket; none where the bucket has no file."""
    path = bucket_path(OBSERVATION_ROOT, one.dataset, one.year, one.bucket)
    columns = {**dict.fromkeys(KEY, pl.String()), "observed_at": pl.Datetime("us", "UTC")}
    if not store.exists(path):
        keys = pl.DataFrame(schema=columns)
    else:
        table = pl.scan_parquet(io.BytesIO(store.read(path)))
        keys = table.filter(pl.col("station_id").is_in(stations)).select(*columns).collect()
    return keys.with_columns(dataset=pl.lit(one.dataset))


def _write(engine: sa.Engine, part: Sequence[LoadedFile], accounts: pl.DataFrame) -> list[str]:
    """Keep each file's account; returns the names of those that are wrong."""
    rows = _rows(part, accounts)
    wrong = {str(row["station_id"]) for row in rows if row["lost"] or row["doubled"]}
    one = part[0]
    with engine.begin() as connection:
        statement = insert(_SETTLED)
        values = {name: statement.inserted[name] for name in (*tables.LEDGER_COUNTS, "checked_at")}
        connection.execute(statement.on_duplicate_key_update(values), rows)
        for station_ids, is_right in (
            ([file.station_id for file in part if file.station_id not in wrong], True),
            (sorted(wrong), False),
        ):
            if station_ids:
                connection.execute(
                    sa.update(_FILE)
                    .where(
                        _FILE.c.dataset == one.dataset,
                        _FILE.c.year == one.year,
                        _FILE.c.station_id.in_(station_ids),
                        _FILE.c.has_changes == 0,
                    )
                    .values(_SETTLED_FLAGS if is_right else _WRONG_FLAGS)
                )
    return [f"{one.dataset} {one.year} {station_id}" for station_id in sorted(wrong)]


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
