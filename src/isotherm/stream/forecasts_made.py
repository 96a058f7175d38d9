"""Whether a replay's forecasts have all gone out; they are waited for so long, and no longer."""

import time
from typing import Final

from isotherm.stream.catch_up import CatchUp, distance
from isotherm.stream.programs import Log, Programs
from isotherm.stream.progress import Progress
from isotherm.stream.replay import FORECASTER

# Without a sign of the forecaster for so long the feed is complete all the same.
PATIENCE_S: Final = 120.0


class ForecastsMade:
    """Follows what the forecaster says."""

    def __init__(self, progress: Progress, log: Log) -> None:
        """Prepare."""
        self._progress = progress
        self._log = log
        self._sign: object = None
        self._since = time.monotonic()

    @property
    def sent(self) -> int:
        """Forecasts that have gone out."""
        return int(self._progress.value(FORECASTER, "forecasts_sent") or 0)

    def are_made(self, catch_up: CatchUp, programs: Programs | None) -> bool:
        """Whether the forecaster has read all summaries and no hour of them waits, or is given up.

        Raises:
            StoreError: Kafka does not answer.
        """
        if programs is None or not programs.is_at_work(FORECASTER):
            return True
        said = self._progress.value(FORECASTER, "summary_ends")
        is_open = self._progress.value(FORECASTER, "is_open")
        if said is not None and not is_open:
            ends = {int(partition): int(offset) for partition, offset in said.items()}
            if not distance(ends, catch_up.summary_ends()):
                return True
        ready = self._progress.value(FORECASTER, "ready")
        if self._sign != (said, self.sent, is_open, ready):
            self._sign, self._since = (said, self.sent, is_open, ready), time.monotonic()
        if time.monotonic() - self._since < PATIENCE_S:
            return False
        self._log.warning(
            "Not all forecasts were made: the forecaster says nothing for %.0f s. See `./isotherm logs "
            "forecaster`. The observations are whole.",
            PATIENCE_S,
        )
        return True
