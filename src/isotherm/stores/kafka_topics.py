"""Kafka's topics: wait for the broker, create what is missing, repair settings that have drifted.

Run as a program (`python -m isotherm.stores.kafka_topics`) by the launcher and by compose, before
anything produces. Safe to run again at any time; partitions of an existing topic are left alone,
because a station's messages must stay in the partition they are in.
"""

import sys
import time
from collections.abc import Sequence
from typing import Any, Final

import structlog
from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined] # re-exported without saying so
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from isotherm.errors import IsothermError, StoreError
from isotherm.messages import TOPICS, Topic
from isotherm.settings import load_settings

log = structlog.get_logger()

_CALL_TIMEOUT_S: Final = 30.0
# librdkafka writes a line per connection attempt while a broker is down: thousands. Ours say it once.
QUIET: Final = {"log_level": 0}


def ends_producer(error: KafkaError) -> bool:
    """Whether a producer takes no record any more after it, whatever the record: another one may."""
    return error.fatal() or error.code() == KafkaError._FATAL


def admin_client(bootstrap_servers: str) -> AdminClient:
    """An admin client that does not flood stderr while the broker is away."""
    return AdminClient({"bootstrap.servers": bootstrap_servers, **QUIET})


def wait_for_broker(admin: AdminClient, *, timeout_s: float = 60.0, broker_count: int = 1) -> None:
    """Return once as many brokers are known by one that answers with its metadata.

    Raises:
        StoreError: none answered within `timeout_s` seconds.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            known = len(admin.list_topics(timeout=min(5.0, timeout_s)).brokers)
            if known >= broker_count or (known and time.monotonic() >= deadline):
                return
        except KafkaException as error:
            if time.monotonic() >= deadline:
                raise StoreError(
                    f"Kafka did not answer within {timeout_s:.0f} s ({error.args[0]}). "
                    "Is it running? See `./isotherm status` and `./isotherm logs kafka`."
                ) from error
        time.sleep(0.2)


def ensure_topics(
    bootstrap_servers: str,
    topics: Sequence[Topic] = TOPICS,
    *,
    timeout_s: float = 60.0,
    broker_count: int = 1,
) -> dict[str, list[str]]:
    """Create the topics that are missing and set back the settings that differ.

    Args:
        bootstrap_servers: host:port of the brokers.
        topics: what must be there afterwards.
        timeout_s: how long to wait for the broker to come up.
        broker_count: how many of them hold a copy of a new topic.

    Returns:
        What was done, by topic: "created", "retention.ms 1000 -> 604800000"; nothing where in order.

    Raises:
        StoreError: the broker is not there or refused.
    """
    admin = admin_client(bootstrap_servers)
    wait_for_broker(admin, timeout_s=timeout_s, broker_count=broker_count)
    done: dict[str, list[str]] = {name: ["created"] for name in _create_missing(admin, topics)}
    _wait_until_known(admin, [topic.name for topic in topics], timeout_s=timeout_s)
    for name, changes in _repair_config(admin, topics).items():
        done.setdefault(name, []).extend(changes)
    return done


def delete_topics(bootstrap_servers: str, names: Sequence[str]) -> list[str]:
    """Delete those of the topics that there are, and return once no broker knows them; their names.

    Raises:
        StoreError: the broker is not there or refused.
    """
    admin = admin_client(bootstrap_servers)
    wait_for_broker(admin)
    found = [name for name in names if name in admin.list_topics(timeout=_CALL_TIMEOUT_S).topics]
    for name, future in (admin.delete_topics(found) if found else {}).items():
        try:
            future.result(_CALL_TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise StoreError(f"Kafka refused to delete topic {name}: {error.args[0]}") from error
    deadline = time.monotonic() + _CALL_TIMEOUT_S
    while left := set(found) & set(admin.list_topics(timeout=_CALL_TIMEOUT_S).topics):
        if time.monotonic() >= deadline:
            raise StoreError(f"Kafka still has {', '.join(sorted(left))}. Look at its log, try again.")
        time.sleep(0.1)
    return found


def _create_missing(admin: AdminClient, topics: Sequence[Topic]) -> list[str]:
    existing = _existing(admin)
    missing = [
        NewTopic(
            topic.name, num_partitions=topic.partitions, replication_factor=-1, config=topic.config
        )
        for topic in topics
        if topic.name not in existing
    ]
    created = []
    for name, future in (admin.create_topics(missing) if missing else {}).items():
        try:
            future.result(_CALL_TIMEOUT_S)
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise StoreError(f"Kafka refused to create topic {name}: {error.args[0]}") from error
        except TimeoutError as error:
            raise _no_answer(name) from error
    return created


def _existing(admin: AdminClient) -> set[str]:
    try:
        return set(admin.list_topics(timeout=_CALL_TIMEOUT_S).topics)
    except KafkaException as error:
        raise StoreError(
            f"Kafka does not tell its topics: {error.args[0]}. See `./isotherm logs kafka`."
        ) from error


def _wait_until_known(admin: AdminClient, names: Sequence[str], *, timeout_s: float) -> None:
    """A topic is created before every broker knows of it."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            read_config(admin, names)
        except StoreError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)
        else:
            return


def read_config(admin: AdminClient, names: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """Every setting of each topic as the broker has it now."""
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    return {
        resource.name: {entry.name: entry.value for entry in _result(future, resource.name).values()}
        for resource, future in admin.describe_configs(resources).items()
    }


def _repair_config(admin: AdminClient, topics: Sequence[Topic]) -> dict[str, list[str]]:
    found = read_config(admin, [topic.name for topic in topics])
    changes = {
        topic.name: {
            name: value for name, value in topic.config.items() if found[topic.name].get(name) != value
        }
        for topic in topics
    }
    resources = [
        ConfigResource(
            ResourceType.TOPIC,
            topic_name,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in wanted.items()
            ],
        )
        for topic_name, wanted in changes.items()
        if wanted
    ]
    for resource, future in (admin.incremental_alter_configs(resources) if resources else {}).items():
        _result(future, resource.name)
    return {
        topic_name: [
            f"{name} {found[topic_name].get(name)} -> {value}" for name, value in wanted.items()
        ]
        for topic_name, wanted in changes.items()
        if wanted
    }


def topic_id(admin: AdminClient, topic: str) -> str:
    """The broker's own id of a topic: a topic that was deleted and made again has another one.

    Raises:
        StoreError: there is no such topic, or Kafka does not answer.
    """
    future = admin.describe_topics(TopicCollection([topic]))[topic]
    return str(_result(future, topic).topic_id)


def _result(future: Any, topic: str) -> Any:  # noqa: ANN401 - confluent_kafka has no types
    try:
        return future.result(_CALL_TIMEOUT_S)
    except KafkaException as error:
        raise StoreError(
            f"Kafka refused a request about topic {topic}: {error.args[0]}. "
            "If it is missing, run `python -m isotherm.stores.kafka_topics`."
        ) from error
    except TimeoutError as error:
        # The future's own patience: a broker that hangs gives no answer that could be an error.
        raise _no_answer(topic) from error


def _no_answer(topic: str) -> StoreError:
    return StoreError(
        f"Kafka did not answer a request about topic {topic} within {_CALL_TIMEOUT_S:.0f} s. See "
        "`./isotherm status` and `./isotherm logs kafka`."
    )


def main() -> int:
    """Bring the topics of the configured broker in order; exit status 1 where that fails."""
    settings = load_settings()
    try:
        done = ensure_topics(settings.kafka_bootstrap_servers, broker_count=settings.broker_count)
    except IsothermError as error:
        log.error("topics_not_ready", reason=str(error))
        return 1
    log.info("topics_ready", topics=[topic.name for topic in TOPICS], done=done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
