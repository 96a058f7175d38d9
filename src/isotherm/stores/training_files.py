"""What a training keeps on HDFS while it runs: `/isotherm/training/<version>`.

The plan, the hours of every station bucket by bucket, and what came of each bucket. A file is whole or
not there, so a training that was killed goes on with the buckets that lack theirs.
"""

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np

from isotherm.errors import StoreError
from isotherm.forecast.hours import DAY, StationHours
from isotherm.forecast.neighbours import Signal
from isotherm.stores.hdfs_layout import TRAINING_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.packed_file import PackedFile, write_parts

# What a forecast of today looks back on, and some days.
TAIL_H: Final = 45 * DAY
_ELEMENTS: Final = (
    "temperature_c",
    "dew_point_c",
    "pressure_hpa",
    "wind_speed_ms",
    "wind_east_ms",
    "wind_north_ms",
)


class TrainingFiles:
    """The files of one training."""

    def __init__(self, store: HdfsStore, version: str) -> None:
        """Nothing is read yet."""
        self._store, self._folder = store, f"{TRAINING_ROOT}/{version}"
        self._packed: dict[int, PackedFile] = {}

    def write_plan(self, plan: dict[str, Any]) -> None:
        """Keep what is to be done.

        Raises:
            StoreError: HDFS did not take it.
        """
        self._store.write(f"{self._folder}/plan.json", json.dumps(plan).encode())

    def read_plan(self) -> dict[str, Any]:
        """What is to be done.

        Raises:
            StoreError: there is none, or HDFS did not answer.
        """
        plan: dict[str, Any] = json.loads(self._store.read(f"{self._folder}/plan.json"))
        return plan

    def write_notes(self, step: str, bucket: int, notes: Iterable[dict[str, Any]]) -> None:
        """Keep what came of a step of a bucket: it is done.

        Raises:
            StoreError: HDFS did not take it.
        """
        content = json.dumps(list(notes)).encode()
        self._store.write(f"{self._folder}/{step}-{bucket:02d}.json", content)

    def read_notes(self, step: str) -> dict[int, list[dict[str, Any]]]:
        """Of all buckets of which a step is done.

        Raises:
            StoreError: HDFS did not answer.
        """
        found = {}
        for name in self._store.list(self._folder):
            if name.startswith(f"{step}-"):
                bucket = int(name.removeprefix(f"{step}-").split(".")[0])
                found[bucket] = json.loads(self._store.read(f"{self._folder}/{name}"))
        return found

    def write_hours(self, bucket: int, stations: Iterable[tuple[str, StationHours, Signal]]) -> None:
        """Keep the hours of a bucket's stations and what they tell others, whole and of late.

        Raises:
            StoreError: HDFS did not take it.
        """
        write_parts(self._store, self._path(bucket), _parts(stations))

    def read_hours(self, station_id: str, *, is_tail: bool = False) -> StationHours | None:
        """A station's hours, all or the last `TAIL_H`; None where there are none.

        Raises:
            StoreError: HDFS did not answer.
        """
        content = self._read("hours", station_id, is_tail)
        if content is None:
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            position = arrays["position"]
            latitude, longitude = (None if np.isnan(one) else float(one) for one in position)
            return StationHours(
                int(arrays["first_hour"]),
                **{name: arrays[name] for name in _ELEMENTS},
                latitude_deg=latitude,
                longitude_deg=longitude,
            )

    def read_signal(self, station_id: str, *, is_tail: bool = False) -> Signal | None:
        """What a station tells others; None where it has no hours.

        Raises:
            StoreError: HDFS did not answer.
        """
        content = self._read("signal", station_id, is_tail)
        if content is None:
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return Signal(station_id, int(arrays["first_hour"]), arrays["columns"])

    def delete(self) -> None:
        """It is over.

        Raises:
            StoreError: HDFS did not answer.
        """
        self._store.delete(self._folder)

    def _read(self, kind: str, station_id: str, is_tail: bool) -> bytes | None:
        bucket = bucket_of(station_id)
        if bucket not in self._packed:
            self._packed[bucket] = PackedFile(self._store, self._path(bucket))
        return self._packed[bucket].read(_name(kind, station_id, is_tail))

    def _path(self, bucket: int) -> str:
        return f"{self._folder}/hours-{bucket:02d}.pack"


def remove_old_trainings(store: HdfsStore, kept: int) -> list[str]:
    """Delete what trainings left that came to no end, but of the newest ones: a task may be cleared.

    Args:
        store: HDFS.
        kept: how many, at least 1.

    Returns:
        The versions removed, sorted.
    """
    old = store.list(TRAINING_ROOT)[:-kept]
    for version in old:
        TrainingFiles(store, version).delete()
    return old


def _name(kind: str, station_id: str, is_tail: bool) -> str:
    return f"{kind}/{station_id}{'/tail' if is_tail else ''}"


def _parts(stations: Iterable[tuple[str, StationHours, Signal]]) -> Iterator[tuple[str, bytes]]:
    for station_id, hours, signal in stations:
        tail = hours.between(hours.end_hour - TAIL_H, hours.end_hour)
        since = tail.first_hour - signal.first_hour
        tail_signal = Signal(station_id, tail.first_hour, signal.columns[since:])
        for is_tail, one, told in ((False, hours, signal), (True, tail, tail_signal)):
            yield _name("hours", station_id, is_tail), _hours_bytes(one)
            columns = _bytes(first_hour=np.int64(told.first_hour), columns=told.columns)
            yield _name("signal", station_id, is_tail), columns


def _hours_bytes(hours: StationHours) -> bytes:
    position = [np.nan if one is None else one for one in (hours.latitude_deg, hours.longitude_deg)]
    elements = {name: getattr(hours, name) for name in _ELEMENTS}
    return _bytes(first_hour=np.int64(hours.first_hour), position=np.array(position), **elements)


def _bytes(**arrays: Any) -> bytes:  # noqa: ANN401 - numpy's
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def require(value: StationHours | None, station_id: str) -> StationHours:
    """The hours of a station that was found to have some.

    Raises:
        StoreError: they are gone.
    """
    if value is None:
        raise StoreError(f"The hours of {station_id} are not in the training's files. Train anew.")
    return value
