"""docker/healthcheck.py against a real HTTP server: its exit status is all that compose sees."""

import http.server
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from isotherm.settings import REPOSITORY_ROOT

PROGRAM = REPOSITORY_ROOT / "docker" / "healthcheck.py"
HEALTH = {
    "scheduler": {"status": "healthy"},
    "triggerer": {"status": "unhealthy"},
    "dag_processor": {"status": None},
}
# What Spark's master tells of its workers, by path.
HERE = socket.gethostbyname(socket.gethostname())
WORKERS = {
    "/alive": {"workers": [{"host": "192.0.2.1", "state": "DEAD"}, {"host": HERE, "state": "ALIVE"}]},
    "/dead": {"workers": [{"host": "192.0.2.1", "state": "ALIVE"}, {"host": HERE, "state": "DEAD"}]},
}


class Answers(http.server.BaseHTTPRequestHandler):
    """Airflow's health at every path but one, which answers with an error."""

    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/broken" else 200)
        self.end_headers()
        self.wfile.write(json.dumps(WORKERS.get(self.path, HEALTH)).encode())

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server on a free port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def is_well(*arguments: str) -> bool:
    """Whether the program says so."""
    command = [sys.executable, str(PROGRAM), *arguments]
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


def test_any_success_is_well_and_an_error_or_silence_is_not(url: str) -> None:
    assert is_well(url)
    assert not is_well(f"{url}/broken")
    assert not is_well("http://127.0.0.1:1/")


@pytest.mark.parametrize(("part", "well"), [("scheduler", True), ("triggerer", False),
                                            ("dag_processor", False), ("unknown", False)])  # fmt: skip
def test_a_part_is_well_only_if_airflow_calls_it_healthy(url: str, part: str, well: bool) -> None:
    assert is_well(url, part) is well


@pytest.mark.parametrize(("path", "well"), [("alive", True), ("dead", False)])
def test_a_worker_is_well_only_if_its_master_calls_it_alive(url: str, path: str, well: bool) -> None:
    assert is_well(f"{url}/{path}", "spark-worker") is well
