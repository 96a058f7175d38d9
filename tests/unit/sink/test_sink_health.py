"""The sink is well only if both of its loops are."""

import pytest

from isotherm.sink.health import STALLED_AFTER_S, TROUBLED_AFTER_S, Health, SinkMetrics, report_all


class Clock:
    """Time as the test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def loops(clock: Clock) -> list[Health]:
    metrics = SinkMetrics()
    return [Health(name, metrics, clock) for name in ("summaries", "letters")]


def test_a_sink_is_starting_until_both_loops_have_worked(loops: list[Health]) -> None:
    loops[0].well()

    assert report_all(loops)[0] is False
    assert report_all(loops)[1]["status"] == "starting"
    loops[1].well()
    assert report_all(loops)[0] is True


def test_a_loop_that_hangs_makes_the_sink_unwell_though_the_other_works(
    loops: list[Health], clock: Clock
) -> None:
    for one in loops:
        one.well()
    clock.now = STALLED_AFTER_S + 1
    loops[0].well()

    is_healthy, details = report_all(loops)

    assert not is_healthy
    assert details["status"] == "stalled"
    assert details["reason"] == "letters: no sign of life for 121 s"
    assert details["loops"]["summaries"]["status"] == "ok"


def test_a_store_may_be_away_for_half_a_minute(loops: list[Health], clock: Clock) -> None:
    for one in loops:
        one.well()
    loops[1].troubled("kafka: away")

    assert report_all(loops)[0] is True
    clock.now = TROUBLED_AFTER_S + 1
    loops[1].troubled("kafka: away")
    assert report_all(loops) == (
        False,
        {
            "status": "troubled",
            "reason": "letters: kafka: away",
            "loops": {
                "summaries": {"status": "ok", "reason": "", "partitions": []},
                "letters": {"status": "troubled", "reason": "kafka: away", "partitions": []},
            },
        },
    )
