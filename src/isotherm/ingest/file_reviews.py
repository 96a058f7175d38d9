"""Files with many rejects on their way through a run: held back, asked about, loaded or set aside."""

import json
from collections.abc import Sequence
from typing import Final

from isotherm.ingest.report import log, write_table
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.settings import load_settings
from isotherm.stores import source_files
from isotherm.stores.source_files import FileReview, ReviewState

_COLUMNS: Final = (
    "dataset", "year", "station", "rows", "rejected", "share", "usual share", "reasons", "decision"
)  # fmt: skip
_SHOWN: Final = 50


def hold_doubtful(place: Workplace) -> int:
    """Keep files with many rejects from the loader; returns how many."""
    with place.engine.begin() as connection:
        return source_files.hold_doubtful(connection, load_settings().max_rejected_share)


@in_workplace
def hold_and_decide(place: Workplace, choice: str, *, by: str) -> bool:
    """Keep files with many rejects from the loader, and do with them what the run's form says.

    Args:
        place: the stores.
        choice: `load` or `set aside`; anything else asks.
        by: who triggered the run, for the record.

    Returns:
        Whether an operator is to be asked.
    """
    held = hold_doubtful(place)
    if choice in (ReviewState.LOADED, ReviewState.KEPT):
        decision = ReviewState(choice)
        with place.engine.begin() as connection:
            _log_reviews(source_files.decide_all(connection, decision, by=f"the form of {by}"))
        return False
    if held:
        log.warning(
            f"{held} files have more rejects than {load_settings().max_rejected_share:.0%} above the "
            "station's usual share: they are held back, all others are loaded."
        )
    with place.engine.connect() as connection:
        return source_files.has_questions(connection)


@in_workplace
def release(place: Workplace, choice: str, *, by: str) -> None:
    """Let the loader take the files that were set aside before, where the run's form says `load`."""
    if choice == ReviewState.LOADED:
        with place.engine.begin() as connection:
            _log_reviews(
                source_files.decide_all(connection, ReviewState.LOADED, by=f"the form of {by}")
            )


@in_workplace
def take_questions(place: Workplace, *, run_id: str) -> list[FileReview]:
    """The files this run is to ask about, shown as a table."""
    with place.engine.begin() as connection:
        reviews = source_files.take_questions(connection, run_id)
    _log_reviews(reviews)
    return reviews


@in_workplace
def decide(place: Workplace, decision: str, *, run_id: str, by: str) -> int:
    """Do what was answered, and show it; returns of how many files."""
    with place.engine.begin() as connection:
        reviews = source_files.decide_asked(connection, run_id, ReviewState(decision), by=by)
    log.info(f"{by}: {decision}.")
    _log_reviews(reviews, decision)
    return len(reviews)


def as_markdown(reviews: Sequence[FileReview]) -> str:
    """The table of a question, for the page that asks it."""
    columns = _COLUMNS[:-1]
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(map(str, _cells(one)[:-1])) for one in reviews[:_SHOWN]]
    if len(reviews) > _SHOWN:
        lines.append(f"and {len(reviews) - _SHOWN} more, see the task's log")
    return "\n".join(f"| {line} |" for line in lines)


def _log_reviews(reviews: Sequence[FileReview], decision: str | None = None) -> None:
    if reviews:
        write_table("Files with many rejects", _COLUMNS, [_cells(one, decision) for one in reviews])


def _cells(one: FileReview, decision: str | None = None) -> tuple[object, ...]:
    counts = (pair for kind in json.loads(one.rejects).values() for pair in kind.items())
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts)
    usual = "" if one.usual_share is None else f"{one.usual_share:.1%}"
    return (
        one.dataset, one.year, one.station_id, one.seen_count, one.rejected_count, f"{one.share:.1%}",
        usual, reasons, decision or one.state.value,
    )  # fmt: skip
