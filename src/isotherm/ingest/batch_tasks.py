"""What both batch DAGs do after the download: all that is pending, wherever it lies, whoever left it.

Nothing here knows of days, years or stations: the ledger of files says what Spark has not read and
what MySQL has not got.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import stamina

from isotherm.audit.files import settle_files
from isotherm.audit.settled_files import has_unsettled
from isotherm.errors import StoreError
from isotherm.ingest.day_ranges import as_ranges
from isotherm.ingest.file_reviews import hold_doubtful
from isotherm.ingest.hole_report import write_holes
from isotherm.ingest.place_walk import refresh_places
from isotherm.ingest.report import log, write_table
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.spark.pending import prepare_work
from isotherm.stores import source_files, untold_days
from isotherm.stores.mysql import is_transient
from isotherm.stores.tables import LEDGER_COUNTS

_ATTEMPTS: Final = 10


@dataclass(frozen=True, slots=True)
class Work:
    """What is still to be done, in the whole platform.

    Attributes:
        is_pending: Spark has files to read.
        has_changes: the loader has days to load, or days changed that nobody has told of.
        has_unsettled: something was loaded that no audit has compared.
        has_questions: a file with many rejects waits for a question to an operator.
    """

    is_pending: bool
    has_changes: bool
    has_unsettled: bool
    has_questions: bool = False

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return not (self.is_pending or self.has_changes or self.has_unsettled or self.has_questions)


def prepare(place: Workplace) -> None:
    """Make pending what must be read again: tables that HDFS has lost, files of older code.

    Raises:
        StoreError: HDFS does not answer.
    """
    for attempt in stamina.retry_context(on=is_transient, attempts=_ATTEMPTS):
        with attempt, place.engine.begin() as connection:
            prepare_work(connection, place.store, place.datasets)


def find_work(place: Workplace) -> Work:
    """Look what is left."""
    with place.engine.connect() as connection:
        has_changes = source_files.has_changes(connection) or untold_days.has_unclaimed(connection)
        return Work(
            source_files.has_pending(connection),
            has_changes,
            has_unsettled(connection),
            source_files.has_questions(connection),
        )


@in_workplace
def prepare_and_find_work(place: Workplace) -> Work:
    """Both, for a task in Spark's pool.

    Raises:
        StoreError: HDFS does not answer.
    """
    prepare(place)
    return find_work(place)


@in_workplace
def count_pending(place: Workplace) -> int:
    """How many files Spark has still to read."""
    with place.engine.connect() as connection:
        return source_files.count_pending(connection)


@in_workplace
def load_part(place: Workplace) -> None:
    """Take what is summarised so far to MySQL; `load_changes` tells of its days when all is done.

    Raises:
        StoreError: some could not be loaded; what could is in MySQL, and the message says what to do.
    """
    _load(place)


@in_workplace
def load_changes(place: Workplace, *, run_id: str) -> dict[str, Any]:
    """Take everything that changed to MySQL, and claim the days that are to be told of.

    A load that fails is done again as long as it leaves less to be done.

    Args:
        place: the stores.
        run_id: who tells of the days.

    Returns:
        `days`: the days whose rows changed, as ranges; those of a load that was killed are among them.

    Raises:
        StoreError: some could not be loaded; what could is in MySQL, and the message says what to do.
    """
    _load(place, run_id)
    with place.engine.begin() as connection:
        days = untold_days.claim(connection, run_id)
    return {"days": as_ranges(days)}


@in_workplace
def forget_told_days(place: Workplace, *, run_id: str) -> None:
    """Forget the days that this run has told of, and show how many."""
    with place.engine.begin() as connection:
        told = untold_days.forget_told(connection, run_id)
    write_table("Told of days that changed", ("asset", "events"), [("observation_day", told)])


@in_workplace
def settle_ledger(place: Workplace, *, run_label: str) -> str | None:
    """Compare what was loaded since the last audit, and show the whole layer's ledger.

    Args:
        place: the stores.
        run_label: what the lines are called.

    Returns:
        What is wrong and what mends it; None where all is well.

    Raises:
        StoreError: HDFS or MySQL does not answer.
    """
    settlement = settle_files(place.engine, place.store, run_label)
    log.info(settlement.describe())
    write_table(
        f"Ledger of the batch layer, in distinct observations; {settlement.compared} files compared",
        ("rule", *LEDGER_COUNTS),
        [(line.rule, *(getattr(line, name) for name in LEDGER_COUNTS)) for line in settlement.lines],
    )
    if not settlement.wrong:
        return None
    return (
        f"MySQL does not hold what {len(settlement.wrong)} files hold: "
        f"{', '.join(settlement.wrong[:10])}. They are marked to be read and loaded anew: trigger "
        "ingest_observations, or wait for its next run."
    )


def _load(place: Workplace, run: str | None = None) -> None:
    """Load all there is, again as long as a load that fails leaves less to be done.

    Before it every id gets its place, so that a new station's hours are counted where they belong.
    """
    # Those of a job that was killed before it came to its end: the next run asks about them.
    hold_doubtful(place)
    left = _count_changed(place)
    if left:
        refresh_places(place.engine, place.directory)
    while True:
        try:
            report = replace(place.loader, run=run).load_changes()
        except StoreError as error:
            before, left = left, _count_changed(place)
            if not 0 < left < before:
                raise
            log.warning(f"{error} {before - left} files are loaded, the others are tried again.")
        else:
            write_holes(place.engine, report.station_years)
            return


def _count_changed(place: Workplace) -> int:
    with place.engine.connect() as connection:
        return source_files.count_changed(connection)
