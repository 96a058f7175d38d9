"""Kafka: its own retention does the work; here is seen to it that every topic still has ours."""

from isotherm.ingest.report import log
from isotherm.maintenance.removal import Removal
from isotherm.messages import RETENTION_MS, TOPICS
from isotherm.stores.kafka_topics import admin_client, ensure_topics, read_config, wait_for_broker

_DAY_MS = 86_400_000


def check_retention(bootstrap_servers: str, *, dry_run: bool) -> list[Removal]:
    """Set back what differs of the topics' settings; a dry run only tells of it.

    Raises:
        StoreError: the broker is not there or refused, or a topic is missing (dry run).
    """
    if dry_run:
        admin = admin_client(bootstrap_servers)
        wait_for_broker(admin)
        found = read_config(admin, [one.name for one in TOPICS])
        done = {
            topic.name: [
                f"{name} is {found[topic.name].get(name)}, not {value}"
                for name, value in topic.config.items()
                if found[topic.name].get(name) != value
            ]
            for topic in TOPICS
        }
    else:
        done = ensure_topics(bootstrap_servers)
    changes = [f"{topic}: {one}" for topic, some in done.items() for one in some]
    for change in changes:
        log.warning(f"A topic's settings had drifted: {change}")
    kept = f"{RETENTION_MS // _DAY_MS} days, by Kafka itself"
    return [Removal("settings of topics that had drifted", kept, len(changes))]
