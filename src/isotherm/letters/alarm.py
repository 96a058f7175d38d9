"""The alarm of the dead-letter topic: what the triggerer is told to watch, and when an event is one.

The Kafka provider's trigger looks at every record and asks `is_news`; what it says becomes an event of
the asset `dead_letter`. A storm of letters is few events, and fewer runs: `watch_dead_letters` has one
run at a time, which waits until it is its turn to tell.
"""

import time
from collections.abc import AsyncIterator
from typing import Any, Final

from airflow.sdk import Asset, AssetWatcher
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from isotherm.messages import DEAD_LETTER_TOPIC

CONNECTION: Final = "kafka_dead_letters"
# So long one event stands for all letters; the run it starts looks only after that.
FOLD_S: Final = 10.0
_PROVIDERS_TRIGGER: Final = "airflow.providers.apache.kafka.triggers.await_message.AwaitMessageTrigger"


class TopicWatch(BaseEventTrigger):
    """Stands for the provider's trigger in a DAG file, which must not import Kafka's client.

    What the triggerer makes of it is the provider's own class.
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The provider's class and its arguments, all of them."""
        return _PROVIDERS_TRIGGER, {
            "topics": [DEAD_LETTER_TOPIC],
            "apply_function": f"{is_news.__module__}.{is_news.__qualname__}",
            "apply_function_args": [],
            "apply_function_kwargs": {},
            "kafka_config_id": CONNECTION,
            # The triggerer's one thread for such calls is shared: short looks, and no pause between.
            "poll_timeout": 0.2,
            "poll_interval": 0,
            "commit_offset": True,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Never called: see `serialize`."""
        raise NotImplementedError
        yield


_told_at = -FOLD_S


def is_news(_message: object) -> str | None:
    """What a record is an event of; None while another one stands for it."""
    global _told_at
    now = time.monotonic()
    if now - _told_at < FOLD_S:
        return None
    _told_at = now
    return "dead letters"


_WATCH: Final = TopicWatch()  # type: ignore[no-untyped-call] # Airflow's base has no types
DEAD_LETTERS: Final = Asset(
    name="dead_letter",
    uri="isotherm://dead_letter",
    group="isotherm",
    watchers=[AssetWatcher(name="dead_letter_topic", trigger=_WATCH)],
)
