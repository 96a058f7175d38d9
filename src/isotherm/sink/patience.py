"""Waiting out what passes: a store that is away is asked again, ever more slowly, without end.

Nothing is skipped and nothing is dead-lettered for it.
"""

import threading
from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from confluent_kafka import KafkaException
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from isotherm.errors import FencedError, StoreError
from isotherm.sink.health import Health, SinkMetrics
from isotherm.sink.refusals import is_refusal

log = structlog.get_logger()
Result = TypeVar("Result")

FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 5.0
# What passes by itself. What does not (a missing table, a wrong statement) ends the sink.
_DATABASE_AWAY: Final = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)


class Stopped(Exception):
    """SIGTERM came while waiting for a store."""


class Patience:
    """One loop's way of waiting for its stores."""

    def __init__(self, stop: threading.Event, health: Health, metrics: SinkMetrics) -> None:
        """Prepare.

        Args:
            stop: ends every waiting.
            health: told of every failed attempt.
            metrics: counts them.
        """
        self.stop = stop
        self.health = health
        self._metrics = metrics

    def keep_trying(self, store: str, attempt: Callable[[], Result]) -> Result:
        """Do something, again and again while a store is away.

        Args:
            store: `kafka` or `mysql`.
            attempt: safe to repeat.

        Raises:
            Stopped: SIGTERM came first.
            DBAPIError: MySQL refused what was to be written (`refusals.is_refusal`).
            StoreError: MySQL's content forbids going on.
        """
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return attempt()
            except FencedError:
                raise
            except (*_DATABASE_AWAY, KafkaException) as error:
                if is_refusal(error):
                    raise
                self.note_trouble(store, error)
            except StoreError as error:
                if store != "kafka":
                    raise
                self.note_trouble(store, error)
            if self.stop.wait(wait_s):
                raise Stopped
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def note_trouble(self, store: str, error: Exception) -> None:
        """Count and tell of a failed attempt."""
        self._metrics.retries.labels(store).inc()
        text = str(getattr(error, "orig", None) or error) or type(error).__name__
        reason = text.splitlines()[0]
        self.health.troubled(f"{store}: {reason}")
        log.warning("store_away", loop=self.health.loop, store=store, reason=reason)
