"""The bridge under a flood of connections: feeders are served, and what it costs is bounded."""

import socket
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from isotherm.stream.bridge import Bridge
from isotherm.stream.bridge_connections import MOST_CONNECTIONS
from isotherm.stream.bridge_publisher import Publisher
from isotherm.stream.framing import receive_frame, send_frame

HALF_A_FRAME = struct.pack(">I", 500) + b'{"feed_id": "f", '


class RunningBridge:
    """A bridge on a thread; a batch without observations needs no Kafka."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.publisher = Publisher("127.0.0.1:1")
        self.bridge = Bridge(path, self.publisher)
        self.thread = threading.Thread(target=self.bridge.run)
        self.thread.start()
        self.connect_soon().close()

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(str(self.path))
        connection.settimeout(10)
        return connection

    def connect_soon(self) -> socket.socket:
        """As `connect`, once the bridge listens: its file is there a moment before it does."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return self.connect()
            except (FileNotFoundError, ConnectionRefusedError):
                assert time.monotonic() < deadline
                time.sleep(0.01)

    def stop(self) -> None:
        self.bridge.stop()
        self.thread.join(10)
        self.publisher.close()
        assert not self.thread.is_alive()


@pytest.fixture
def running() -> Iterator[RunningBridge]:
    # Not in `tmp_path`, whose own path may be longer than a socket's may be.
    with tempfile.TemporaryDirectory(prefix="isotherm-") as folder:
        one = RunningBridge(Path(folder) / "private" / "bridge.sock")
        yield one
        one.stop()  # also a second time


def hand_over(connection: socket.socket, batch: int) -> dict[str, Any] | None:
    send_frame(connection, {"feed_id": "f", "batch": batch, "observations": []})
    return receive_frame(connection)


def answer_to(batch: int) -> dict[str, int]:
    return {"batch": batch, "accepted": 0, "dead_lettered": 0}


def answer_when_there_is_room(running: RunningBridge) -> dict[str, Any] | None:
    """Of a feeder that is turned away and tries again: that one left is known a moment later."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with running.connect() as again, suppress(BrokenPipeError, ConnectionResetError):
            if answer := hand_over(again, 1):
                return answer
        time.sleep(0.02)
    return None


def test_feeders_are_served_through_a_flood_of_connections_with_half_a_frame_each(
    running: RunningBridge,
) -> None:
    feeder = running.connect()
    assert hand_over(feeder, 1) == answer_to(1)
    others = []
    for _ in range(10 * MOST_CONNECTIONS):
        others.append(running.connect())
        others[-1].sendall(HALF_A_FRAME)
    assert hand_over(feeder, 2) == answer_to(2)
    late = running.connect()
    assert hand_over(late, 3) == answer_to(3)
    # Threads of those that were hung up end by themselves.
    deadline = time.monotonic() + 10
    while threading.active_count() > MOST_CONNECTIONS + 10:
        assert time.monotonic() < deadline, threading.active_count()
        time.sleep(0.05)
    for one in (feeder, late, *others):
        one.close()


def test_where_every_connection_feeds_one_more_is_turned_away_and_has_its_turn_later(
    running: RunningBridge,
) -> None:
    feeders = [running.connect() for _ in range(MOST_CONNECTIONS)]
    for one in feeders:
        assert hand_over(one, 1) == answer_to(1)
    with running.connect() as surplus, suppress(BrokenPipeError, ConnectionResetError):
        assert hand_over(surplus, 1) is None
    feeders.pop().close()
    assert answer_when_there_is_room(running) == answer_to(1)
    assert hand_over(feeders[0], 2) == answer_to(2)
    for one in feeders:
        one.close()


def test_a_client_that_never_reads_holds_up_neither_others_nor_the_end(running: RunningBridge) -> None:
    deaf = running.connect()
    deaf.settimeout(0.5)
    with suppress(TimeoutError):
        while True:  # until both buffers are full
            send_frame(deaf, {"feed_id": "f", "batch": 1, "observations": []})
    with running.connect() as feeder:
        assert hand_over(feeder, 2) == answer_to(2)
    running.stop()
    deaf.close()
