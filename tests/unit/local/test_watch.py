"""A server that hangs is restarted, and why is told; one that only refuses is left alone."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from isotherm.local.server import Server
from isotherm.local.servers.probes import accepts_connections, responds
from isotherm.local.watch import ASK_EVERY_S, HUNG_AFTER_S, HangWatch, Watch
from isotherm.settings import Settings
from running_product import free_port_base

SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(503); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


class Watched:
    """A small real server under a watch with short limits, and what the watch wrote of it."""

    def __init__(self, folder: Path, answers: Callable[[int], bool | None]) -> None:
        port = free_port_base(29000)
        self.updates: list[dict[str, object]] = []
        self.stopping = Event()
        server = Server(
            name="small",
            command=lambda: [sys.executable, "-c", SERVER, str(port)],
            environment=lambda: {"PATH": "/bin:/usr/bin"},
            needs=(),
            folder=folder,
            is_ready=lambda _started_at: accepts_connections(port),
            answers=lambda: answers(port),
            stop_within_s=0.5,
        )
        self.watch = Watch(
            server=server,
            settings=Settings(state_dir=folder, archive="simulated"),
            ready=Event(),
            stopping=self.stopping,
            update=lambda **changes: self.updates.append(changes),
            ask_every_s=0.3,
            hung_after_s=0.9,
        )
        self._thread = Thread(target=self.watch.run, daemon=True)
        self._thread.start()
        assert self.watch.ready.wait(20)

    @property
    def states(self) -> list[tuple[object, object]]:
        """States with their details, in order."""
        return [(one["state"], one.get("detail", "")) for one in self.updates if "state" in one]

    def wait_for_state(self, state: str, count: int) -> None:
        deadline = time.monotonic() + 30
        while [one for one, _ in self.states].count(state) < count:
            assert time.monotonic() < deadline, self.states
            time.sleep(0.05)

    def dispose(self) -> None:
        self.stopping.set()
        self._thread.join(10)
        self.watch.stop()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path, lambda port: responds(f"http://127.0.0.1:{port}/healthz"))
    yield watched
    watched.dispose()


def test_a_stopped_server_is_restarted_and_says_why(
    small: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = small.watch.identity
    assert first is not None
    psutil.Process(first.pid).send_signal(signal.SIGSTOP)
    with monkeypatch.context() as hurried:
        hurried.setattr("isotherm.local.servers.probes.PATIENT_TIMEOUT_S", 0.2)
        small.wait_for_state("restarting", 1)
    small.wait_for_state("ready", 2)
    assert small.watch.identity != first
    assert not psutil.pid_exists(first.pid)
    assert ("restarting", "did not answer for 1 s") in small.states
    assert small.states[-1] == ("ready", "restarted: did not answer for 1 s")


def test_a_killed_server_says_by_what(small: Watched) -> None:
    assert small.watch.identity is not None
    psutil.Process(small.watch.identity.pid).kill()
    small.wait_for_state("ready", 2)
    assert small.states[-1] == ("ready", "restarted: ended with signal SIGKILL")
    (told,) = [one for one in small.updates if one.get("state") == "restarting" and "detail" in one]
    moment = datetime.fromisoformat(str(told["restarted_at"]))
    assert timedelta(0) <= datetime.now(UTC) - moment < timedelta(minutes=1)
    log = (small.watch.settings.logs_dir / "small.log").read_text()
    assert "small ended with signal SIGKILL; it is started again" in log


def test_what_a_server_wrote_last_is_kept_though_its_log_goes_on(small: Watched) -> None:
    log = small.watch.settings.logs_dir / "small.log"
    with log.open("a") as file:
        file.write("no room left on the disk\n")
    assert small.watch.identity is not None
    psutil.Process(small.watch.identity.pid).kill()
    small.wait_for_state("ready", 2)
    (told,) = [one for one in small.updates if "last_line" in one]
    assert told["last_line"] == "no room left on the disk"


def test_a_server_that_refuses_but_answers_is_left_alone(small: Watched) -> None:
    """It answers 503, as the sink does while MySQL is away."""
    first = small.watch.identity
    time.sleep(3)
    assert small.watch.identity == first


def test_a_server_that_cannot_be_asked_is_left_alone(tmp_path: Path) -> None:
    watched = Watched(tmp_path, lambda _port: None)
    first = watched.watch.identity
    time.sleep(3)
    assert watched.watch.identity == first
    watched.dispose()


def test_only_silences_in_a_row_count() -> None:
    said = iter([False, False, True, False, False, None, False, False, False])
    hangs = HangWatch(lambda: next(said), ask_every_s=0.001, hung_after_s=0.003)
    verdicts = []
    for _ in range(9):
        time.sleep(0.002)
        verdicts.append(hangs.has_hung())
    assert verdicts == [False] * 8 + [True]


def test_a_running_server_is_asked_four_times_a_minute_and_has_ninety_seconds() -> None:
    assert (ASK_EVERY_S, HUNG_AFTER_S) == (15, 90)
