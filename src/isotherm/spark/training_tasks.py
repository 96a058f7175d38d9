"""What Spark hands to a worker in a training, and what it gets back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isotherm.station import Station
from isotherm.stores.hdfs_store import HdfsAddress


@dataclass(frozen=True, slots=True)
class PlaceFiles:
    """A place and its records: dataset, year and native id of each file."""

    station: Station
    files: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class PrepareTask:
    """The places of one bucket whose hours are read; `until_hour` since 1970, None = all."""

    hdfs: HdfsAddress
    version: str
    bucket: int
    places: tuple[PlaceFiles, ...]
    until_hour: int | None


@dataclass(frozen=True, slots=True)
class TrainTask:
    """The places of one bucket that are trained.

    Attributes:
        hdfs: where all is.
        version: of the models.
        bucket: of the places.
        place_ids: those with hours.
        positions: of all places with hours, degrees north and east.
        current: the version that speaks for a place, where one does.
        trees_dir: where LightGBM lies if trees are tried, else None.
    """

    hdfs: HdfsAddress
    version: str
    bucket: int
    place_ids: tuple[str, ...]
    positions: Mapping[str, tuple[float, float]]
    current: Mapping[str, str]
    trees_dir: str | None = None


@dataclass(frozen=True, slots=True)
class BucketDone:
    """What came of a task: a note of each place; `failure` is why the bucket could not be done."""

    bucket: int
    notes: tuple[dict[str, Any], ...]
    wall_s: float
    failure: str | None = None
