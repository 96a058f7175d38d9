"""How fast a stream is, over a minute."""

import logging

from isotherm.settings import Settings
from isotherm.stream.progress import Progress
from isotherm.stream.replay import Replay
from isotherm.stream.run_record import RunRecord


def record() -> RunRecord:
    replay = Replay(None, None, {"station_count": 100}, 30, 0, 1)
    return RunRecord(Settings(), replay, "run", Progress(), logging.getLogger())


def test_the_rate_is_that_of_the_last_minute_and_a_burst_every_half_minute_is_even() -> None:
    one = record()
    fed = {second: 100 * (second // 30) for second in range(0, 200, 5)}
    rates = [one.rows_per_s(second, fed[second]) for second in fed]
    assert all(1.5 < rate < 5 for rate in rates[15:])


def test_what_a_resumed_feed_had_fed_before_is_no_rate() -> None:
    one = record()
    assert one.rows_per_s(0.0, 0) == 0.0
    assert one.rows_per_s(5.0, 90_000) == 0.0
    assert one.rows_per_s(10.0, 90_050) == 10.0


def test_a_stream_that_stands_still_has_no_rate_after_a_minute() -> None:
    one = record()
    for second in range(0, 300, 5):
        rate = one.rows_per_s(second, 100)
    assert rate == 0.0
