"""Forecasts beside a stream: summaries in Kafka to rows in MySQL, over kills, as computed directly."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa
from confluent_kafka import Producer

from isotherm.archive.station_year import StationYear
from isotherm.forecast.changed_hours import ChangedHours
from isotherm.forecast.issue import Issued
from isotherm.forecast.stream_state import StreamState
from isotherm.forecast_message import leads_of
from isotherm.messages import HOURLY_SUMMARY_TOPIC
from isotherm.quality import DEFAULT_RULE, RULE_NAMES
from isotherm.statistics.catalogue import STATISTICS
from isotherm.statistics.statistic import COUNT
from isotherm.stores.bucket_tables import BucketTable, write_bucket
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.kafka_topics import ensure_topics
from isotherm.stores.mysql import create_engine
from isotherm.stores.places import Member
from isotherm.stores.tables import forecast
from isotherm.stream.feeder_files import FeedPosition, position_path
from isotherm.stream.forecast_log import ForecastLog, log_path
from isotherm.stream.forecast_start import HISTORY, hour_number, load_starts
from servers.hdfs_fixture import Hdfs
from servers.kafka_fixture import KafkaBroker

pytest_plugins = ["servers.hdfs_fixture", "servers.kafka_fixture"]
pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parents[2]
STATIONS = ("01001099999", "72530094846")
DATASET = "global-hourly"
FIRST = datetime(2014, 3, 20, tzinfo=UTC)
HISTORY_DAYS = 78
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_HOUR = int((FIRST - _EPOCH) // timedelta(hours=1))


def tenths(station: str, hour: int) -> int:
    """A temperature of a formula: a day, and weather of some days."""
    phase = STATIONS.index(station)
    slow = 60 * np.sin(hour / (31 + 7 * phase)) + 25 * np.sin(hour / 11.3)
    return round(80 + 50 * float(np.cos(2 * np.pi * (hour % 24 - 15) / 24)) + float(slow))


def statistics_of(value: int) -> dict[str, int]:
    return {"observation_count": 1, "min_tenths": value, "max_tenths": value, "sum_tenths": value}


def summaries(station: str) -> pl.DataFrame:
    """The history on HDFS, as the batch layer writes it."""
    hours = range(FIRST_HOUR - HISTORY_DAYS * 24, FIRST_HOUR)
    zeros = {one.name: 0 if one.unit == COUNT else None for one in STATISTICS}
    return pl.DataFrame(
        [
            {
                "station_id": station,
                "hour_start": _EPOCH + timedelta(hours=hour),
                "rule": DEFAULT_RULE,
                **zeros,
                **statistics_of(tenths(station, hour)),
            }
            for hour in hours
        ],
        infer_schema_length=None,
    )


def message(station: str, hour: int, feed_id: str, version: int) -> dict[str, Any]:
    start = _EPOCH + timedelta(hours=hour)
    return {
        "schema_version": 2,
        "feed_id": feed_id,
        "dataset": DATASET,
        "station_id": station,
        "hour_start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "received": 1,
        "version": version,
        "rules": {rule: statistics_of(tenths(station, hour)) for rule in RULE_NAMES},
    }


@contextmanager
def program(servers: Hdfs, kafka: KafkaBroker, name: str, *arguments: str) -> Iterator[Any]:
    environment = {
        **os.environ,
        "ISOTHERM_STATE_DIR": str(servers.folder),
        "ISOTHERM_TOOLS_DIR": str(servers.settings.tools_dir),
        "ISOTHERM_PORT_BASE": str(servers.settings.port_base),
        "ISOTHERM_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "ISOTHERM_FORECAST_WAIT_S": "2",
        "ISOTHERM_HINDCAST_EVERY_H": "1",
    }
    with (servers.folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "streaming" / name), *arguments],
            env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)


def send(kafka: KafkaBroker, messages: list[dict[str, Any]]) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    for one in messages:
        producer.produce(HOURLY_SUMMARY_TOPIC, json.dumps(one), key=one["station_id"])
    assert producer.flush(30) == 0


def rows(engine: sa.Engine, feed_id: str) -> dict[tuple[str, int], Any]:
    with engine.connect() as connection:
        found = connection.execute(sa.select(forecast).where(forecast.c.feed_id == feed_id)).mappings()
        return {(row["station_id"], hour_number(row["origin_hour"])): row for row in found}


def wait_for(servers: Hdfs, engine: sa.Engine, feed_id: str, count: int) -> dict[tuple[str, int], Any]:
    deadline = time.monotonic() + 120
    while len(found := rows(engine, feed_id)) < count:
        said = (servers.folder / "forecast_stream.py.log").read_text()[-1500:]
        assert time.monotonic() < deadline, f"{len(found)} of {count} forecasts; {said}"
        time.sleep(0.3)
    return found


def assert_is(leads: dict[str, Any], wanted: Issued) -> None:
    """What was stored is what was computed; a half of a tenth may be rounded either way."""
    assert leads["method"] == leads_of(wanted).method
    numbers = {
        "temperature_tenths": wanted.temperature_c,
        "low_tenths": wanted.low_c,
        "high_tenths": wanted.high_c,
        "yesterday_tenths": wanted.yesterday_c,
        "climatology_tenths": wanted.climatology_c,
        "damped14_tenths": wanted.damped14_c,
    }
    for name, values in numbers.items():
        found = np.array([np.nan if one is None else one for one in leads[name]])
        np.testing.assert_allclose(found, values * 10, atol=0.5 + 1e-6, err_msg=name)


def test_a_replayed_day_is_forecast_hour_by_hour_over_kills(servers: Hdfs, kafka: KafkaBroker) -> None:
    feed_id = "forecasts-1"
    ensure_topics(kafka.bootstrap)
    store, engine = HdfsStore(servers.settings), create_engine(servers.settings)
    for station in STATIONS:
        history = summaries(station)
        for (year,), part in history.group_by(pl.col("hour_start").dt.year()):
            table = BucketTable(part, {})
            write_bucket(store, HOURLY_SUMMARY_ROOT, DATASET, int(str(year)), bucket_of(station), table)
    years = [StationYear(station, 2014, DATASET) for station in STATIONS]
    planned = datetime.now(UTC).isoformat()
    FeedPosition(feed_id, years, planned).save(position_path(servers.settings, feed_id))

    hours = range(FIRST_HOUR, FIRST_HOUR + 24)
    sent = [message(one, hour, feed_id, hour - FIRST_HOUR) for hour in hours for one in STATIONS]
    other = [message(STATIONS[0], FIRST_HOUR + 500, "another-feed", 1)]
    arguments = ("--feed-id", feed_id, "--poll-s", "0.3")
    with program(servers, kafka, "summaries_to_mysql.py", "--port", "0"):
        with program(servers, kafka, "forecast_stream.py", *arguments) as first:
            send(kafka, [*other, *sent[:16]])
            wait_for(servers, engine, feed_id, 14)
            first.send_signal(signal.SIGKILL)
        # Killed between the log and the topic: what the last line says is sent again.
        path = log_path(servers.settings, feed_id)
        with path.open("ab") as torn:
            torn.write(b'{"number": 99, "ends"')
        send(kafka, [*sent[10:30], *sent[:4]])
        with program(servers, kafka, "forecast_stream.py", *arguments) as second:
            wait_for(servers, engine, feed_id, 28)
            second.send_signal(signal.SIGKILL)
        send(kafka, sent[30:])
        with program(servers, kafka, "forecast_stream.py", *arguments) as third:
            found = wait_for(servers, engine, feed_id, 48)
            third.send_signal(signal.SIGTERM)
            assert third.wait(20) == 0
    numbers = [one.number for one in ForecastLog(path).batches]
    assert numbers == list(range(len(numbers)))

    with engine.connect() as connection:
        starts = load_starts(
            store, connection, dict.fromkeys(STATIONS, HISTORY),
            {one: Member(DATASET, one) for one in STATIONS},
            FIRST_HOUR, lambda _: None,
        )  # fmt: skip
    engine.dispose()
    state = StreamState(starts)
    assert set(found) == {(station, hour) for station in STATIONS for hour in hours}
    for station in STATIONS:
        for hour in hours:
            values = np.full((1, 6), np.nan)
            values[0, 0] = tenths(station, hour) / 10
            for _ in state.apply({station: ChangedHours(np.array([hour]), values)}):
                pass
            (wanted,) = state.forecast(station, [hour])
            row = found[station, hour]
            assert_is(json.loads(row["leads"]), wanted)
            assert (row["kind"], row["model_version"], row["dataset"]) == ("hindcast", HISTORY, DATASET)
    leads = json.loads(found[STATIONS[0], FIRST_HOUR]["leads"])
    assert set(leads["method"][:24]) == {"own"}
    assert leads["low_tenths"][0] < leads["temperature_tenths"][0] < leads["high_tenths"][0]
