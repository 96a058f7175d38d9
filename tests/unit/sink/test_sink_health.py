"""The sink is well only if both of its loops are."""

import pytest

from isotherm.sink.health import STALLED_AFTER_S, TROUBLED_AFTER_S, Health, SinkMetrics, report_all
from isotherm.sink.summaries import PoisonShare


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
            "status": "degraded",
            "reason": "letters: kafka: away",
            "loops": {
                "summaries": {"status": "ok", "reason": "", "partitions": []},
                "letters": {"status": "degraded", "reason": "kafka: away", "partitions": []},
            },
        },
    )


def degraded(metrics: SinkMetrics, loop: str) -> float | None:
    return metrics.registry.get_sample_value("isotherm_sink_degraded", {"loop": loop})


def test_what_takes_long_or_is_mostly_poison_is_told_by_a_metric_until_it_is_over(clock: Clock) -> None:
    metrics = SinkMetrics()
    health = Health("summaries", metrics, clock)
    health.well()
    health.troubled("mysql: gone")
    assert degraded(metrics, "summaries") == 0
    clock.now = TROUBLED_AFTER_S + 1
    health.troubled("mysql: gone")
    assert degraded(metrics, "summaries") == 1
    health.well()
    assert degraded(metrics, "summaries") == 0

    health.alarm("600 of the last 1000 records were poison.")
    health.well()
    assert degraded(metrics, "summaries") == 1
    assert report_all([health])[0] is True
    assert report_all([health])[1]["status"] == "degraded"
    assert report_all([health])[1]["reason"].startswith("summaries: 600 of the last 1000")
    health.alarm("")
    health.well()
    assert (degraded(metrics, "summaries"), report_all([health])[1]["status"]) == (0, "ok")


def test_some_poison_is_no_alarm_and_a_flood_is_one_until_good_records_come() -> None:
    share = PoisonShare()

    assert share.add(19, 19) == ""
    assert share.add(10_000, 0) == ""
    assert share.add(500, 200) == ""
    assert "700 of the last 1000 records" in share.add(500, 500)
    assert "1000 of the last 1000 records" in share.add(1000, 1000)
    assert share.add(3_000, 3) == ""
