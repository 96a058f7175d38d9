"""The row of a run in `stream_run`, kept current while the run lives.

A thread of its own writes it, so that a long download or a wait for a program does not read as an end.
MySQL that is away ends no replay: the row is then older than the run, and says so by its age; a run
that began meanwhile is told of as soon as MySQL is back.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from isotherm.datasets.registry import DATASETS
from isotherm.settings import Settings
from isotherm.stores import stream_runs
from isotherm.stores.mysql import create_engine
from isotherm.stream.programs import Log
from isotherm.stream.progress import Progress
from isotherm.stream.replay import Replay

BEAT_EVERY_S: Final = 5.0
# A paced feed sends a batch every 30 s: over less time the rate would be all or nothing.
_RATE_OVER_S: Final = 60.0
# Stopped by Airflow, a task has 5 s for its end.
_READ_TIMEOUT_S: Final = 2


class RunRecord:
    """Tells MySQL what a run is doing, from its beginning to its end."""

    def __init__(
        self, settings: Settings, replay: Replay, run_id: str, progress: Progress, log: Log
    ) -> None:
        """Prepare; `kept` does the work."""
        self._engine = create_engine(settings, read_timeout_s=_READ_TIMEOUT_S, pool_size=1)
        self._replay = replay
        self._run_id = run_id
        self._progress = progress
        self._log = log
        self._feed_id: str | None = None
        self._dataset = replay.dataset or DATASETS[0].name
        self._samples: deque[tuple[float, int]] = deque()
        self._ended = threading.Event()
        self._is_behind = False
        self._is_known = False

    def name_feed(self, feed_id: str, dataset: str) -> None:
        """Which feed the run plays, and whose observations, once that is known."""
        self._feed_id, self._dataset = feed_id, dataset

    @contextmanager
    def kept(self, is_stopped: Callable[[], bool]) -> Iterator[None]:
        """From here the run counts as running; at the end, however that comes, as what it came to."""
        thread = threading.Thread(target=self._beat_on, name="stream-run", daemon=True)
        self._write(self._begin)
        thread.start()
        state, failure = stream_runs.COMPLETE, None
        try:
            yield
        except BaseException as error:
            state = stream_runs.STOPPED if is_stopped() else stream_runs.FAILED
            failure = str(error) or type(error).__name__
            raise
        finally:
            self._ended.set()
            thread.join(_READ_TIMEOUT_S)
            self._write(partial(self._end, state, failure))
            self._engine.dispose()

    def rows_per_s(self, now: float, fed: int) -> float:
        """Observations a second over the last minute; a resumed feed begins with what it had fed."""
        if fed:
            self._samples.append((now, fed))
        while len(self._samples) > 2 and now - self._samples[0][0] > _RATE_OVER_S:
            self._samples.popleft()
        if not self._samples or now <= (first := self._samples[0])[0]:
            return 0.0
        return round(max(0, fed - first[1]) / (now - first[0]), 1)

    def _beat_on(self) -> None:
        while not self._ended.wait(BEAT_EVERY_S):
            self._write(self._beat)

    def _begin(self, connection: Connection) -> None:
        stream_runs.begin(
            connection,
            self._run_id,
            dataset=self._dataset,
            description=self._replay.describe(),
            days=(self._replay.first_day, self._replay.last_day),
        )

    def _beat(self, connection: Connection) -> None:
        if self._ended.is_set():
            return  # MySQL let this beat wait for so long that the end has been told
        if not self._is_known:
            self._begin(connection)
        stream_runs.beat(connection, self._run_id, self._values())

    def _end(self, state: str, failure: str | None, connection: Connection) -> None:
        if not self._is_known:
            self._begin(connection)
        stream_runs.end(connection, self._run_id, state, failure, self._values())

    def _values(self) -> dict[str, Any]:
        fed = self._progress.fed
        return {
            "feed_id": self._feed_id,
            "dataset": self._dataset,
            "fed": fed or None,
            "rows_per_s": self.rows_per_s(time.monotonic(), fed),
            "newest_hour": self._progress.newest_hour,
        }

    def _write(self, statement: Callable[[Connection], None]) -> None:
        try:
            with self._engine.begin() as connection:
                statement(connection)
        except SQLAlchemyError as error:
            if not self._is_behind:
                self._log.warning(
                    "MySQL is not told how far the stream is: %s", str(error).split("\n")[0]
                )
            self._is_behind = True
        else:
            self._is_behind = False
            self._is_known = True
