"""A replay's lines in its task's log: often at first, seldom later, and never the same again."""

import logging
from datetime import date

import pytest

from isotherm.archive.station_year import StationYear
from isotherm.stream.catch_up import Backlog
from isotherm.stream.feeder_files import FedYear, FeedPosition
from isotherm.stream.progress_lines import ProgressLines, describe, seconds_left
from isotherm.stream.replay import Replay

DAY = date(2014, 7, 2)
PACED = Replay(DAY, DAY, {}, 30, 120, 5)
FAST = Replay(DAY, DAY, {}, 30, 0, 5)
YEAR = StationYear("USW00094846", 2014, "ghcnh")
LOG = logging.getLogger("replay")


def position(fed: int = 1200, rows: int = 4000) -> FeedPosition:
    return FeedPosition(
        "feed",
        station_years=[YEAR],
        newest_observed_at="2014-07-02T12:00:00Z",
        years={"2014": FedYear("digest", next_row=fed, rows=rows)},
    )


def values(fed: int) -> dict[str, object]:
    return {"fed": fed, "newest_hour": "2014-07-02T11:00:00Z"}


def test_a_line_says_share_rate_time_what_is_on_its_way_and_what_is_left() -> None:
    assert describe(FAST, position(), values(1200), Backlog(1120, 3), 98.2) == (
        "1 200 of 4 000 observations fed (30 %), 98/s, up to 2014-07-02 11 h UTC; on their way "
        "1 120 to the stream, 3 summaries to MySQL; about 29 s left"
    )
    unknown = FeedPosition("feed", station_years=[YEAR, StationYear("USW00094846", 2015, "ghcnh")])
    assert describe(FAST, unknown, values(7), None, 0) == (
        "7 observations fed, up to 2014-07-02 11 h UTC; what is on its way is not known now"
    )


def test_a_paced_replay_takes_what_its_speed_says_and_a_fed_one_nothing() -> None:
    assert seconds_left(PACED, position(), 1.0) == 12 * 3600 / 120
    done = position()
    done.is_done = True
    assert seconds_left(PACED, done, 1.0) is None
    assert seconds_left(FAST, position(), 0.0) is None


def test_lines_become_seldom_and_none_is_said_twice_within_five_minutes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [0.0]
    lines = ProgressLines(LOG, FAST, clock=lambda: now[0])
    with caplog.at_level(logging.INFO, "replay"):
        lines.fold("its programs start")
        for second in range(0, 6 * 3600, 15):
            now[0] = float(second)
            fed = min(second, 3 * 3600)
            lines.write(values(fed), Backlog(0, 0), lambda fed=fed: position(fed, 9999))
        lines.unfold()
    said = caplog.messages
    assert said[0] == "::group::its programs start"
    assert said[2] == "::endgroup::" or said[1] == "::endgroup::"
    assert said.count("::endgroup::") == 1
    # 8 in two minutes, 58 in the hour, then twelve an hour: three hours at 600 bytes are 60 KB.
    assert 8 + 58 + 5 * 12 - 3 <= len(said) - 2 <= 8 + 58 + 5 * 12 + 3


def test_a_resumed_feed_has_no_rate_until_there_are_two_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [0.0]
    lines = ProgressLines(LOG, FAST, clock=lambda: now[0])
    with caplog.at_level(logging.INFO, "replay"):
        for second, fed in ((15, 700), (30, 730)):
            now[0] = float(second)
            lines.write(values(fed), Backlog(0, 0), lambda fed=fed: position(fed))
    assert "/s" not in caplog.messages[0]
    assert ", 2.0/s," in caplog.messages[1]


def test_an_end_is_said_at_once(caplog: pytest.LogCaptureFixture) -> None:
    lines = ProgressLines(LOG, FAST, clock=lambda: 1.0)
    with caplog.at_level(logging.INFO, "replay"):
        lines.write(values(5), Backlog(0, 0), position)
        lines.write(values(5), Backlog(0, 0), position, at_once=True)
    assert len(caplog.messages) == 1
