"""Values reach Airflow beside the work, the newest of each, however long the api-server is away."""

import logging
import threading
import time

import pytest

from isotherm.stream.publisher import Publisher

LOG = logging.getLogger("publisher")


def test_work_goes_on_while_the_server_is_away_and_the_newest_values_arrive_after_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    arrived: dict[str, object] = {}
    is_away = threading.Event()
    is_away.set()

    def push(key: str, value: object) -> None:
        if is_away.is_set():
            raise OSError("connection refused")
        arrived[key] = value

    with caplog.at_level(logging.INFO, "publisher"):
        publisher = Publisher(push, LOG, try_again_s=0.05)
        publisher.put("feed_id", "feed")
        for number in range(5):
            publisher.put("progress", number)
            time.sleep(0.05)
        deadline = time.monotonic() + 30
        while not caplog.records:  # it has met the outage
            assert time.monotonic() < deadline
            time.sleep(0.01)
        is_away.clear()
        deadline = time.monotonic() + 10
        while len(arrived) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        publisher.put("progress", 9)
        publisher.close(10)
    assert arrived == {"feed_id": "feed", "progress": 9}
    assert [one.levelname for one in caplog.records] == ["WARNING", "INFO"], "told once each"


def test_a_server_that_hangs_holds_nothing_up() -> None:
    hang = threading.Event()
    publisher = Publisher(lambda _key, _value: hang.wait(), LOG)
    begun = time.monotonic()
    for number in range(100):
        publisher.put("progress", number)
    publisher.close(0.05)
    assert time.monotonic() - begun < 5
    hang.set()
