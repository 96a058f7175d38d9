"""The sink and forecasts: each once, the highest version stays, poison becomes a letter."""

import json
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from confluent_kafka import Producer
from sqlalchemy import Engine

from forecast_messages import forecast_row
from isotherm.forecast_message import ForecastMessage
from isotherm.messages import decode
from isotherm.sink.forecasts import write_forecasts
from isotherm.sink.offsets import Advance, OffsetStore
from isotherm.stores.tables import forecast
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database
from servers.sink_stack import SinkStack

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.servers


@pytest.fixture
def sinks(kafka: KafkaBroker, database: Database) -> Iterator[SinkStack]:
    one = SinkStack(kafka, database)
    yield one
    one.dispose()


def send(sinks: SinkStack, values: list[dict[str, Any] | bytes]) -> None:
    producer = Producer({"bootstrap.servers": sinks.kafka.bootstrap, "log_level": 0})
    for one in values:
        key, value = (None, one) if isinstance(one, bytes) else (one["station_id"], json.dumps(one))
        producer.produce(sinks.forecast_topic, value, key=key)
    assert producer.flush(30) == 0


def rows(engine: Engine, prefix: str) -> dict[tuple[str, str], sa.RowMapping]:
    with engine.connect() as connection:
        found = connection.execute(
            sa.select(forecast).where(forecast.c.station_id.startswith(prefix, autoescape=True))
        ).mappings()
        return {(row["station_id"], row["kind"]): row for row in found}


def wait_for(sinks: SinkStack, records: int, within_s: float = 60) -> None:
    """Until the sink has come past so many records of forecasts."""
    deadline = time.monotonic() + within_s
    statement = sa.text("SELECT SUM(next_offset) FROM sink_offset WHERE topic = :topic")
    while True:
        with sinks.engine.connect() as connection:
            if (connection.scalar(statement, {"topic": sinks.forecast_topic}) or 0) >= records:
                return
        assert time.monotonic() < deadline, f"the sink did not read {records} forecasts"
        time.sleep(0.1)


def test_forecasts_are_written_once_each_with_the_highest_version(sinks: SinkStack) -> None:
    one, other = sinks.station(1), sinks.station(2)
    sink = sinks.start_sink()
    send(sinks, [forecast_row(one, version=5), forecast_row(one, version=4), b"{"])
    wait_for(sinks, 3)
    sinks.stop(sink, signal.SIGKILL)
    # Sent again after a kill, an older one after a newer, and the same hour as service.
    sink = sinks.start_sink()
    send(sinks, [forecast_row(one, version=5), forecast_row(one, version=3, model_version="old")])
    send(sinks, [forecast_row(other, version=1), forecast_row(other, version=2, model_version="new")])
    send(sinks, [forecast_row(one, kind="service", feed_id=None)])
    wait_for(sinks, 8)
    said = sinks.stop(sink)
    assert "forecasts_written" in said
    found = rows(sinks.engine, sinks.prefix)
    assert {key: (row["version"], row["model_version"]) for key, row in found.items()} == {
        (one, "hindcast"): (5, "20140101.1"),
        (one, "service"): (1, "20140101.1"),
        (other, "hindcast"): (2, "new"),
    }
    assert json.loads(found[one, "hindcast"]["leads"]) == forecast_row()["leads"]
    assert found[one, "service"]["feed_id"] is None
    assert found[one, "hindcast"]["updated_at"] < found[other, "hindcast"]["updated_at"]
    letters = sinks.dead_letters()
    assert [(letter.reason, letter.topic) for letter in letters] == [("invalid", sinks.forecast_topic)]


def test_a_row_the_database_refuses_becomes_a_letter_and_the_others_land(sinks: SinkStack) -> None:
    good, bad = sinks.station(1), sinks.station(2)
    with sinks.engine.begin() as connection:
        check = f"ALTER TABLE forecast ADD CONSTRAINT no_bad CHECK (station_id <> '{bad}')"
        connection.execute(sa.text(check))
    try:
        sink = sinks.start_sink()
        send(sinks, [forecast_row(good), forecast_row(bad)])
        wait_for(sinks, 2)
        sinks.stop(sink)
    finally:
        with sinks.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE forecast DROP CONSTRAINT no_bad"))
    assert set(rows(sinks.engine, sinks.prefix)) == {(good, "hindcast")}
    assert [letter.reason for letter in sinks.dead_letters()] == ["refused_by_database"]


def test_the_guard_holds_across_transactions(database: Database) -> None:
    engine = database.engine()
    offsets = OffsetStore("forecast-guard", "id", "guard")
    offsets.start(engine, 0, 0)

    def write(offset: int, **changes: object) -> sa.RowMapping:
        message = decode(ForecastMessage, json.dumps(forecast_row("GUARD000001", **changes)))
        write_forecasts(engine, offsets, [Advance(0, offset, offset + 1)], [message])
        return rows(engine, "GUARD")["GUARD000001", "hindcast"]

    first = write(0, version=7)
    assert write(1, version=7) == first
    assert write(2, version=6, model_version="older") == first
    newer = write(3, version=8, model_version="newer", feed_id=None)
    assert (newer["version"], newer["model_version"], newer["feed_id"]) == (8, "newer", None)
    assert newer["updated_at"] > first["updated_at"]
    engine.dispose()
