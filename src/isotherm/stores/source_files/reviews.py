"""Files with many rejects: held back from the loader until an operator, or the default, decides.

The share of a file is what was rejected under the default rule or set aside, of all its rows. It is
doubtful where that is more than the limit above the station's usual share: that of its other files in
MySQL. A decision holds for later versions of the file that are not worse by the limit again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, or_, select, update
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.stores import tables
from isotherm.stores.source_files.rows import is_file
from isotherm.utc import to_naive

# How long a question waits for its answer.
ANSWER_WITHIN: Final = timedelta(hours=12)
# Fewer rows are no ground for a question, however short a new year's file is: a day of hours.
MIN_REJECTED: Final = 24
# The run that asks may have been deleted: another one asks again.
_ASKED_FOR_GOOD: Final = ANSWER_WITHIN + timedelta(hours=1)
_FILE: Final = tables.source_file
_REVIEW: Final = tables.file_review


class ReviewState(StrEnum):
    """How far the decision is."""

    WAITING = "waiting"
    ASKED = "asked"
    LOADED = "load"
    KEPT = "set aside"


_OPEN: Final = (ReviewState.WAITING, ReviewState.ASKED)
DECISIONS: Final = (ReviewState.LOADED, ReviewState.KEPT)


@dataclass(frozen=True, slots=True)
class FileReview:
    """One version of a file that has many rejects.

    Attributes:
        sha256: of the version.
        rejected_count: rows rejected or set aside.
        seen_count: all rows of the file.
        usual_share: of the station's other files in MySQL; None where there are none.
        rejects: rejected rows by reason, as JSON.
    """

    dataset: str
    year: int
    station_id: str
    sha256: str
    rejected_count: int
    seen_count: int
    usual_share: float | None
    rejects: str
    state: ReviewState
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def share(self) -> float:
        """Rejected rows of all rows."""
        return self.rejected_count / self.seen_count


def hold_doubtful(connection: Connection, limit: float) -> int:
    """Keep doubtful files from the loader; returns how many are held now that were not before.

    Args:
        connection: in a transaction.
        limit: share of rows above the station's usual one.
    """
    _forget_replaced(connection)
    seen = _FILE.c.row_count + _FILE.c.set_aside_count
    rows = connection.execute(
        select(_FILE)
        .where(
            _FILE.c.has_changes == 1,
            _FILE.c.summarised_sha256.is_not(None),
            _FILE.c.rejected_count >= MIN_REJECTED,
            _FILE.c.rejected_count > limit * seen,
        )
        .with_for_update()
    ).all()
    return sum(_hold(connection, row, limit) for row in rows)


def _forget_replaced(connection: Connection) -> None:
    """Drop questions about versions that another one has replaced: it is judged by itself."""
    is_replaced = and_(_is_file_of_review(), _FILE.c.summarised_sha256 != _REVIEW.c.sha256)
    statement = (
        select(_REVIEW).select_from(_REVIEW.join(_FILE, is_replaced)).where(_REVIEW.c.state.in_(_OPEN))
    )
    for row in connection.execute(statement).all():
        connection.execute(_REVIEW.delete().where(_is_of(row), _REVIEW.c.sha256 == row.sha256))


def _hold(connection: Connection, row: Row[Any], limit: float) -> bool:
    share = row.rejected_count / (row.row_count + row.set_aside_count)
    usual = _usual_share(connection, row)
    if share <= limit + (usual or 0.0):
        return False
    if not _is_asked(connection, row):
        state, decided = ReviewState.WAITING, _last_decision(connection, row)
        if decided is not None and share <= decided.share + limit:
            state = decided.state
        if state is ReviewState.LOADED:
            return False
        _write(connection, row, usual, state, decided)
    # Its changed days stay noted: a later version, or the word to load it, brings them all.
    connection.execute(update(_FILE).where(is_file(row)).values(has_changes=0, is_settled=1))
    return True


def _usual_share(connection: Connection, row: Row[Any]) -> float | None:
    """The share of the station's files of other years that are in MySQL."""
    rejected, seen = connection.execute(
        select(
            func.sum(_FILE.c.rejected_count), func.sum(_FILE.c.row_count + _FILE.c.set_aside_count)
        ).where(
            _FILE.c.station_id == row.station_id,
            _FILE.c.year != row.year,
            _FILE.c.dataset == row.dataset,
            _FILE.c.loaded_sha256 == _FILE.c.summarised_sha256,
            _FILE.c.rejected_count.is_not(None),
        )
    ).one()
    return float(rejected) / float(seen) if seen else None


def _is_asked(connection: Connection, row: Row[Any]) -> bool:
    """Whether an operator has this very version before him."""
    statement = select(_REVIEW.c.state).where(_is_of(row), _REVIEW.c.sha256 == row.summarised_sha256)
    return connection.scalar(statement) == ReviewState.ASKED


def _last_decision(connection: Connection, row: Row[Any]) -> FileReview | None:
    found = connection.execute(
        select(_REVIEW)
        .where(_is_of(row), _REVIEW.c.decided_at.is_not(None))
        .order_by(_REVIEW.c.decided_at.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else _review(found)


def _write(
    connection: Connection,
    row: Row[Any],
    usual: float | None,
    state: ReviewState,
    decided: FileReview | None,
) -> None:
    values = {
        "rejected_count": row.rejected_count,
        "seen_count": row.row_count + row.set_aside_count,
        "usual_share": usual,
        "rejects": row.rejects or "{}",
        "state": state,
        "found_at": _now(),
        # A decision that is carried over stays that of whoever made it.
        "decided_by": decided.decided_by if decided and state in DECISIONS else None,
        "decided_at": decided.decided_at if decided and state in DECISIONS else None,
    }
    statement = upsert(_REVIEW).values(
        dataset=row.dataset,
        year=row.year,
        station_id=row.station_id,
        sha256=row.summarised_sha256,
        **values,
    )
    connection.execute(
        statement.on_duplicate_key_update({name: statement.inserted[name] for name in values})
    )


def has_questions(connection: Connection) -> bool:
    """Whether a file waits for a question that nobody has asked."""
    return connection.scalar(select(_REVIEW.c.year).where(_unasked()).limit(1)) is not None


def take_questions(connection: Connection, run_id: str) -> list[FileReview]:
    """The files this run is to ask about: nobody else asks about them meanwhile.

    Those it asked about in an attempt before are among them.
    """
    is_ours = and_(_REVIEW.c.state == ReviewState.ASKED, _REVIEW.c.asked_by == run_id)
    connection.execute(
        update(_REVIEW)
        .where(or_(_unasked(), is_ours))
        .values(state=ReviewState.ASKED, asked_by=run_id, asked_at=_now())
    )
    return _read(connection, is_ours)


def _unasked() -> Any:  # noqa: ANN401 - an expression of SQLAlchemy
    return or_(
        _REVIEW.c.state == ReviewState.WAITING,
        and_(
            _REVIEW.c.state == ReviewState.ASKED,
            _REVIEW.c.asked_at < _now() - _ASKED_FOR_GOOD,
        ),
    )


def decide_asked(
    connection: Connection, run_id: str, decision: ReviewState, *, by: str
) -> list[FileReview]:
    """Decide of all files this run asked about; returns them."""
    is_ours = and_(_REVIEW.c.state == ReviewState.ASKED, _REVIEW.c.asked_by == run_id)
    return _decide(connection, _read(connection, is_ours), decision, by)


def decide_all(connection: Connection, decision: ReviewState, *, by: str) -> list[FileReview]:
    """Decide of all files that wait; to load them also of those that were set aside before."""
    states = list(_OPEN)
    if decision is ReviewState.LOADED:
        states.append(ReviewState.KEPT)
    return _decide(connection, _read(connection, _REVIEW.c.state.in_(states)), decision, by)


def _decide(
    connection: Connection, reviews: Sequence[FileReview], decision: ReviewState, by: str
) -> list[FileReview]:
    for one in reviews:
        connection.execute(
            update(_REVIEW)
            .where(_is_of(one), _REVIEW.c.sha256 == one.sha256)
            .values(state=decision, decided_by=by[:255], decided_at=_now())
        )
        if decision is ReviewState.LOADED:
            # Only this version: one that was read meanwhile has been judged by itself.
            connection.execute(
                update(_FILE)
                .where(is_file(one), _FILE.c.summarised_sha256 == one.sha256)
                .values(has_changes=1, is_settled=0)
            )
    return list(reviews)


def read_set_aside(connection: Connection) -> list[FileReview]:
    """The files whose newest version is not in MySQL because of its rejects, decided or not."""
    is_current = and_(_is_file_of_review(), _FILE.c.summarised_sha256 == _REVIEW.c.sha256)
    statement = (
        select(_REVIEW)
        .select_from(_REVIEW.join(_FILE, is_current))
        .where(_REVIEW.c.state.in_((*_OPEN, ReviewState.KEPT)))
    )
    return _reviews(connection.execute(statement))


def _is_file_of_review() -> Any:  # noqa: ANN401 - an expression of SQLAlchemy
    """The condition that joins a review and the ledger's row of its file."""
    return and_(
        _FILE.c.dataset == _REVIEW.c.dataset,
        _FILE.c.year == _REVIEW.c.year,
        _FILE.c.station_id == _REVIEW.c.station_id,
    )


def _is_of(one: Any) -> Any:  # noqa: ANN401 - a row of either table, and an expression
    return and_(
        _REVIEW.c.dataset == one.dataset,
        _REVIEW.c.year == one.year,
        _REVIEW.c.station_id == one.station_id,
    )


def _read(connection: Connection, condition: Any) -> list[FileReview]:  # noqa: ANN401
    statement = select(_REVIEW).where(condition).with_for_update()
    return _reviews(connection.execute(statement))


def _reviews(rows: Iterable[Row[Any]]) -> list[FileReview]:
    """In order; the database would read its whole table in it instead of an index."""
    return sorted(map(_review, rows), key=lambda one: (one.dataset, one.year, one.station_id))


def _review(row: Row[Any]) -> FileReview:
    return FileReview(
        row.dataset,
        row.year,
        row.station_id,
        row.sha256,
        row.rejected_count,
        row.seen_count,
        row.usual_share,
        row.rejects,
        ReviewState(row.state),
        row.decided_by,
        row.decided_at,
    )


def _now() -> datetime:
    return to_naive(datetime.now(UTC)).replace(microsecond=0)
