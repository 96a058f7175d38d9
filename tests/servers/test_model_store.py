"""Models on HDFS: read station by station, whole or not there, made smaller when they are old."""

from collections.abc import Iterator

import pytest

from isotherm.errors import StoreError
from isotherm.forecast.trained_station import TrainedStation
from isotherm.stores import model_store
from isotherm.stores.hdfs_layout import MODEL_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.packed_file import PackedFile, write_parts
from servers.hdfs_fixture import Hdfs
from unit.forecast.test_trained_station import trained_station

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

ONE = "USW00094846"
BUCKET = bucket_of(ONE)
# Of the same bucket.
OTHER = next(name for n in range(1000) if bucket_of(name := f"USW{n:08d}") == BUCKET and name != ONE)


@pytest.fixture
def store(hdfs: Hdfs) -> HdfsStore:
    found = HdfsStore(hdfs.settings)
    found.delete(MODEL_ROOT)
    return found


def put(store: HdfsStore, version: str, *stations: str) -> None:
    trained = [trained_station(10, one) for one in stations]
    assert model_store.write(store, version, BUCKET, trained) == len(stations)


def test_a_station_is_read_alone_and_one_that_is_not_there_is_left_out(store: HdfsStore) -> None:
    put(store, "20261126T120000", ONE, OTHER)
    read = model_store.read(store, "20261126T120000", [OTHER, "USW99999999"])
    assert list(read) == [OTHER]
    assert read[OTHER].to_bytes() == trained_station(10, OTHER).to_bytes()
    assert model_store.stations_of(store, "20261126T120000") == {ONE, OTHER}
    assert model_store.buckets_of(store, "20261126T120000") == {BUCKET}
    assert model_store.read(store, "20250101T000000", [ONE]) == {}


def test_a_writer_that_dies_between_stations_leaves_nothing_and_what_was_there_stays(
    store: HdfsStore,
) -> None:
    def dying() -> Iterator[TrainedStation]:
        yield trained_station(10, ONE)
        raise MemoryError

    with pytest.raises(MemoryError):
        model_store.write(store, "a", BUCKET, dying())
    assert model_store.versions(store) == []
    put(store, "a", OTHER)
    with pytest.raises(MemoryError):
        model_store.write(store, "a", BUCKET, dying())
    assert model_store.stations_of(store, "a") == {OTHER}


def test_of_an_old_version_only_the_stations_it_speaks_for_stay(store: HdfsStore) -> None:
    put(store, "a", ONE, OTHER)
    model_store.keep_only(store, "a", [ONE, "USW99999999"])
    assert model_store.stations_of(store, "a") == {ONE}
    assert model_store.read(store, "a", [ONE])[ONE].station_id == ONE
    model_store.keep_only(store, "a", [])
    assert model_store.versions(store) == []


def test_an_index_longer_than_the_first_read_and_a_file_that_is_none(store: HdfsStore) -> None:
    parts = {f"part {n:06d}": f"content {n}".encode() for n in range(5_000)}
    path = f"{MODEL_ROOT}/packed"
    write_parts(store, path, parts.items())
    file = PackedFile(store, path)
    assert set(file.names) == set(parts)
    assert file.read("part 004999") == b"content 4999"
    assert file.read("part") is None
    store.write(path, b"no packed file at all")
    with pytest.raises(StoreError, match="no packed file"):
        PackedFile(store, path)
