"""The topics on a real broker: created as stated, repaired when changed, keeping seven days."""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from isotherm.dead_letter import MAX_DEAD_LETTER_BYTES, MAX_KEY_LENGTH
from isotherm.errors import StoreError
from isotherm.messages import (
    DEAD_LETTER_TOPIC,
    OBSERVATION_TOPIC,
    RETENTION_MS,
    SEGMENT_MS,
    TOPICS,
    Topic,
)
from isotherm.stores import kafka_topics
from isotherm.stores.kafka_topics import (
    admin_client,
    ensure_topics,
    read_config,
    topic_id,
    wait_for_broker,
)

pytest_plugins = ["servers.kafka_fixture"]
pytestmark = pytest.mark.servers

DAY_MS = 24 * 3600 * 1000


def own_topics() -> tuple[Topic, ...]:
    prefix = uuid.uuid4().hex[:8]
    return tuple(replace(topic, name=f"{prefix}.{topic.name}") for topic in TOPICS)


def set_config(bootstrap: str, topic: str, **config: str) -> None:
    entries = [
        ConfigEntry(name.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
        for name, value in config.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin = admin_client(bootstrap)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(10)


def read_values(bootstrap: str, topic: str) -> list[bytes]:
    """Every value still in partition 0."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "enable.partition.eof": True}
    )
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    values: list[bytes] = []
    while (message := consumer.poll(10)) is not None and message.error() is None:
        values.append(message.value())
    consumer.close()
    return values


def test_topics_are_created_with_seven_days_and_hourly_segments(kafka_bootstrap: str) -> None:
    topics = own_topics()

    done = ensure_topics(kafka_bootstrap, topics)

    assert done == {topic.name: ["created"] for topic in topics}
    found = read_config(admin_client(kafka_bootstrap), [topic.name for topic in topics])
    for topic in topics:
        assert found[topic.name]["retention.ms"] == str(RETENTION_MS) == str(7 * DAY_MS)
        assert found[topic.name]["segment.ms"] == str(SEGMENT_MS) == "3600000"
        assert found[topic.name]["message.timestamp.type"] == "CreateTime"
        assert found[topic.name]["retention.bytes"] == "-1"
        assert found[topic.name]["max.message.bytes"] == "1048588"


def test_creating_the_topics_again_changes_nothing(kafka_bootstrap: str) -> None:
    topics = own_topics()
    ensure_topics(kafka_bootstrap, topics)
    ids = [topic_id(admin_client(kafka_bootstrap), topic.name) for topic in topics]

    assert ensure_topics(kafka_bootstrap, topics) == {}
    assert [topic_id(admin_client(kafka_bootstrap), topic.name) for topic in topics] == ids


def test_a_setting_that_has_drifted_is_set_back_and_reported(kafka_bootstrap: str) -> None:
    topics = own_topics()
    ensure_topics(kafka_bootstrap, topics)
    set_config(kafka_bootstrap, topics[0].name, retention_ms="1000", cleanup_policy="compact")

    done = ensure_topics(kafka_bootstrap, topics)

    assert done == {
        topics[0].name: ["cleanup.policy compact -> delete", f"retention.ms 1000 -> {RETENTION_MS}"]
    }
    assert ensure_topics(kafka_bootstrap, topics) == {}


def test_the_longest_dead_letter_fits_into_its_topic_whatever_the_limit_was(
    kafka_bootstrap: str,
) -> None:
    (topic,) = (one for one in own_topics() if one.name.endswith(DEAD_LETTER_TOPIC))
    ensure_topics(kafka_bootstrap, [topic])
    set_config(kafka_bootstrap, topic.name, max_message_bytes="1000")
    longest = b"x" * MAX_DEAD_LETTER_BYTES

    ensure_topics(kafka_bootstrap, [topic])
    failures: list[object] = []
    producer = Producer({"bootstrap.servers": kafka_bootstrap})
    producer.produce(
        topic.name,
        longest,
        key="k" * MAX_KEY_LENGTH,
        on_delivery=lambda error, _: failures.append(error) if error else None,
    )

    assert producer.flush(20) == 0
    assert failures == []
    assert read_values(kafka_bootstrap, topic.name) == [longest]


def test_a_topic_made_again_has_another_id(kafka_bootstrap: str) -> None:
    topics = own_topics()[:1]
    admin = admin_client(kafka_bootstrap)
    ensure_topics(kafka_bootstrap, topics)
    before = topic_id(admin, topics[0].name)
    admin.delete_topics([topics[0].name])[topics[0].name].result(10)
    deadline = time.monotonic() + 20
    while topics[0].name in admin.list_topics(timeout=5).topics and time.monotonic() < deadline:
        time.sleep(0.1)
    ensure_topics(kafka_bootstrap, topics)

    assert topic_id(admin, topics[0].name) != before


def test_a_missing_topic_is_named_with_the_command_that_makes_it(kafka_bootstrap: str) -> None:
    with pytest.raises(StoreError, match=r"no-such-topic.*python -m isotherm\.stores\.kafka_topics"):
        topic_id(admin_client(kafka_bootstrap), "no-such-topic")


def test_a_broker_that_is_away_is_said_so_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(StoreError, match="did not answer within 1 s"):
        wait_for_broker(admin_client("127.0.0.1:1"), timeout_s=1)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("ask", [topic_id, lambda admin, name: ensure_topics("127.0.0.1:1", [])])
def test_no_answer_in_time_is_an_error_of_the_store(
    ask: Callable[[AdminClient, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_topics, "_CALL_TIMEOUT_S", 0.2)
    monkeypatch.setattr(kafka_topics, "wait_for_broker", lambda *_, **__: None)
    with pytest.raises(StoreError, match="isotherm logs kafka"):
        ask(admin_client("127.0.0.1:1"), OBSERVATION_TOPIC)


def test_an_observation_of_1901_survives_retention_and_one_fed_eight_days_ago_does_not(
    kafka_bootstrap: str,
) -> None:
    topic = next(topic for topic in own_topics() if topic.name.endswith(OBSERVATION_TOPIC))
    topic = replace(topic, partitions=1)
    ensure_topics(kafka_bootstrap, [topic])
    # Segments roll at once, so that the broker may delete whatever it thinks has expired.
    set_config(kafka_bootstrap, topic.name, segment_ms="1")
    producer = Producer({"bootstrap.servers": kafka_bootstrap, "linger.ms": 0})
    expired_ms = int(time.time() * 1000) - 8 * DAY_MS
    producer.produce(topic.name, b"fed eight days ago", timestamp=expired_ms)
    producer.flush(10)
    for value in (b'{"observed_at":"1901-01-01T06:00:00Z"}', b"next segment", b"next segment"):
        producer.produce(topic.name, value)
        producer.flush(10)
        time.sleep(0.1)

    deadline = time.monotonic() + 30
    while (values := read_values(kafka_bootstrap, topic.name))[0] == b"fed eight days ago":
        assert time.monotonic() < deadline, "retention did not delete the expired record"
        time.sleep(0.5)

    assert values[0] == b'{"observed_at":"1901-01-01T06:00:00Z"}'
