"""Trained stations on HDFS, by version: `/isotherm/models/temperature/version=<id>/bucket-NN.pack`.

A bucket's file is written whole and renamed. A version exists for others once its row is in the table
`forecast_model`, which is written after its last file; what a killed training left is a folder that
nobody names.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from isotherm.forecast.trained_station import TrainedStation
from isotherm.stores.hdfs_layout import MODEL_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.packed_file import PackedFile, write_parts

_FOLDER: Final = "version="


def write(store: HdfsStore, version: str, bucket: int, trained: Iterable[TrainedStation]) -> int:
    """Keep the stations of one bucket, whole or not at all; returns how many.

    Args:
        store: HDFS.
        version: of the models.
        bucket: of all these stations.
        trained: one at a time is in memory.

    Raises:
        StoreError: HDFS did not take it.
    """
    parts = ((one.station_id, one.to_bytes()) for one in trained)
    return write_parts(store, _path(version, bucket), parts)


def read(store: HdfsStore, version: str, station_ids: Iterable[str]) -> dict[str, TrainedStation]:
    """Some stations of a version; those it does not have are left out.

    Raises:
        StoreError: HDFS did not answer.
        UnreadableModelError: they were written by other code.
    """
    return dict(scan(store, version, station_ids))


def scan(
    store: HdfsStore, version: str, station_ids: Iterable[str]
) -> Iterator[tuple[str, TrainedStation]]:
    """As `read`, one at a time.

    Raises:
        StoreError: HDFS did not answer.
        UnreadableModelError: they were written by other code.
    """
    for bucket, wanted in _by_bucket(station_ids).items():
        file = PackedFile(store, _path(version, bucket))
        for station_id in wanted:
            content = file.read(station_id)
            if content is not None:
                yield station_id, TrainedStation.from_bytes(content)


def stations_of(store: HdfsStore, version: str) -> set[str]:
    """All stations of a version.

    Raises:
        StoreError: HDFS did not answer.
    """
    folder = _version_folder(version)
    return {one for name in store.list(folder) for one in PackedFile(store, f"{folder}/{name}").names}


def buckets_of(store: HdfsStore, version: str) -> set[int]:
    """The buckets that are there.

    Raises:
        StoreError: HDFS did not answer.
    """
    return {int(name[len("bucket-") :].split(".")[0]) for name in store.list(_version_folder(version))}


def versions(store: HdfsStore) -> list[str]:
    """All that have a folder, whether a row names them or not, sorted.

    Raises:
        StoreError: HDFS did not answer.
    """
    names = store.list(MODEL_ROOT)
    return sorted(name.removeprefix(_FOLDER) for name in names if name.startswith(_FOLDER))


def keep_only(store: HdfsStore, version: str, station_ids: Collection[str]) -> None:
    """Make a version smaller; without any station it is deleted.

    Raises:
        StoreError: HDFS did not answer.
    """
    kept = _by_bucket(station_ids)
    for bucket in buckets_of(store, version) if kept else ():
        path = _path(version, bucket)
        file = PackedFile(store, path)
        wanted = [one for one in kept.get(bucket, ()) if one in file.names]
        if not wanted:
            store.delete(path)
        elif len(wanted) < len(file.names):
            contents = ((one, file.read(one)) for one in wanted)
            write_parts(store, path, ((one, content) for one, content in contents if content))
    if not kept:
        store.delete(_version_folder(version))


def _by_bucket(station_ids: Iterable[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for station_id in sorted(set(station_ids)):
        found.setdefault(bucket_of(station_id), []).append(station_id)
    return found


def _version_folder(version: str) -> str:
    return f"{MODEL_ROOT}/{_FOLDER}{version}"


def _path(version: str, bucket: int) -> str:
    return f"{_version_folder(version)}/bucket-{bucket:02d}.pack"
