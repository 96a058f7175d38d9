"""Watches the deadline of the newest observation, and tells when it is missed and when that is over."""

from datetime import UTC, datetime, timedelta
from typing import Final

from isotherm.datasets.deadline import Deadline
from isotherm.errors import SourceError
from isotherm.ingest.notify import notify
from isotherm.ingest.report import log
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.settings import load_settings
from isotherm.stores import notices
from isotherm.stores.newest import read_newest_loaded

NAME: Final = "deadline"
# As long as it lasts people are reminded once a day.
_AGAIN_AFTER: Final = timedelta(days=1)


@in_workplace
def check_deadline(place: Workplace, *, now: datetime | None = None) -> None:
    """Fail where the newest observation is older than the setting allows.

    Args:
        place: the stores.
        now: default: the wall clock.

    Raises:
        SourceError: the deadline is missed; once a day, so that nobody is told every few hours.
    """
    now = now or datetime.now(UTC)
    with place.engine.begin() as connection:
        deadline = Deadline.of(
            read_newest_loaded(connection, Deadline.datasets(now)), load_settings().stale_after_h
        )
        is_missed = deadline.is_missed(now)
        is_turn = is_missed and notices.take_turn(connection, NAME, again_after=_AGAIN_AFTER)
        is_over = not is_missed and notices.forget(connection, NAME)
    log.info(deadline.describe(now))
    if is_turn:
        raise SourceError(
            f"{deadline.describe(now)} Look at the last runs of ingest_observations, and whether the "
            "archive has anything newer."
        )
    if is_over:
        notify("Isotherm: observations are fresh again", deadline.describe(now))
