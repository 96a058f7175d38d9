"""The training of the forecast in Spark: hours of all places first, then their models, by bucket.

A task is a bucket of places and is done whole in one worker, so nothing is shuffled. What a bucket came
to is a file on HDFS: a training that was killed goes on with the others when it is started again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import structlog
from pyspark import SparkContext
from sqlalchemy import Connection, select

from isotherm.datasets.dataset import Dataset
from isotherm.errors import StoreError
from isotherm.progress import Progress
from isotherm.spark.training_tasks import BucketDone, PlaceFiles, PrepareTask, TrainTask
from isotherm.spark.training_work import PREPARED, TRAINED, prepare_bucket, train_bucket
from isotherm.station import Station
from isotherm.stores.hdfs_layout import bucket_of
from isotherm.stores.hdfs_store import HdfsAddress, HdfsConnection, HdfsStore
from isotherm.stores.places import places_of
from isotherm.stores.source_files import read_held
from isotherm.stores.station_models import read_station_models
from isotherm.stores.tables import station
from isotherm.stores.training_files import TrainingFiles

log = structlog.get_logger("isotherm.training")

_IDS_AT_ONCE: Final = 1_000
_FIRST_YEAR: Final = 1900

Task = TypeVar("Task", PrepareTask, TrainTask)


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What a training does; kept on HDFS beside its files.

    Attributes:
        version: of the models.
        run_label: who asks.
        place_ids: None = all that have files.
        until_hour: nothing from then on is looked at; hours since 1970, None = all there is.
        years: at most so many of each place, its newest.
        trains: False: the hours are only read, for a forecast by the models that are there.
        trees_dir: where LightGBM lies if trees are tried, else None.
    """

    version: str
    run_label: str
    place_ids: tuple[str, ...] | None
    until_hour: int | None
    years: int
    trains: bool
    trees_dir: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "TrainingPlan":
        """As `TrainingFiles` keeps it."""
        ids = values["place_ids"]
        return cls(**{**values, "place_ids": None if ids is None else tuple(ids)})


def read_places(
    connection: Connection, datasets: tuple[Dataset, ...], plan: TrainingPlan
) -> list[PlaceFiles]:
    """The places of a plan and the files of their newest years, sorted.

    Files that Spark, a load or an operator's answer has still to come to are left out.
    """
    now = datetime.now(UTC)
    last = now if plan.until_hour is None else datetime.fromtimestamp(plan.until_hour * 3600, UTC)
    first = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    held = read_held(connection, datasets, first.date(), last.date())
    place_of = places_of(connection, {one.station_id for one in held})
    wanted = None if plan.place_ids is None else set(plan.place_ids)
    files: dict[str, list[tuple[str, int, str]]] = {}
    for one in held:
        place_id = place_of[one.station_id]
        if wanted is None or place_id in wanted:
            files.setdefault(place_id, []).append((one.dataset, one.year, one.station_id))
    described = _stations(connection, files)
    return [
        PlaceFiles(described.get(one, Station(one)), _newest(found, plan.years))
        for one, found in sorted(files.items())
    ]


def _newest(files: Sequence[tuple[str, int, str]], years: int) -> tuple[tuple[str, int, str], ...]:
    """Those of the last so many years, and of the one before, of which a part is looked back on."""
    since = max(year for _, year, _ in files) - years
    return tuple(one for one in files if one[1] >= since)


def _stations(connection: Connection, ids: Iterable[str]) -> dict[str, Station]:
    columns = [station.c[name] for name in Station.__dataclass_fields__]
    wanted, found = sorted(ids), {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        part = station.c.station_id.in_(wanted[start : start + _IDS_AT_ONCE])
        for row in connection.execute(select(*columns).where(part)):
            found[row.station_id] = Station(**row._asdict())
    return found


class TrainingJob:
    """One training with one Spark context."""

    def __init__(self, context: SparkContext, hdfs: HdfsConnection, plan: TrainingPlan) -> None:
        """Prepare; `run` does the work."""
        self._context, self._plan = context, plan
        self._hdfs = HdfsAddress(hdfs.hdfs_url, hdfs.hdfs_user)
        self._files = TrainingFiles(HdfsStore(hdfs), plan.version)

    def run(self, places: Sequence[PlaceFiles], current: Mapping[str, str]) -> tuple[int, int]:
        """Do what is not done yet; returns of how many places there are hours, and models.

        Args:
            places: all of the plan.
            current: the version that speaks for a place, where one does.

        Raises:
            StoreError: some buckets could not be done; what was done stays.
        """
        tasks = [
            PrepareTask(self._hdfs, self._plan.version, bucket, tuple(some), self._plan.until_hour)
            for bucket, some in _by_bucket(places, lambda one: one.station.station_id).items()
        ]
        notes = self._do(PREPARED, tasks, prepare_bucket, len(places))
        there = [one["station_id"] for one in notes if one["failure"] is None]
        if not self._plan.trains:
            return len(there), 0
        positions = {one.station.station_id: _position(one.station) for one in places}
        known = {one: where for one in there if (where := positions[one]) is not None}
        training = [
            TrainTask(
                self._hdfs,
                self._plan.version,
                bucket,
                tuple(some),
                known,
                current,
                self._plan.trees_dir,
            )
            for bucket, some in _by_bucket(there, str).items()
        ]
        trained = self._do(TRAINED, training, train_bucket, len(there))
        return len(there), sum(one["failure"] is None for one in trained)

    def _do(
        self,
        step: str,
        tasks: Sequence[Task],
        work: Callable[[Task], BucketDone],
        places: int,
    ) -> list[dict[str, Any]]:
        """The notes of all places, of those that an earlier attempt has done too."""
        done = self._files.read_notes(step)
        notes = [note for some in done.values() for note in some]
        left = [one for one in tasks if one.bucket not in done]
        # The largest first, so that no core waits for a large one at the end.
        left.sort(key=lambda one: -len(getattr(one, "places", ()) or getattr(one, "place_ids", ())))
        log.info(f"{step}: {len(tasks)} buckets, {len(done)} of them by an attempt before")
        progress, failures = Progress(places, "places"), []
        for one in self._results(left, work):
            notes += one.notes
            if one.failure:
                failures.append(f"bucket {one.bucket:02d}: {one.failure}")
            log.info(f"{step} bucket {one.bucket:02d}: {len(one.notes)} places, {one.wall_s:.1f} s")
            if line := progress.due(len(notes)):
                log.info(line)
        if failures:
            raise StoreError(
                f"{len(failures)} of {len(tasks)} buckets are not done, the next attempt does them: "
                + " | ".join(failures[:5])
            )
        return notes

    def _results(
        self, tasks: Sequence[Task], work: Callable[[Task], BucketDone]
    ) -> Iterable[BucketDone]:
        """As they come; one Spark job per bucket, as many at once as there are cores."""
        with ThreadPoolExecutor(max(1, self._context.defaultParallelism)) as pool:
            running = [pool.submit(self._run_one, one, work) for one in tasks]
            for one in as_completed(running):
                yield one.result()

    def _run_one(self, task: Task, work: Callable[[Task], BucketDone]) -> BucketDone:
        found: list[BucketDone] = self._context.parallelize([task], 1).map(work).collect()
        return found[0]


def current_versions(connection: Connection) -> dict[str, str]:
    """The version that speaks for each station that has one."""
    rows = read_station_models(connection).values()
    return {one.station_id: one.version for one in rows if one.version is not None}


Item = TypeVar("Item")


def _by_bucket(items: Iterable[Item], name: Callable[[Item], str]) -> dict[int, list[Item]]:
    found: dict[int, list[Item]] = {}
    for one in items:
        found.setdefault(bucket_of(name(one)), []).append(one)
    return found


def _position(one: Station) -> tuple[float, float] | None:
    if one.latitude_deg is None or one.longitude_deg is None:
        return None
    return one.latitude_deg, one.longitude_deg
