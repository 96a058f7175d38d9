"""How a replay reads in its task's log: a line now and then, for hours or for weeks.

The programs' own lines are in logs of their own, which rotate; a task's log never does. At the
beginning a person watches, so lines come often; later one every five minutes is enough, and what has
not changed is not said again before that.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from typing import Any, Final

from isotherm.progress import format_seconds
from isotherm.stream.catch_up import Backlog
from isotherm.stream.feeder_files import FeedPosition
from isotherm.stream.programs import Log
from isotherm.stream.replay import Replay

# Seconds between two lines, until the replay is so old.
_PACES: Final = ((120.0, 15.0), (3600.0, 60.0))
SLOWEST_S: Final = 300.0


def pace_s(age_s: float) -> float:
    """Seconds between two lines of a replay of this age."""
    return next((pace for until, pace in _PACES if age_s < until), SLOWEST_S)


class ProgressLines:
    """Writes how far a replay is, and folds what its programs say while they start."""

    def __init__(self, log: Log, replay: Replay, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare; `clock` gives seconds that only go on."""
        self._log = log
        self._replay = replay
        self._clock = clock
        self._begun = self._said_at = clock()
        self._fed: int | None = None
        self._said = ""
        self._is_folded = False

    def fold(self, title: str) -> None:
        """Fold what is written until the first observations are fed."""
        self._log.info("::group::%s", title)
        self._is_folded = True
        self._begun = self._said_at = self._clock()

    def unfold(self) -> None:
        """End the fold, if it is open."""
        if self._is_folded:
            self._log.info("::endgroup::")
            self._is_folded = False

    def write(
        self,
        values: Mapping[str, Any],
        backlog: Backlog | None,
        load_position: Callable[[], FeedPosition],
        *,
        at_once: bool = False,
    ) -> None:
        """Write a line, where one is due.

        Args:
            values: of `Progress.report`.
            backlog: what is on its way; None where nobody says.
            load_position: reads how far the feed is; called for a line only.
            at_once: a line is due, however new the last one is.
        """
        now = self._clock()
        if not at_once and now - self._said_at < pace_s(now - self._begun):
            return
        fed = int(values["fed"])
        rate = self._rate(fed, now)
        line = describe(self._replay, load_position(), values, backlog, rate)
        if line == self._said and now - self._said_at < SLOWEST_S:
            return
        if fed:
            self.unfold()
        self._log.info("%s", line)
        self._said, self._said_at, self._fed = line, now, fed

    def _rate(self, fed: int, now: float) -> float:
        """Observations a second since the last line; 0 at the first: a resumed feed has many."""
        if not self._fed or now <= self._said_at:
            return 0.0
        return max(0, fed - self._fed) / (now - self._said_at)


def describe(
    replay: Replay,
    position: FeedPosition,
    values: Mapping[str, Any],
    backlog: Backlog | None,
    rate: float,
) -> str:
    """`1 200 of 4 000 observations fed (30 %), 98/s, up to 2014-07-02 11 h UTC; ...`."""
    newest = str(values["newest_hour"] or "")
    parts = [_share(position, int(values["fed"]))]
    if rate:
        parts.append(f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
    if newest:
        parts.append(f"up to {newest[:13].replace('T', ' ')} h UTC")
    way = (
        "what is on its way is not known now"
        if backlog is None
        else f"on their way {_number(backlog.unread_by_stream)} to the stream, "
        f"{_number(backlog.unwritten_by_sink)} summaries to MySQL"
    )
    left = seconds_left(replay, position, rate)
    if "forecasts" in values:
        way += f"; {_number(int(values['forecasts']))} forecasts made"
    ends = f"; about {format_seconds(left)} left" if left else ""
    return f"{', '.join(parts)}; {way}{ends}"


def _share(position: FeedPosition, fed: int) -> str:
    known = _known_rows(position)
    if not known:
        return f"{_number(fed)} observations fed"
    done = position.rows_fed
    return f"{_number(done)} of {_number(known)} observations fed ({100 * done // known} %)"


def _known_rows(position: FeedPosition) -> int:
    """Rows of the whole feed; 0 while a year of it has not begun."""
    years = {one.year for one in position.station_years or ()}
    if len(position.years) < len(years):
        return 0
    return sum(one.rows for one in position.years.values())


def seconds_left(replay: Replay, position: FeedPosition, rate: float) -> float | None:
    """Seconds until everything is fed; None where nothing says so.

    Args:
        replay: its speed and last day say it, where both are given.
        position: how far the feed is.
        rate: observations a second, lately.
    """
    if position.is_done:
        return None
    if replay.speed and replay.last_day and position.newest_observed_at:
        end = datetime.combine(replay.last_day + timedelta(days=1), day_time(), UTC)
        data_s = (end - datetime.fromisoformat(position.newest_observed_at)).total_seconds()
        return max(0.0, data_s) / replay.speed
    left = _known_rows(position) - position.rows_fed
    return left / rate if left > 0 and rate > 0 else None


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")
