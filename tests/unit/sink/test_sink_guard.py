"""The stale-write guard, proved on random histories: batches, repeats, restarts change nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from isotherm.hourly_summary import REASON_COUNTS
from isotherm.messages import HourlySummaryMessage
from isotherm.sink.guard import fold, supersedes

HOURS = [datetime(2014, 1, 1, hour, tzinfo=UTC) for hour in range(2)]


def message(version: int, counting: int, bad: int, hour: int = 0) -> HourlySummaryMessage:
    statistics = dict.fromkeys(("min_tenths", "max_tenths"), 5) if counting else {}
    return HourlySummaryMessage(
        station_id="01001099999",
        hour_start=HOURS[hour],
        dataset="global-hourly",
        rule="qc",
        observation_count=counting,
        sum_tenths=5 * counting if counting else None,
        received=1,
        version=version,
        **{**dict.fromkeys(REASON_COUNTS, 0), "bad_quality_count": bad},
        **statistics,
    )


class Stored(NamedTuple):
    version: int
    accounted: int


messages = st.lists(
    st.builds(message, st.integers(0, 6), st.integers(0, 3), st.integers(0, 3), st.integers(0, 1)),
    max_size=20,
)


@dataclass
class Table:
    """What stands after some batches."""

    rows: dict[object, HourlySummaryMessage]

    def apply(self, batch: list[HourlySummaryMessage]) -> int:
        stored = {key: Stored(row.version, row.accounted) for key, row in self.rows.items()}
        folded = fold(stored, [(one.key, one) for one in batch])
        self.rows.update(folded.accepted)
        return folded.refused


def state_of(
    summaries: list[HourlySummaryMessage], cuts: list[int]
) -> dict[object, HourlySummaryMessage]:
    table = Table({})
    start = 0
    for end in [*sorted(cuts), len(summaries)]:
        table.apply(summaries[start:end])
        start = max(start, end)
    return table.rows


@given(messages, st.lists(st.integers(0, 20), max_size=5))
def test_the_outcome_does_not_depend_on_how_messages_are_cut_into_batches(
    history: list[HourlySummaryMessage], cuts: list[int]
) -> None:
    assert state_of(history, cuts) == state_of(history, list(range(len(history))))


@given(messages, st.integers(0, 20))
def test_delivering_the_end_of_a_history_again_changes_nothing(
    history: list[HourlySummaryMessage], start: int
) -> None:
    once = Table(state_of(history, []))
    before = dict(once.rows)
    redelivered = [one for one in history[start:] if one == before.get(one.key)]

    once.apply(redelivered)

    assert once.rows == before


@given(st.integers(0, 9), st.integers(1, 9))
def test_a_stream_begun_anew_ends_where_the_first_one_ended(first_offset: int, size: int) -> None:
    """A stream of one hour emits it after each observation; then the checkpoint is deleted."""
    emitted = [message(first_offset + number, number + 1, 0) for number in range(size)]
    table = Table({})
    table.apply(emitted)
    complete = dict(table.rows)

    for one in emitted:
        table.apply([one])
        assert table.rows == complete  # never a partial hour again


@given(st.integers(1, 9), st.integers(0, 8))
def test_an_old_feed_again_refills_without_emptying_and_then_stands(size: int, corrected: int) -> None:
    """Fed again, the same observations have higher offsets, and some may have turned bad since."""
    bad = min(corrected, size)
    table = Table({})
    table.apply([message(number, number + 1, 0) for number in range(size)])
    for number in range(size):
        now_bad = min(bad, number + 1)
        table.apply([message(100 + number, number + 1 - now_bad, now_bad)])
        (row,) = table.rows.values()
        assert row.accounted == size

    (row,) = table.rows.values()
    assert (row.observation_count, row.bad_quality_count) == (size - bad, bad)


def test_a_row_is_replaced_only_by_one_not_older_and_not_poorer() -> None:
    row = Stored(version=10, accounted=5)

    assert supersedes(Stored(10, 5), row)
    assert supersedes(Stored(11, 5), row)
    assert supersedes(Stored(10, 6), row)
    assert not supersedes(Stored(9, 9), row)
    assert not supersedes(Stored(99, 4), row)
