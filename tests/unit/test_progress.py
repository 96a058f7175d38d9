"""Progress in one line: share done, rate, time left."""

import pytest

from isotherm.progress import Progress, format_seconds


def test_a_line_comes_when_it_is_due_and_says_share_rate_and_time_left() -> None:
    now = [0.0]
    progress = Progress(400, "files", clock=lambda: now[0])
    assert progress.due(0) is None
    now[0] = 10.0
    assert progress.due(100) == "100 of 400 files (25 %), 10.0 files/s, about 30 s left"
    assert progress.due(101) is None, "not again at once"
    now[0] = 40.0
    assert progress.due(400) is None, "the end is told by whoever works"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(4.4, "4 s"), (99, "99 s"), (600, "10 min"), (12_000, "3 h 20 min"), (270_000, "3 d 3 h")],
)
def test_time_is_told_as_exactly_as_anybody_wants_it(seconds: float, words: str) -> None:
    assert format_seconds(seconds) == words
