"""Import, stream and training on a standalone Spark, whose workers have other folders than we.

What they make equals what one machine makes, to the integer and to the byte.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pyspark import SparkContext
from sqlalchemy import Engine, update

from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.simulated.station_years import simulate_station_year
from isotherm.datasets.simulated.stations import station_ids
from isotherm.local.environment import base_environment
from isotherm.settings import LOOPBACK, REPOSITORY_ROOT, Settings
from isotherm.spark.batch import BatchSummariser
from isotherm.spark.session import batch_context, batch_submit_conf
from isotherm.spark.training import TrainingJob, TrainingPlan, read_places
from isotherm.spark.training_work import TRAINED
from isotherm.stores import model_store, tables
from isotherm.stores.bucket_tables import read_bucket
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, OBSERVATION_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
from isotherm.stores.source_files import read_pending
from isotherm.stores.training_files import TrainingFiles
from made_up import admissible_observations
from servers.hdfs_fixture import Hdfs
from servers.job_archive import JobArchive
from servers.spark_cluster import SparkCluster
from servers.stream_fixture import (
    Stream,
    Topic,
    assert_equal,
    expected,
    last_summaries,
    state_of,
    stream_broker,
)
from servers.training_data import put, summaries, weather

pytestmark = [pytest.mark.servers, pytest.mark.spark, pytest.mark.long]

STATIONS = station_ids(4)
YEAR, TODAY = 2014, date(2026, 7, 1)
PLACES = {"72530094846": (41.9, -90.0), "72530094847": (41.9, -87.9)}
DATASET = "global-hourly"


@pytest.fixture(scope="module")
def servers() -> Iterator[Hdfs]:
    stores = Hdfs()
    try:
        for server in (stores.namenode, stores.datanode, stores.mysql):
            stores.start(server)
        yield stores
    finally:
        stores.dispose()


@pytest.fixture(scope="module")
def cluster() -> Iterator[SparkCluster]:
    started = SparkCluster()
    try:
        started.start()
        yield started
    finally:
        started.dispose()


@pytest.fixture(scope="module")
def context(servers: Hdfs) -> Iterator[SparkContext]:
    """This machine's own Spark."""
    with batch_context(servers.settings, "isotherm-tests") as started:
        yield started


@pytest.fixture(scope="module")
def engine(servers: Hdfs) -> Engine:
    return create_engine(servers.settings)


@pytest.fixture(scope="module")
def store(servers: Hdfs) -> HdfsStore:
    return HdfsStore(servers.settings)


def on(servers: Hdfs, master: str, spark_python: str = "") -> Settings:
    """The settings of the same stores with another Spark; without a Python all it needs is sent."""
    return Settings(
        state_dir=servers.folder,
        port_base=servers.settings.port_base,
        archive="simulated",
        spark_master=master,
        spark_python=spark_python,
        spark_driver_host=LOOPBACK,
        _secrets_dir=servers.folder / "secrets",
    )


# As on workers that Isotherm is installed on.
INSTALLED = sys.executable


def submit(settings: Settings, job: str, *arguments: str) -> str:
    """Run a job as Airflow does; what it said."""
    conf = batch_submit_conf(settings)
    options = [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]
    program = str(REPOSITORY_ROOT / "jobs" / job)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("spark-submit")), *options, program, *arguments],
        env=base_environment(settings, os.environ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout + done.stderr


def made(store: HdfsStore) -> dict[tuple[str, str], pl.DataFrame]:
    """Both tables' rows by station."""
    found = {}
    for root in (OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT):
        for station in STATIONS:
            table = read_bucket(store, root, DATASET, YEAR, bucket_of(station))
            assert table is not None
            found[root, station] = table.rows.filter(pl.col("station_id") == station)
    return found


def test_an_import_on_a_cluster_that_has_nothing_of_ours_equals_one_on_this_machine(
    servers: Hdfs, cluster: SparkCluster, store: HdfsStore, engine: Engine, context: SparkContext
) -> None:
    archive = JobArchive(store, engine)
    for station in STATIONS:
        content = simulate_station_year(station, YEAR, dataset=DATASET, today=TODAY)
        assert content is not None
        archive.put_file(content, station=station, year=YEAR)
    with engine.connect() as connection:
        files = read_pending(connection)
    report = BatchSummariser(context, servers.settings, engine).run(files)
    here = made(store)
    for root in (OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT):
        store.delete(root)
    with engine.begin() as connection:
        connection.execute(
            update(tables.source_file).values(is_pending=1, summarised_sha256=None, made_by=None)
        )

    said = submit(on(servers, cluster.master), "summarise_observations.py")

    assert f"{len(STATIONS)} files, {report.observation_count} observations, " in said
    there = made(store)
    assert sum(one.height for one in here.values()) > 10_000
    for key, rows in here.items():
        assert there[key].equals(rows, null_equal=True), key


def planned(store: HdfsStore, version: str) -> TrainingPlan:
    """A training of both places, kept on HDFS as the task before it does."""
    plan = TrainingPlan(version, "a run", tuple(PLACES), None, 5, trains=True)
    TrainingFiles(store, version).write_plan({name: getattr(plan, name) for name in plan.__slots__})
    return plan


def notes_of(store: HdfsStore, plan: TrainingPlan) -> list[dict[str, Any]]:
    """What became of each place."""
    found = TrainingFiles(store, plan.version).read_notes(TRAINED)
    return sorted((note for some in found.values() for note in some), key=lambda one: one["station_id"])


def models_of(store: HdfsStore, plan: TrainingPlan) -> dict[str, bytes]:
    """The models as they lie on HDFS."""
    return {name: one.to_bytes() for name, one in model_store.read(store, plan.version, PLACES).items()}


def test_models_trained_on_a_cluster_equal_those_of_this_machine(
    servers: Hdfs, cluster: SparkCluster, store: HdfsStore, engine: Engine, context: SparkContext
) -> None:
    for seed, (station, position) in enumerate(PLACES.items()):
        put(store, engine, station, summaries(station, weather(seed)), position)

    here, there = planned(store, "20260101T000000"), planned(store, "20260102T000000")
    with engine.connect() as connection:
        places = read_places(connection, (GLOBAL_HOURLY,), here)
    TrainingJob(context, servers.settings, here).run(places, {})
    settings = on(servers, cluster.master, INSTALLED)

    submit(settings, "train_temperature_forecast.py", there.version)

    notes = notes_of(store, here)
    assert [one["failure"] for one in notes] == [None] * len(PLACES)
    assert notes_of(store, there) == notes
    models = models_of(store, here)
    assert set(models) == set(PLACES)
    assert models_of(store, there) == models


def test_a_stream_on_a_cluster_counts_every_hour_also_when_driver_and_worker_are_killed(
    servers: Hdfs, cluster: SparkCluster, store: HdfsStore, tmp_path: Path
) -> None:
    rows = admissible_observations(11, years=(2014,), count=600)
    state_dir = state_of(tmp_path)
    places = {
        "ISOTHERM_SPARK_MASTER": cluster.master,
        "ISOTHERM_SPARK_DRIVER_HOST": LOOPBACK,
        "ISOTHERM_SPARK_PYTHON": INSTALLED,
        "ISOTHERM_HDFS_URI": servers.settings.hdfs_uri,
        "ISOTHERM_HDFS_URL": servers.settings.hdfs_url,
    }
    with stream_broker() as broker:
        topic = Topic(broker)
        streams = []
        try:
            topic.feed(rows[::3])
            streams.append(Stream(broker, state_dir, places=places))
            streams[0].wait_for(topic.end())
            streams[0].kill()
            topic.feed(rows[1::3])
            # A driver on another machine: all that its predecessor left behind is what HDFS has. Not
            # removed: the Java of the killed driver is still about to clear its own folder.
            state_dir.rename(tmp_path / "on the machine before")
            streams.append(Stream(broker, state_dir, places=places))
            streams[1].wait_for(topic.end())
            cluster.kill(0)
            topic.feed(rows[2::3])
            streams[1].wait_for(topic.end())
            found = last_summaries(broker.bootstrap)
        finally:
            for stream in streams:
                stream.dispose()
    assert_equal(found, expected(topic.fed))
    assert store.exists("/isotherm/checkpoints/feed-1/state")
    assert sum(one["dropped_by_watermark"] for one in streams[1].batches) == 0
