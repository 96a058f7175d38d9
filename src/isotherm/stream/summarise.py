"""Runs the speed layer's Spark query until it is asked to stop: checkpoint, lock, progress, ending.

The checkpoint belongs to the feed. Deleting it starts the feed from the beginning of the raw topic: the
same summaries come out again, and the sink's guard keeps the newer of two.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

import psutil
from py4j.protocol import Py4JError  # type: ignore[import-untyped] # it has no types
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from isotherm.errors import LockedError, StoreError
from isotherm.files import hold_lock
from isotherm.settings import Settings
from isotherm.spark.scratch import scratch_folder
from isotherm.spark.session import stream_session
from isotherm.stream.checkpoints import checkpoint_conf, checkpoint_of, remove_old_checkpoints
from isotherm.stream.clean_up import old_before
from isotherm.stream.hour_stream import StreamPlan, summary_stream
from isotherm.stream.stores_away import ask_until_answered
from isotherm.stream.stream_failure import failure_of, is_store_away
from isotherm.stream.stream_progress import describe_progress

POLL_S: Final = 0.3
STOP_WITHIN_S: Final = 3.0
LOCK_WAIT_S: Final = 30.0

STREAM_CONF: Final = {
    # State on disk: a backlog of a million observations must not need a gigabyte of heap.
    "spark.sql.streaming.stateStore.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
    ),
    "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled": "true",
    # A backlog has thousands of hours a partition; beyond the default of 128 they would be sorted.
    "spark.sql.objectHashAggregate.sortBased.fallbackThreshold": "100000",
    # A message may have a megabyte: what a Python worker gets at once is bounded in bytes too.
    "spark.sql.execution.arrow.maxBytesPerBatch": "33554432",
    # How often an idle query says where it is; the replay's end waits for it.
    "spark.sql.streaming.noDataProgressEventInterval": "2000",
    "spark.sql.streaming.stopTimeout": "2000",
    "spark.sql.streaming.minBatchesToRetain": "10",
    "spark.sql.streaming.metricsEnabled": "false",
}


def run_stream(settings: Settings, plan: StreamPlan, trigger_s: float) -> int:
    """Summarise until SIGTERM or SIGINT; returns the exit status.

    Args:
        settings: Kafka's address, where checkpoints live, the state folder for the lock.
        plan: what to read.
        trigger_s: seconds between micro-batches.

    Raises:
        RefusedError: the checkpoint or what it stands on is of no use any more.
        StoreError: another instance holds this checkpoint, or the query failed.
    """
    path = settings.state_dir / "run" / f"stream-{plan.feed_id}.lock"
    with only_instance(path) as lock, scratch_folder(settings, plan.feed_id) as scratch:
        spark = stream_session(settings, f"isotherm-stream-{plan.feed_id}", scratch)
        checkpoint = checkpoint_of(settings, plan.feed_id)
        for name, value in (STREAM_CONF | checkpoint_conf(checkpoint)).items():
            spark.conf.set(name, value)
        write_holder(lock, jvm_pid(spark))
        stop = _stop_on_signal()
        writer = summary_stream(spark, plan).trigger(processingTime=f"{trigger_s} seconds")
        try:
            _remove_old(spark, checkpoint)
            query = writer.option("checkpointLocation", checkpoint).start()
            try:
                follow(query, stop, plan.start_offsets)
            finally:
                end(spark, query)
        except (PySparkException, Py4JError) as error:
            if not stop.is_set():
                trace = str(getattr(error, "_stackTrace", None) or error)
                raise failure_of(str(error), checkpoint, trace) from error
    return 0


def _remove_old(spark: SparkSession, checkpoint: str) -> None:
    """Remove old checkpoints: the first that is asked of their store, which may be away."""
    removed = ask_until_answered(
        "checkpoints",
        lambda: remove_old_checkpoints(spark, checkpoint, old_before()),
        lambda error: is_store_away(str(error)),
    )
    if removed:
        _print({"event": "old_checkpoints_removed", "checkpoints": removed})


def follow(query: StreamingQuery, stop: threading.Event, begin: Mapping[int, int]) -> None:
    """Print a line per micro-batch until asked to stop or the query fails."""
    shown: tuple[Any, ...] | None = None
    seen_until = ""
    while not stop.wait(POLL_S):
        for progress in _progress_since(query, seen_until):
            seen_until = progress["timestamp"]
            line = describe_progress(progress, begin)
            position = (progress["runId"], line["batch"], line["end_offsets"], line["rows"])
            if line["end_offsets"] and (shown is None or _is_newer(position, shown)):
                _print(line)
                shown = position
        if not query.isActive:
            query.awaitTermination()  # raises what ended it
            return


def _progress_since(query: StreamingQuery, seen_until: str) -> list[dict[str, Any]]:
    """What Spark has to say since then, oldest first.

    `query.recentProgress` would bring the last hundred each time, as text through a socket: 4 % of a
    core here, for ever, and what it takes to write them in Java.
    """
    found: list[dict[str, Any]] = []
    for one in reversed(query._jsq.recentProgress()):
        if one.timestamp() <= seen_until:
            break
        found.append(json.loads(one.json()))
    return found[::-1]


def _is_newer(position: tuple[Any, ...], shown: tuple[Any, ...]) -> bool:
    return bool(position[1] > shown[1] or (position[1] == shown[1] and position[2] != shown[2]))


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def end(spark: SparkSession, query: StreamingQuery) -> None:
    """Stop the query and Spark; a JVM that was signalled too may already be gone.

    Spark calls it an error that a query is stopped in mid-batch: to go on there is what it is made for.
    """
    with suppress(Exception):
        _silence(spark)
        query.stop()
        spark.stop()


def _silence(spark: SparkSession) -> None:
    """Also the loggers that have a level of their own, which `setLogLevel` leaves alone."""
    logging: Any = spark.sparkContext._jvm.org.apache.logging.log4j  # type: ignore[union-attr]
    logging.core.config.Configurator.setAllLevels("", logging.Level.OFF)


def _stop_on_signal() -> threading.Event:
    """Set when asked to stop; from then on the process has 3 s, whatever a call into Java waits for."""
    stop = threading.Event()

    def on_signal(*_: object) -> None:
        if not stop.is_set():
            stop.set()
            last_resort = threading.Timer(STOP_WITHIN_S, lambda: os._exit(0))
            last_resort.daemon = True
            last_resort.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    return stop


@contextmanager
def only_instance(path: Path, wait_s: float = LOCK_WAIT_S) -> Iterator[IO[str]]:
    """Hold the lock of a checkpoint; it ends with the process, however that ends.

    Two queries on one checkpoint would overwrite each other's state. A killed driver leaves a JVM that
    works on for a moment: its pid is in the lock file, and its end is waited for as well.

    Raises:
        StoreError: the holder did not go away within `wait_s` seconds.
    """
    deadline = time.monotonic() + wait_s
    with ExitStack() as held:
        try:
            lock = held.enter_context(hold_lock(path, wait_s=wait_s))
        except LockedError as error:
            raise _is_taken(path, "another process") from error
        _wait_for_java(path, lock, deadline)
        yield lock


def _wait_for_java(path: Path, lock: IO[str], deadline: float) -> None:
    while _is_same_process(holder := _holder(lock)):
        if time.monotonic() > deadline:
            raise _is_taken(path, str(holder))
        time.sleep(POLL_S)


def _is_taken(path: Path, holder: str) -> StoreError:
    return StoreError(
        f"Another stream works on this feed (lock {path}, held by {holder}). "
        "Stop it, or wait for its end."
    )


def write_holder(lock: IO[str], jvm: int) -> None:
    """Note which JVM works under this lock: pid and start, since a pid alone is reused."""
    lock.seek(0)
    lock.truncate()
    json.dump({"jvm": jvm, "created": psutil.Process(jvm).create_time()}, lock)
    lock.flush()


def _holder(lock: IO[str]) -> dict[str, Any]:
    lock.seek(0)
    try:
        holder = json.loads(lock.read())
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def _is_same_process(holder: dict[str, Any]) -> bool:
    try:
        process = psutil.Process(int(holder["jvm"]))
        is_same = abs(process.create_time() - float(holder["created"])) < 1
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except (KeyError, ValueError, psutil.NoSuchProcess):
        return False


def jvm_pid(spark: SparkSession) -> int:
    """Process id of the session's JVM."""
    jvm: Any = spark.sparkContext._jvm
    return int(jvm.java.lang.ProcessHandle.current().pid())
