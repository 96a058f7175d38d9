"""Tells people of a task that failed for good: which run, which task, why, and where its log is.

Of one with hundreds of attempts they are told while it goes on trying: the last one is hours away.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from isotherm.ingest.notify import NOBODY, notify
from isotherm.ingest.report import log
from isotherm.settings import load_settings, read_settings
from isotherm.stores import notices
from isotherm.stores.mysql import create_engine
from isotherm.stream.programs import ReplayStoppedError

KIND: Final = "failure "
# A mapped task may fail in hundreds of parts: the first one tells of all.
_AGAIN_AFTER: Final = timedelta(hours=1)
_KEPT_FOR: Final = timedelta(days=30)
_MAX_CAUSE: Final = 1_000


def tell_of_failure(context: Mapping[str, Any]) -> None:
    """The `on_failure_callback` of every task of ours; does nothing where nobody is to be told."""
    ti = context["ti"]
    _tell(context, f"{ti.dag_id} failed in {ti.task_id}", f"attempt {ti.try_number}")


def tell_of_attempt(context: Mapping[str, Any]) -> None:
    """The `on_retry_callback` of a task with hundreds of attempts, once an hour.

    One that was stopped, or killed from outside, which leaves no error, goes on: that is no news.
    """
    error = context.get("exception")
    if error is not None and not isinstance(error, ReplayStoppedError):
        ti = context["ti"]
        attempt = f"attempt {ti.try_number} of {ti.max_tries + 1}, the next begins in minutes"
        _tell(context, f"{ti.dag_id} fails in {ti.task_id} and tries again", attempt)


def _tell(context: Mapping[str, Any], what: str, attempt: str) -> None:
    # A task's process is forked from one that may be older than the address.
    settings = read_settings()
    if settings.notify_url.get_secret_value() in NOBODY:
        return
    ti, run = context["ti"], context["dag_run"]
    title = f"Isotherm: {what}"
    if not _is_first(f"{KIND}{run.run_id} {what}"):
        log.info(f"Told before: {title}")
        return
    lines = (
        f"Run: {run.run_id}",
        f"Task: {ti.task_id}, {attempt}",
        f"Cause: {cause_of(context.get('exception'))}",
        f"Log: {ti.log_url}",
    )
    notify(title, "\n".join(lines), settings)


def cause_of(error: BaseException | str | None) -> str:
    """The last line of an error, as a task's log ends with it."""
    if error is None:
        return "the task was ended from outside; its log says more."
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[-1][:_MAX_CAUSE]


def _is_first(name: str) -> bool:
    """Whether nobody has told of it; where MySQL is away, it may be what failed: tell."""
    engine = create_engine(load_settings())
    try:
        with engine.begin() as connection:
            notices.forget_old(connection, KIND, older_than=_KEPT_FOR)
            return notices.take_turn(connection, name, again_after=_AGAIN_AFTER)
    except sa.exc.SQLAlchemyError:
        return True
    finally:
        engine.dispose()
