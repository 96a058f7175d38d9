"""Runs the stream of a feed that is done, until it has read what was sent in the place of letters.

A feed's hours are in its checkpoint: only its own stream can add an observation to one of them.
"""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from isotherm.audit.feeds import is_whole, settle_feeds
from isotherm.errors import IsothermError
from isotherm.files import hold_lock
from isotherm.ingest.report import log, write_table
from isotherm.letters import outcomes
from isotherm.settings import REPOSITORY_ROOT, Settings
from isotherm.stores.mysql import create_engine
from isotherm.stores.tables import LEDGER_COUNTS
from isotherm.stream.catch_up import CatchUp
from isotherm.stream.children import Child, end_leftovers, stop_all
from isotherm.stream.feeder_files import FeedPosition, position_path
from isotherm.stream.programs import Log
from isotherm.stream.progress import Progress
from isotherm.stream.topic_offsets import TopicOffsets

_STREAM: Final = "stream"
_LOOK_EVERY_S: Final = 0.5
# A JVM on a busy machine takes a minute to its first batch; then a batch takes seconds.
_GIVE_UP_AFTER_S: Final = 900.0
_LETTERS_WITHIN_S: Final = 60.0


def settle_ledger(settings: Settings, feed_id: str, run_label: str) -> None:
    """Keep the feed's ledger as it is now, where Kafka still has all of the feed.

    Raises:
        FeedStreamError: observations are lost or doubled.
    """
    if not is_whole(settings, feed_id):
        log.warning(f"Kafka has removed the first of feed {feed_id}: its ledger stays as it was.")
        return
    engine = create_engine(settings)
    try:
        audit = settle_feeds(settings, engine, [feed_id], run_label)
    finally:
        engine.dispose()
    names = ("rule", *LEDGER_COUNTS)
    rows = [tuple(getattr(line, name) for name in names) for line in audit.lines]
    write_table("Ledger of this feed, in distinct observations", names, rows)
    if audit.wrong:
        raise FeedStreamError(
            f"MySQL does not hold what feed {feed_id} fed: {audit.wrong}. Play its days again by "
            "stream_observations, with another label."
        )


class FeedStreamError(IsothermError):
    """The stream ended, was stopped, or did not come to the end of the topic."""


class FeedStream:
    """The stream of one feed, without a feeder."""

    def __init__(self, settings: Settings, feed_id: str, log: Log) -> None:
        """Prepare; `run` does the work."""
        self._settings = settings
        self._feed_id = feed_id
        self._log = log
        self._progress = Progress()
        self._is_stopped = False
        program = str(REPOSITORY_ROOT / "streaming" / "summarise_stream.py")
        command = [sys.executable, program, "--feed-id", feed_id, "--trigger-s", "1"]
        self._child = Child(_STREAM, command, settings, self._take)

    def stop(self) -> None:
        """Stop it within 4 s; may be called from a signal handler and again."""
        self._is_stopped = True
        stop_all([self._child])

    def run(self) -> dict[str, int]:
        """Stream to the end of the raw topic; returns how many letters came to what.

        Raises:
            FeedStreamError: see there; cleared, the task goes on where the stream was.
            StoreError: Kafka or MySQL do not answer.
        """
        with self._only_one():
            end_leftovers(self._settings, [_STREAM])
            position = FeedPosition.load(position_path(self._settings, self._feed_id), self._feed_id)
            self._progress.begin_at(position.start_offsets or {})
            catch_up = CatchUp(self._settings)
            try:
                self._child.start()
                self._log.info("Started the stream of feed %s.", self._feed_id)
                self._follow(catch_up)
            finally:
                stop_all([self._child])
                catch_up.close()
        return self._settle()

    def _follow(self, catch_up: CatchUp) -> None:
        deadline = time.monotonic() + _GIVE_UP_AFTER_S
        while not catch_up.backlog(self._progress.stream_offsets).is_empty:
            if self._is_stopped:
                raise FeedStreamError("The stream was stopped from outside; it goes on when cleared.")
            if (status := self._child.exit_status) is not None:
                shown = "\n".join(self._child.last_lines)
                raise FeedStreamError(
                    f"The stream of feed {self._feed_id} ended with status {status}. Its last lines:\n"
                    f"{shown}\nMend the cause and clear this task, or stream the days again by "
                    "stream_observations with another label."
                )
            if time.monotonic() > deadline:
                raise FeedStreamError(
                    f"The stream of feed {self._feed_id} has not come to the topic's end within "
                    f"{_GIVE_UP_AFTER_S:.0f} s. Read `./isotherm logs stream`, then clear this task."
                )
            time.sleep(_LOOK_EVERY_S)

    def _settle(self) -> dict[str, int]:
        """Only once the sink has written all letters is a message that is in no hour a late one."""
        engine = create_engine(self._settings)
        streamed = {self._feed_id: self._progress.stream_offsets}
        try:
            with TopicOffsets(self._settings.kafka_bootstrap_servers) as topics:
                deadline = time.monotonic() + _LETTERS_WITHIN_S
                while not outcomes.letters_written(engine, topics):
                    if time.monotonic() > deadline:
                        return outcomes.settle(engine)
                    time.sleep(_LOOK_EVERY_S)
            return outcomes.settle(engine, streamed)
        finally:
            engine.dispose()

    def _take(self, name: str, line: str) -> None:
        if shown := self._progress.take(name, line):
            self._log.info("[%s] %s", name, shown)

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """As every stream: its program's record and log are one installation's."""
        with hold_lock(self._settings.state_dir / "run" / "stream.lock", wait_s=math.inf):
            yield
