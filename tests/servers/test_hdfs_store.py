"""HdfsStore on a real HDFS: whole files only, and a DataNode that dies and comes back."""

import os
import threading
import time
from pathlib import Path

import pytest

from isotherm.errors import StoreError
from isotherm.settings import Settings
from isotherm.stores.hdfs_store import HdfsAddress, HdfsStore
from servers.hdfs_fixture import Hdfs

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def store(hdfs: Hdfs) -> HdfsStore:
    return HdfsStore(hdfs.settings)


def test_what_is_written_is_read_back_and_replaced_as_a_whole(store: HdfsStore, tmp_path: Path) -> None:
    path = "/isotherm/raw/global-hourly/2014/72530094846.0123456789abcdef.csv.gz"
    local = tmp_path / "file"
    local.write_bytes(os.urandom(3_000_000))
    store.write(path, b"first")
    store.write(path, local)
    assert store.read(path) == local.read_bytes()
    assert store.list("/isotherm/raw/global-hourly/2014") == [path.rsplit("/", 1)[-1]]


def test_a_reader_never_sees_a_part_of_a_file(store: HdfsStore) -> None:
    folder = "/isotherm/raw/parts"
    content = os.urandom(64_000_000)
    seen: set[int] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for status in store._client.list(folder, status=True) if store.exists(folder) else []:
                if not status[0].startswith("."):
                    seen.add(status[1]["length"])

    reader = threading.Thread(target=look)
    reader.start()
    store.write(f"{folder}/file", content)
    time.sleep(0.3)
    done.set()
    reader.join()
    assert seen <= {len(content)}
    assert store.list(folder) == ["file"]


def test_a_failed_write_leaves_nothing_behind(store: HdfsStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.write("/isotherm/raw/failed/file", tmp_path / "not there")
    assert not store.exists("/isotherm/raw/failed/file")


def test_a_missing_file_is_an_error_that_names_it_and_a_missing_folder_is_empty(
    store: HdfsStore,
) -> None:
    with pytest.raises(StoreError, match="/isotherm/raw/none"):
        store.read("/isotherm/raw/none")
    assert store.list("/isotherm/nowhere") == []
    assert not store.exists("/isotherm/nowhere")
    assert not store.delete("/isotherm/nowhere")
    assert store.read_if_exists("/isotherm/nowhere/file") is None


def test_a_folder_is_deleted_with_all_in_it(store: HdfsStore) -> None:
    store.write("/isotherm/raw/old/a", b"a")
    store.write("/isotherm/raw/old/b", b"b")
    assert store.delete("/isotherm/raw/old")
    assert not store.exists("/isotherm/raw/old")


def test_an_hdfs_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    nowhere = Settings(state_dir=tmp_path, hdfs_url="http://127.0.0.1:9", archive="simulated")
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9.*isotherm logs hdfs-namenode"):
        HdfsStore(nowhere, retry_for_s=1).exists("/isotherm")


def test_a_write_outlasts_a_datanode_that_is_killed_and_comes_back(
    hdfs: Hdfs,
    store: HdfsStore,
) -> None:
    hdfs.kill(hdfs.datanode)
    back = threading.Timer(2.0, lambda: hdfs.start(hdfs.datanode))
    back.start()
    store.write("/isotherm/raw/outlast/file", b"whole")
    back.join()
    assert store.read("/isotherm/raw/outlast/file") == b"whole"
    assert store.list("/isotherm/raw/outlast") == ["file"]


def test_a_read_outlasts_a_datanode_that_is_killed_and_comes_back(hdfs: Hdfs, store: HdfsStore) -> None:
    content = os.urandom(1_000_000)
    store.write("/isotherm/raw/outlast/read", content)
    hdfs.kill(hdfs.datanode)
    back = threading.Timer(2.0, lambda: hdfs.start(hdfs.datanode))
    back.start()
    assert store.read("/isotherm/raw/outlast/read") == content
    back.join()


def test_a_datanode_that_stays_away_is_waited_for_as_long_as_said_and_then_named(
    hdfs: Hdfs, store: HdfsStore
) -> None:
    path = "/isotherm/raw/outlast/gone"
    store.write(path, b"old")
    hdfs.kill(hdfs.datanode)
    try:
        impatient = HdfsStore(hdfs.settings, retry_for_s=3)
        for call in (lambda: impatient.write(path, b"new"), lambda: impatient.read(path)):
            started_at = time.monotonic()
            with pytest.raises(StoreError, match=path):
                call()
            assert 1 < time.monotonic() - started_at < 15
        assert impatient.exists(path), "what the NameNode knows is answered all the same"
    finally:
        hdfs.start(hdfs.datanode)
    assert store.read(path) == b"old", "a write that failed changes nothing"
    assert store.list("/isotherm/raw/outlast") == ["file", "gone", "read"]


def test_of_several_namenodes_the_one_that_answers_serves_every_call(hdfs: Hdfs) -> None:
    addresses = HdfsAddress(f"http://127.0.0.1:9;{hdfs.settings.hdfs_url}", hdfs.settings.hdfs_user)
    for first_call in ("write", "read", "exists", "list", "delete"):
        store = HdfsStore(addresses)  # each call meets the dead address first
        path = "/isotherm/raw/several/file"
        match first_call:
            case "write":
                store.write(path, b"content")
            case "read":
                assert store.read(path) == b"content"
            case "exists":
                assert store.exists(path)
            case "list":
                assert store.list("/isotherm/raw/several") == ["file"]
            case "delete":
                assert store.delete(path)
