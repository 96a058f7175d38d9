"""The work of one bucket of places in a training, done whole in a Python worker.

First their hours: of each day those that serve, out of the tables on HDFS, and what each place tells
others. Then, when all buckets have that, the models, place by place. A place that fails is told with
its reason and fails nobody else. Nothing here imports Spark or a database.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from isotherm.errors import IsothermError
from isotherm.forecast import trees
from isotherm.forecast.choice import Choice
from isotherm.forecast.hours import StationHours
from isotherm.forecast.neighbours import Signal, candidates, signal_of
from isotherm.forecast.observed import station_hours
from isotherm.forecast.station_training import train_station
from isotherm.forecast.trained_station import TrainedStation
from isotherm.quality import DEFAULT_RULE
from isotherm.spark.training_tasks import BucketDone, PlaceFiles, PrepareTask, TrainTask
from isotherm.statistics.catalogue import HISTOGRAM, MEASURED
from isotherm.stores import model_store
from isotherm.stores.bucket_tables import read_bucket
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.serving import serving_hours, serving_members
from isotherm.stores.training_files import TrainingFiles, require
from isotherm.summarise import HOUR_KEY

PREPARED: Final = "prepared"
TRAINED: Final = "trained"
_COLUMNS: Final = (*HOUR_KEY, "rule", *(one.name for one in MEASURED if one is not HISTOGRAM))
_HOUR_S: Final = 3600
_SIGNALS_KEPT: Final = 64


def prepare_bucket(task: PrepareTask) -> BucketDone:
    """Read the hours of the places, and keep them with what they tell others."""
    return _timed(task.bucket, lambda: _prepare(task))


def train_bucket(task: TrainTask) -> BucketDone:
    """Train the places, and keep their models."""
    return _timed(task.bucket, lambda: _train(task))


def _timed(bucket: int, work: Callable[[], list[dict[str, Any]]]) -> BucketDone:
    started_at = time.monotonic()
    try:
        notes = work()
    except IsothermError as error:
        return BucketDone(bucket, (), time.monotonic() - started_at, str(error))
    return BucketDone(bucket, tuple(notes), time.monotonic() - started_at)


def _prepare(task: PrepareTask) -> list[dict[str, Any]]:
    store = HdfsStore(task.hdfs)
    files = TrainingFiles(store, task.version)
    rows = _read_rows(store, task.places)
    notes: list[dict[str, Any]] = []

    def prepared() -> Iterator[tuple[str, StationHours, Signal]]:
        for place in task.places:
            place_id = place.station.station_id
            hours, dataset, failure = _place_hours(place, rows, task.until_hour)
            note: dict[str, Any] = {"station_id": place_id, "dataset": dataset, "failure": failure}
            if hours is not None:
                note |= {"end_hour": hours.end_hour, "hour_count": _known_count(hours)}
                yield place_id, hours, signal_of(place_id, hours)
            notes.append(note)

    files.write_hours(task.bucket, prepared())
    files.write_notes(PREPARED, task.bucket, notes)
    return notes


Rows = Mapping[tuple[str, str], pl.DataFrame]


def _read_rows(store: HdfsStore, places: tuple[PlaceFiles, ...]) -> Rows:
    """The rows of each record of the places, by dataset and native id; each bucket is read once."""
    wanted: dict[tuple[str, int, int], list[str]] = {}
    for place in places:
        for dataset, year, native in place.files:
            wanted.setdefault((dataset, year, bucket_of(native)), []).append(native)
    found: dict[tuple[str, str], list[pl.DataFrame]] = {}
    for (dataset, year, bucket), natives in sorted(wanted.items()):
        table = read_bucket(store, HOURLY_SUMMARY_ROOT, dataset, year, bucket, _COLUMNS)
        if table is None:
            continue
        counted = table.rows.filter(
            pl.col("station_id").is_in(natives), pl.col("observation_count") > 0
        )
        for (native,), rows in counted.group_by("station_id"):
            found.setdefault((dataset, str(native)), []).append(rows)
    return {key: pl.concat(parts) for key, parts in found.items()}


def _place_hours(
    place: PlaceFiles, rows: Rows, until_hour: int | None
) -> tuple[StationHours | None, str | None, str | None]:
    """What serves of a place, the dataset of its newest hour, and why there is nothing."""
    place_id = place.station.station_id
    records = {(dataset, native) for dataset, _, native in place.files}
    parts = [
        rows[key].with_columns(place_id=pl.lit(place_id), dataset=pl.lit(key[0]))
        for key in sorted(records & rows.keys())
    ]
    if not parts:
        return None, None, "no hour with a temperature"
    hours = pl.concat(parts)
    if until_hour is not None:
        hours = hours.filter(pl.col("hour_start").dt.epoch("s") < until_hour * _HOUR_S)
    served = serving_hours(hours, serving_members(hours)).filter(pl.col("rule") == DEFAULT_RULE)
    if served.is_empty():
        return None, None, "no hour with a routine report"
    served = served.sort("hour_start")
    try:
        found = station_hours(served, place.station)
    except (IsothermError, ValueError, pl.exceptions.PolarsError) as error:
        return None, None, f"its hours cannot be read: {str(error)[:200]}"
    return found, str(served["dataset"][-1]), None


def _known_count(hours: StationHours) -> int:
    return int((~np.isnan(hours.temperature_c)).sum())


def _train(task: TrainTask) -> list[dict[str, Any]]:
    store = HdfsStore(task.hdfs)
    trainer = _Trainer(task, store)
    notes: list[dict[str, Any]] = []
    model_store.write(store, task.version, task.bucket, trainer.trained(notes))
    TrainingFiles(store, task.version).write_notes(TRAINED, task.bucket, notes)
    return notes


class _Trainer:
    """The places of a task, one after the other; signals that several listen to are read once."""

    def __init__(self, task: TrainTask, store: HdfsStore) -> None:
        self._task, self._store = task, store
        self._files = TrainingFiles(store, task.version)
        self._signals: dict[str, Signal | None] = {}
        self._without_trees: str | None = None
        if task.trees_dir is not None:
            trees.use_packages(Path(task.trees_dir))
            self._without_trees = trees.why_unavailable()

    def trained(self, notes: list[dict[str, Any]]) -> Iterator[TrainedStation]:
        """The models; a note of each place is added, of those that fail too."""
        for place_id in self._task.place_ids:
            try:
                trained, note = self._train_place(place_id)
            except (IsothermError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
                failure = f"{type(error).__name__}: {str(error)[:300]}"
                notes.append({"station_id": place_id, "failure": failure})
                continue
            notes.append(note)
            yield trained

    def _train_place(self, place_id: str) -> tuple[TrainedStation, dict[str, Any]]:
        hours = require(self._files.read_hours(place_id), place_id)
        current = self._current(place_id)
        listened = () if current is None else current.neighbours
        names = dict.fromkeys((*candidates(place_id, self._task.positions), *listened))
        told = [signal for one in names if (signal := self._signal(one)) is not None]
        trained, judged = train_station(
            place_id,
            hours,
            told,
            until_hour=hours.end_hour,
            current=current,
            uses_trees=self._task.trees_dir is not None and self._without_trees is None,
        )
        choice = trained.near.choice
        note = {
            "station_id": place_id,
            "failure": None,
            "variant": choice.variant.label,
            "neighbours": choice.neighbours,
            **asdict(replace(judged, baseline_mae_c=dict(judged.baseline_mae_c))),
        }
        if self._without_trees is not None:
            note["without_trees"] = self._without_trees
        return trained, note

    def _current(self, place_id: str) -> Choice | None:
        version = self._task.current.get(place_id)
        if version is None:
            return None
        found = model_store.read(self._store, version, [place_id])
        return found[place_id].near.choice if place_id in found else None

    def _signal(self, station_id: str) -> Signal | None:
        if station_id not in self._signals:
            while len(self._signals) >= _SIGNALS_KEPT:
                del self._signals[next(iter(self._signals))]
            self._signals[station_id] = self._files.read_signal(station_id)
        return self._signals[station_id]
