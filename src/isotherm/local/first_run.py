"""The first run: import what the archive has, stream its newest days, and settle the ledger.

Both layers run through Airflow, so that everything it did can be read in the UI. It ends well only if
the ledger of both layers balances and the streamed hours equal those of the batch layer.
"""

import json
import time
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from isotherm.archive.archives import open_archive
from isotherm.archive.station_year import StationYear
from isotherm.audit.feeds import settle_feeds
from isotherm.audit.files import settle_files
from isotherm.audit.ledger import LedgerLine
from isotherm.datasets.registry import DATASETS
from isotherm.errors import IsothermError, SourceError
from isotherm.files import write_whole
from isotherm.local.airflow_client import AirflowClient, DagRunFailedError
from isotherm.local.dag_release import adopt_released
from isotherm.local.first_pipeline import MAX_STATIONS, has_begun, next_attempt, run_pipeline
from isotherm.local.secret_files import airflow_logins
from isotherm.settings import Settings
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine


@dataclass(slots=True)
class FirstRunRecord:
    """What `first_run.json` in the state folder holds: how far it came, when, and what it was about.

    `dataset` is the one it imports; empty = all that have files.
    """

    state: Literal["running", "complete", "failed"]
    station_years: list[StationYear] = field(default_factory=list)
    feed_ids: list[str] = field(default_factory=list)
    attempt: int = 0
    at: str = ""
    dataset: str = ""

    @classmethod
    def read(cls, settings: Settings) -> "FirstRunRecord":
        """The record of a state folder; `running` where there is none yet."""
        try:
            document = json.loads(_record_file(settings).read_text())
        except FileNotFoundError:
            return cls("running")
        years = [StationYear(*one) for one in document["station_years"]]
        feed_ids, attempt = document.get("feed_ids", []), document.get("attempt", 0)
        at, dataset = document.get("at", ""), document.get("dataset", "")
        return cls(document["state"], years, feed_ids, attempt, at, dataset)

    def write(self, settings: Settings) -> None:
        """Replace the record, whole."""
        document = {
            "state": self.state,
            "at": datetime.now(UTC).isoformat(),
            "station_years": [astuple(one) for one in self.station_years],
            "feed_ids": self.feed_ids,
            "attempt": self.attempt,
            "dataset": self.dataset,
        }
        write_whole(_record_file(settings), json.dumps(document))


def _record_file(settings: Settings) -> Path:
    return settings.state_dir / "first_run.json"


@dataclass(frozen=True, slots=True)
class FirstRunResult:
    """What the first run came to."""

    station_years: int
    ledger: list[LedgerLine]
    streamed_hours: int
    differing_hours: int
    wrong_files: list[str]

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost or doubled and both layers agree."""
        return self.differing_hours == 0 and all(line.is_balanced for line in self.ledger)


def run_first(settings: Settings, console: Console) -> bool:
    """Run the whole pipeline once, unless this state folder has; settle and print its ledger.

    One that is complete stays so, whatever happens later: new files are the daily run's business.

    Returns:
        Whether the ledger balances and the layers agree.
    """
    record = FirstRunRecord.read(settings)
    if record.state == "complete":
        adopt_released(settings)
        console.print(_complete_since(record), highlight=False)
        return True
    begun = time.monotonic()
    password = airflow_logins(settings)["admin"]
    with AirflowClient(settings.airflow_api_url, "admin", password) as airflow:
        try:
            record = _begin(airflow, settings, record)
            _run(airflow, settings, console, record)
            console.print("  Settling the ledger: every streamed observation against MySQL.")
            result = settle(settings, record)
        except (IsothermError, SQLAlchemyError) as error:
            replace(record, state="failed").write(settings)
            console.print(f"[red]The first run failed.[/red] {escape(str(error))}", highlight=False)
            return False
    _print_result(console, result)
    console.print(f"The first run took {time.monotonic() - begun:.0f} s.", highlight=False)
    replace(record, state="complete" if result.is_good else "failed").write(settings)
    return result.is_good


def _complete_since(record: FirstRunRecord) -> str:
    stations = len({one.station_id for one in record.station_years})
    return (
        f"The first run is complete since {record.at[:16].replace('T', ' ')} UTC: "
        f"{len(record.station_years)} station-years of {stations} stations."
    )


def _run(airflow: AirflowClient, settings: Settings, console: Console, record: FirstRunRecord) -> None:
    """Run the pipeline, and anew if it was interrupted before and could not be brought to its end."""
    while True:
        was_begun = has_begun(airflow, record.attempt)
        try:
            record.feed_ids = run_pipeline(
                airflow, settings, console, record.station_years, record.attempt, record.dataset
            )
        except DagRunFailedError as error:
            if not was_begun:
                raise
            console.print(f"{escape(str(error).splitlines()[0])} It was interrupted: running it anew.")
            record.attempt += 1
            record.write(settings)
        else:
            return


def _begin(airflow: AirflowClient, settings: Settings, before: FirstRunRecord) -> FirstRunRecord:
    """A new attempt, or the one that an interrupted `up` had begun."""
    is_new = before.state == "failed" or not before.attempt
    attempt = next_attempt(airflow, before.attempt + is_new)
    chosen, dataset = choose_first_visit(settings)
    record = FirstRunRecord("running", chosen, attempt=attempt, dataset=dataset)
    record.write(settings)
    return record


def choose_first_visit(settings: Settings) -> tuple[list[StationYear], str]:
    """What a first run takes from the archive: its first visit, of at most 100 stations.

    Returns:
        The station-years, and the dataset where the first visit is of one alone: the same years of the
        same places are not imported of others as well. Empty where it is of several.

    Raises:
        SourceError: the archive has no station-year at all.
    """
    archive = open_archive(settings)
    try:
        found = [one for dataset in DATASETS for one in archive.list_first_visit(dataset)]
    finally:
        archive.close()
    if not found:
        titles = " or ".join(one.title for one in DATASETS)
        layouts = " or ".join(
            f"{one.access_path}/YEAR/{form.folder}/{form.file_name('STATION', 0)}".replace("//", "/")
            for one in (dataset.layout for dataset in DATASETS)
            for form in one.forms
        )
        raise SourceError(
            f"The archive {settings.archive} holds no station-year of {titles}. It must be laid out as "
            f"NOAA lays it out: {layouts} (or .gz)."
        )
    stations = set(sorted({one.station_id for one in found})[:MAX_STATIONS])
    dataset, *others = {one.dataset for one in found}
    return [one for one in found if one.station_id in stations], "" if others else dataset


def settle(settings: Settings, record: FirstRunRecord) -> FirstRunResult:
    """Audit what was loaded since the last audit and what the first run fed, and keep the ledger."""
    engine = create_engine(settings)
    try:
        batch = settle_files(engine, HdfsStore(settings), "first run")
        speed = settle_feeds(settings, engine, record.feed_ids, "first run")
    finally:
        engine.dispose()
    return FirstRunResult(
        len(record.station_years),
        [*batch.lines, *speed.lines],
        speed.hours,
        speed.differing_hours,
        batch.wrong,
    )


def _print_result(console: Console, result: FirstRunResult) -> None:
    # A column per rule: it fits into 80 characters.
    table = Table(title="Ledger, in distinct observations")
    table.add_column("")
    for line in result.ledger:
        table.add_column(f"{line.layer}\n{line.rule}", justify="right")
    for name in (
        "fed", "counted", "not_selected", "rejected", "superseded", "late", "dead_lettered", "lost",
        "doubled", "deliveries", "repaired",
    ):  # fmt: skip
        values = [f"{getattr(line, name):,}" for line in result.ledger]
        table.add_row(
            name.replace("_", " "), *values, end_section=name in ("fed", "dead_lettered", "doubled")
        )
    console.print(table)
    console.print(
        f"{result.station_years} station-years imported; {result.streamed_hours} station-hours "
        f"streamed, {result.differing_hours} of them differ from the batch layer.",
        highlight=False,
    )
    if not result.is_good:
        console.print(
            f"[red]The ledger does not balance.[/red] {_how_to_heal(result)}",
            highlight=False,
        )


def _how_to_heal(result: FirstRunResult) -> str:
    """The command that mends what is wrong, by what it is."""
    if result.wrong_files:
        named = ", ".join(result.wrong_files[:5])
        return (
            f"MySQL does not hold what these files hold: {named}. They are marked to be read and "
            "loaded anew: ./isotherm airflow dags trigger ingest_observations"
        )
    if result.differing_hours:
        return (
            "Streamed hours differ from the batch layer. Read the log of replay_observations in the "
            "Airflow UI; ./isotherm airflow dags trigger stream_observations plays them again."
        )
    return (
        "Nothing was compared, or observations are missing before the stream. Read the task logs in "
        "the Airflow UI, mend the cause, and run ./isotherm up again."
    )
