"""How a feed is cut into batches: by rows, by the pace, and never over more than a week."""

from datetime import UTC, datetime, timedelta

import polars as pl

from isotherm.stream.pace import MAX_BATCH_ROWS, MAX_BATCH_SPAN_DAYS, Pace


def rows(*hours: int) -> pl.DataFrame:
    start = datetime(1901, 1, 1, tzinfo=UTC)
    return pl.DataFrame(
        {"due_at": [start + timedelta(hours=hour) for hour in hours]},
        schema={"due_at": pl.Datetime("us", "UTC")},
    )


def test_rows_of_different_seasons_are_never_in_one_batch() -> None:
    observations = rows(*range(0, 365 * 24, 8))
    times = observations["due_at"]
    slices = list(Pace(30, 0).cut(observations, 0))
    spans = [times[end - 1] - times[first] for first, end, _ in slices]
    assert max(spans) < timedelta(days=MAX_BATCH_SPAN_DAYS)
    assert [end for _, end, _ in slices][:-1] == [first for first, _, _ in slices][1:]
    assert (slices[0][0], slices[-1][1]) == (0, observations.height)
    assert not any(begins for _, _, begins in slices)


def test_a_paced_feed_begins_an_interval_at_each_window_and_nowhere_else() -> None:
    hourly = Pace(batch_interval_s=30, speed=120)
    assert list(hourly.cut(rows(0, 0, 1, 5), 0)) == [(0, 2, True), (2, 3, True), (3, 4, True)]
    yearly = Pace(batch_interval_s=30, speed=365 * 24 * 3600 / 30)
    slices = list(yearly.cut(rows(*range(0, 60 * 24, 8)), 0))
    assert len(slices) > 8
    assert sum(begins for _, _, begins in slices) <= 2


def test_a_full_interval_goes_out_in_several_batches_of_one_turn() -> None:
    observations = rows(*[0] * (MAX_BATCH_ROWS + 1))
    assert list(Pace(30, 120).cut(observations, 0)) == [
        (0, MAX_BATCH_ROWS, True),
        (MAX_BATCH_ROWS, MAX_BATCH_ROWS + 1, False),
    ]


def test_a_feed_goes_on_where_it_was() -> None:
    assert list(Pace(30, 120).cut(rows(0, 0, 1), 1)) == [(1, 2, True), (2, 3, True)]


def test_an_interval_that_two_parts_share_is_begun_once() -> None:
    two_hourly = Pace(batch_interval_s=60, speed=120)
    parts = rows(0, 0), rows(1, 2)
    assert list(two_hourly.cut(parts[0], 0)) == [(0, 2, True)]
    assert list(two_hourly.cut(parts[1], 0, parts[0]["due_at"][-1])) == [(0, 1, False), (1, 2, True)]
