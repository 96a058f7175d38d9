"""A raw file on HDFS and what was found in it: what the Spark job's driver and workers exchange.

Apart from `source_files`, which records both: a worker needs no database.
"""

from dataclasses import dataclass
from datetime import datetime

# Line of the file, reason, what it held.
RejectedRow = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class RawFile:
    """One file in HDFS, in the version to be read; `published_at` with its zone.

    Attributes:
        summarised_sha256: the version the ledger says the tables hold; None = none.
        made_by: the code it says made them. Where the tables hold anything else, a job was killed
            before it could record what it had changed.
    """

    dataset: str
    year: int
    station_id: str
    bucket: int
    sha256: str
    hdfs_path: str
    published_at: datetime
    summarised_sha256: str | None = None
    made_by: str | None = None


@dataclass(frozen=True, slots=True)
class FileContent:
    """What the Spark job found in one file, and what of it differs from before.

    Attributes:
        row_count: rows of this station and year, those with a malformed temperature and those unlike
            their neighbours among them: what a newer version must cover.
        day_count: UTC days that have an observation.
        last_counted_at: newest observation of an hour in which some count, by the default rule.
        changed_days: days of the year (1..366) whose summaries differ from those of before.
        rejected: observations rejected under the default rule, by reason, where there are any.
        set_aside: rows that are no observation of this file.
        read_again_at: when rows that are in the future now will have arrived.
        failure: why the file could not be read; then the tables on HDFS are as they were.
        raw_is_missing: the failure is that HDFS does not have the raw file, or a damaged one.
    """

    row_count: int = 0
    malformed_count: int = 0
    day_count: int = 0
    first_observed_at: datetime | None = None
    last_observed_at: datetime | None = None
    last_counted_at: datetime | None = None
    changed_days: tuple[int, ...] = ()
    rejected: tuple[tuple[str, int], ...] = ()
    set_aside: tuple[RejectedRow, ...] = ()
    read_again_at: datetime | None = None
    failure: str | None = None
    raw_is_missing: bool = False
