"""The ledger of files: table `source_file`, one row per dataset, year and station.

It says which version of a file is in HDFS, what the tables on HDFS were made from and by which code,
which days changed since MySQL was loaded, and whether the audit has compared them. Download, Spark job,
loader and audit each write their part and ask for what is still to be done; nothing depends on which
run asked.

    download ──is_pending──► Spark job ──has_changes──► loader ──not is_settled──► audit
"""

from isotherm.stores.source_files.downloads import (
    KnownFile,
    RefusedFile,
    count_files,
    count_refused,
    read_asked_longest_ago,
    read_known_files,
    read_known_stations,
    read_refused,
    read_stations_since,
    record_acceptance,
    record_confirmed,
    record_download,
    record_gone,
    record_refusal,
    record_refused_again,
    short_etag,
)
from isotherm.stores.source_files.loads import (
    ChangedFile,
    count_changed,
    has_changes,
    lock_changed,
    mark_day,
    read_changed,
    read_changed_years,
    record_loaded,
)
from isotherm.stores.source_files.rejections import (
    add_rejections,
)
from isotherm.stores.source_files.reviews import (
    FileReview,
    ReviewState,
    decide_all,
    decide_asked,
    has_questions,
    hold_doubtful,
    read_set_aside,
    take_questions,
)
from isotherm.stores.source_files.rows import (
    decode_days,
    encode_days,
)
from isotherm.stores.source_files.summaries import (
    FailedFile,
    count_pending,
    has_pending,
    mark_buckets,
    mark_due,
    mark_outdated,
    read_buckets,
    read_failed,
    read_pending,
    record_summarised,
)
from isotherm.stores.source_files.versions import (
    HeldVersion,
    newest_held_day,
    read_held,
    still_held,
)

__all__ = [
    "ChangedFile",
    "FailedFile",
    "FileReview",
    "HeldVersion",
    "KnownFile",
    "RefusedFile",
    "ReviewState",
    "add_rejections",
    "count_changed",
    "count_files",
    "count_pending",
    "count_refused",
    "decide_all",
    "decide_asked",
    "decode_days",
    "encode_days",
    "has_changes",
    "has_pending",
    "has_questions",
    "hold_doubtful",
    "lock_changed",
    "mark_buckets",
    "mark_day",
    "mark_due",
    "mark_outdated",
    "newest_held_day",
    "read_asked_longest_ago",
    "read_buckets",
    "read_changed",
    "read_changed_years",
    "read_failed",
    "read_held",
    "read_known_files",
    "read_known_stations",
    "read_pending",
    "read_refused",
    "read_set_aside",
    "read_stations_since",
    "record_acceptance",
    "record_confirmed",
    "record_download",
    "record_gone",
    "record_loaded",
    "record_refusal",
    "record_refused_again",
    "record_summarised",
    "short_etag",
    "still_held",
    "take_questions",
]
