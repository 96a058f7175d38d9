"""The batch layer's audit: every file that was loaded since it was last compared.

A file's observations are counted from the Parquet on HDFS and held against MySQL, some stations at a
time, so that memory does not depend on how much is stored. What was compared stays settled until the
file is loaded anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

import polars as pl
import sqlalchemy as sa
import structlog

from isotherm.audit.ledger import (
    LedgerLine,
    Scope,
    account,
    count_keys_by_hour,
    describe_lines,
    record,
)
from isotherm.audit.settled_files import (
    LoadedFile,
    read_lines,
    read_scope,
    read_unsettled,
    write_accounts,
)
from isotherm.audit.stored_hours import read_hours
from isotherm.errors import DamagedBucketError
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.observation import KEY
from isotherm.stores.bucket_tables import FileVersion, read_stations, read_versions
from isotherm.stores.hdfs_layout import OBSERVATION_ROOT, bucket_path
from isotherm.stores.hdfs_store import HdfsStore

log = structlog.get_logger("isotherm.audit")

# Observations compared at a time. The whole process, 93 MB of imports included, then stays below 170;
# with 60 000 it takes up to 190 MB.
_ROWS_AT_ONCE: Final = 30_000


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an audit of the batch layer came to.

    Attributes:
        compared: how many files were compared now; not those that Spark or a load were at meanwhile.
        lines: the account of every settled file of the layer, one line per rule.
        wrong: files whose rows in MySQL are not what they should be.
        scope: what the lines cover.
        settled_at: when the check began.
    """

    compared: int
    lines: list[LedgerLine]
    wrong: list[str]
    scope: Scope
    settled_at: datetime

    @property
    def is_balanced(self) -> bool:
        """Whether something was compared, now or before, and nothing is lost or doubled."""
        return all(line.is_balanced for line in self.lines)

    def describe(self) -> str:
        """In a sentence."""
        return describe_lines(self.lines, self.scope, self.settled_at)


def settle_files(engine: sa.Engine, store: HdfsStore, run_label: str) -> Settlement:
    """Compare what was loaded since the last audit, and keep the ledger.

    Files that are wrong are marked to be read and loaded anew: the next run mends them. Other runs go
    on meanwhile: a file of which HDFS holds another version than MySQL, or that was loaded while it was
    compared, is left to the next audit.

    Args:
        engine: the database.
        store: HDFS.
        run_label: what the lines of the ledger are called.

    Raises:
        StoreError: HDFS or MySQL do not answer.
    """
    compared, wrong = 0, []
    settled_at = datetime.now(UTC)
    unsettled = read_unsettled(engine)
    for _, files in groupby(unsettled, key=lambda one: (one.dataset, one.year, one.bucket)):
        for settled, wrong_ones in _settle_bucket(engine, store, list(files)):
            compared += settled
            wrong += wrong_ones
    if unsettled:
        log.info(
            f"ledger: {compared} files compared, {len(wrong)} of them wrong; "
            f"{len(unsettled) - compared} are being made or loaded anew and left to the next audit"
        )
    lines, scope = read_lines(engine), read_scope(engine)
    if compared:
        with engine.begin() as connection:
            record(connection, run_label, lines, scope, settled_at)
    for name in wrong:
        log.error(f"{name}: MySQL does not hold what its file holds; the next run loads it anew")
    return Settlement(compared, lines, wrong, scope, settled_at)


def _settle_bucket(
    engine: sa.Engine, store: HdfsStore, files: Sequence[LoadedFile]
) -> Iterator[tuple[int, list[str]]]:
    """Compare files of one bucket; for each part how many were compared, and the wrong ones' names."""
    one = files[0]
    path = bucket_path(OBSERVATION_ROOT, one.dataset, one.year, one.bucket)
    content, versions = _read_bucket(store, path)
    for part in _parts([file for file in files if _is_as_loaded(file, versions)]):
        accounts = _compare(engine, _keys_of(content, path, part), part)
        yield write_accounts(engine, part, accounts)


def _read_bucket(store: HdfsStore, path: str) -> tuple[bytes | None, Mapping[str, FileVersion]]:
    """A bucket's file and what it was made from; one that is damaged is as good as gone."""
    content = store.read_if_exists(path)
    if content is None:
        return None, {}
    try:
        return content, read_versions(content, path)
    except DamagedBucketError as error:
        log.error(str(error))
        return None, {}


def _is_as_loaded(file: LoadedFile, in_bucket: Mapping[str, FileVersion]) -> bool:
    """Whether the bucket holds what was loaded; one it does not know is wrong, not another version."""
    loaded = FileVersion(file.loaded_sha256, file.made_by)
    return in_bucket.get(file.station_id, loaded) == loaded


def _parts(files: Sequence[LoadedFile]) -> Iterator[list[LoadedFile]]:
    """Files of one bucket, so many that they fit into memory."""
    part: list[LoadedFile] = []
    rows = 0
    for file in files:
        if part and rows + file.row_count > _ROWS_AT_ONCE:
            yield part
            part, rows = [], 0
        part.append(file)
        rows += file.row_count
    if part:
        yield part


def _compare(engine: sa.Engine, keys: pl.DataFrame, part: Sequence[LoadedFile]) -> pl.DataFrame:
    """station_id, rule and the ledger's counts of some files of one bucket."""
    one = part[0]
    stations = [file.station_id for file in part]
    expected = count_keys_by_hour(keys)
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


def _keys_of(content: bytes | None, path: str, part: Sequence[LoadedFile]) -> pl.DataFrame:
    """The keys of some files of a bucket; none where there is none, or none that can be read."""
    columns = {**dict.fromkeys(KEY, pl.String()), "observed_at": pl.Datetime("us", "UTC")}
    keys = pl.DataFrame(schema=columns)
    if content is not None:
        try:
            keys = read_stations(content, path, [file.station_id for file in part], list(columns))
        except DamagedBucketError as error:
            log.error(str(error))
    return keys.with_columns(dataset=pl.lit(part[0].dataset))
