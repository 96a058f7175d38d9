"""What old feeds left behind goes, what is young or the running feed's stays."""

import os
import time
from pathlib import Path

import pytest

from isotherm.archive.simulated_archive import SimulatedArchive
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.settings import Settings
from isotherm.stream.checkpoints import checkpoint_conf, checkpoint_of
from isotherm.stream.clean_up import remove_old
from isotherm.stream.downloads import Downloads

FEED = "0123456789abcdef"
OLD_S = 31 * 86_400


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "a state folder", archive="simulated")


def leave(settings: Settings, name: str, age_s: float) -> Path:
    path = settings.state_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def test_what_nothing_has_touched_for_a_month_is_removed_and_counted(settings: Settings) -> None:
    names = (
        "downloads/global-hourly/2014/a.csv.gz",
        "feeds/f1.json",
        "feeds/runs/0a",
        "feeds/f1.rows/known/b.parquet",
        "run/stream-f1.lock",
    )
    old = [leave(settings, name, OLD_S) for name in names]
    young = [leave(settings, name.replace("f1", "f2").replace("a", "b"), 86_400) for name in names[:2]]
    others = leave(settings, "run/kafka.json", OLD_S)
    own = [
        leave(settings, f"feeds/{FEED}.json", OLD_S),
        leave(settings, f"feeds/{FEED}.rows/known/b.parquet", OLD_S),
        leave(settings, "feeds/f2.rows/known/b.parquet", OLD_S),  # f2 goes on
        leave(settings, f"run/stream-{FEED}.lock", OLD_S),
    ]

    assert remove_old(settings, FEED) == {"downloads": 1, "feeds": 3, "locks": 1}
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in (*young, others, *own))


def test_a_known_file_that_a_new_feed_brings_again_is_not_removed_however_old_it_is(
    settings: Settings,
) -> None:
    archive, downloads = SimulatedArchive(), Downloads.of(settings)
    wanted = [archive.list_first_visit(GHCNH)[0]]
    first = downloads.bring(archive, wanted)
    for path in (settings.state_dir / "downloads").rglob("*"):
        os.utime(path, (time.time() - OLD_S,) * 2)
    assert downloads.bring(archive, wanted) == first
    assert remove_old(settings, FEED) == {"downloads": 0, "feeds": 0, "locks": 0}
    assert downloads.has(wanted[0])


def test_nothing_there_is_nothing_removed(settings: Settings) -> None:
    assert remove_old(settings, FEED) == {"downloads": 0, "feeds": 0, "locks": 0}


def test_a_checkpoint_s_address_has_no_escapes_for_hadoop_takes_them_to_the_letter(
    settings: Settings,
) -> None:
    found = checkpoint_of(settings, FEED)
    assert found == f"file://{settings.state_dir}/checkpoints/{FEED}"
    hdfs = settings.model_copy(update={"checkpoint_uri": "hdfs://name:9000/check%20points"})
    assert checkpoint_of(hdfs, FEED) == f"hdfs://name:9000/check%20points/{FEED}"


def test_only_a_checkpoint_in_a_folder_is_written_otherwise_than_spark_would() -> None:
    name = "spark.sql.streaming.checkpointFileManagerClass"
    assert "FileSystemBased" in checkpoint_conf("file:///state/checkpoints/feed")[name]
    # There a rename does not replace what is there: a batch that is repeated could not be written.
    assert checkpoint_conf("hdfs://name:9000/checkpoints/feed") == {}
    assert checkpoint_conf("s3a://bucket/checkpoints/feed") == {}
