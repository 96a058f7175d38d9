"""How long does the API take to answer, how many answers a second does it give, and at what cost?

    python benchmarks/api.py [seconds] [station]

Needs `wrk` (Debian: `apt install wrk`) and the running product of these settings. Asks its API for a
station (default: the one with the most hours) in its last year, each question over 1 and over 16
connections, and beside each a constant answer of the same bytes from a bare FastAPI application with as
many workers: what is left is ours.
No answer is cached anywhere.

Processor time is of the API's processes and of MySQL per answer: where other work shares the machine,
it tells more than the clock.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import uvicorn
from fastapi import FastAPI, Response

from isotherm.settings import LOOPBACK, PortOffset, Settings, load_settings

_MANY: Final = 16
_BODY_FILE: Final = "ISOTHERM_BENCH_BODY"
# wrk reports 90 % and 99 %; the goals are of 95 %.
_REPORT: Final = """
done = function(summary, latency, requests)
    local errors = summary.errors
    print(string.format(
        '{"answers": %d, "us": %d, "p50_us": %d, "p95_us": %d, "failed": %d}',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(95),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a question may take over one connection, and how many answers a second over many."""

    p95_ms: float
    per_s: float


GOALS: Final = {"a day of hours": Goal(6, 500), "a year of hours": Goal(50, 60)}


@dataclass(frozen=True, slots=True)
class Measured:
    """One question at one number of connections."""

    per_s: float
    p50_ms: float
    p95_ms: float
    api_ms: float
    mysql_ms: float


def ask(url: str, connections: int, seconds: float, api: int, mysql: int | None) -> Measured:
    """Ask for a while over some connections, one after the other on each."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_REPORT)
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", script.name, url]
        before = _cpu_s(api), _cpu_s(mysql)
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        after = _cpu_s(api), _cpu_s(mysql)
    told: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    if told["failed"] or not told["answers"]:
        raise SystemExit(f"{url}: {run.stdout}")
    per_answer = 1000 / told["answers"]
    return Measured(
        told["answers"] / told["us"] * 1e6,
        told["p50_us"] / 1000,
        told["p95_us"] / 1000,
        (after[0] - before[0]) * per_answer,
        (after[1] - before[1]) * per_answer,
    )


def _cpu_s(pid: int | None) -> float:
    """Processor seconds of a server and of what it started."""
    if pid is None:
        return 0.0
    server = psutil.Process(pid)
    times = [one.cpu_times() for one in (server, *server.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def listening_on(port: int) -> int:
    """The process that listens on a port of this machine, the one that started the others.

    Raises:
        SystemExit: nobody does.
    """
    found = {one.pid for one in psutil.net_connections("tcp") if _listens(one, port) and one.pid}
    if not found:
        raise SystemExit(f"Nothing listens on port {port}: ./isotherm up")
    server = psutil.Process(min(found))
    while (parent := server.parent()) is not None and parent.cmdline() == server.cmdline():
        server = parent  # workers have what they listen on from it
    return server.pid


def _listens(connection: Any, port: int) -> bool:  # noqa: ANN401 - psutil's own
    return bool(connection.status == psutil.CONN_LISTEN and connection.laddr.port == port)


def constant() -> FastAPI:
    """A bare application of one route, which always gives the same bytes."""
    body = Path(os.environ[_BODY_FILE]).read_bytes()
    app = FastAPI()

    @app.get("/")
    async def _constant() -> Response:
        return Response(body, media_type="application/json")

    return app


@contextmanager
def constant_server(body: bytes, workers: int) -> Iterator[tuple[str, int]]:
    """Its address and process."""
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        port = one.getsockname()[1]
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        environment = {**os.environ, _BODY_FILE: file.name}
        command = [sys.executable, __file__, "constant", str(port), str(workers)]
        server = subprocess.Popen(command, env=environment)
        url = f"http://{LOOPBACK}:{port}/"
        try:
            _until_it_answers(url)
            yield url, server.pid
        finally:
            server.terminate()
            server.wait(20)


def _until_it_answers(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} does not answer")


def questions(client: httpx.Client, station: str | None) -> dict[str, str]:
    """What is asked: of a station, the year of its last hour and the fullest day in it."""
    if station is None:
        stations = client.get("/stations", params={"limit": 10_000}).raise_for_status().json()["data"]
        station = max(stations, key=lambda one: one["hour_count"])["station_id"]
    own = f"/stations/{station}"
    spans = client.get(own).raise_for_status().json()["data"]["temperatures"]
    year = max(int(one["last_hour"][:4]) for one in spans)
    asked = {"from": year, "to": year + 1, "limit": 10_000}
    hours = client.get(f"{own}/hourly", params=asked).raise_for_status().json()["data"]
    ((day, _),) = Counter(one["hour_start"][:10] for one in hours).most_common(1)
    return {
        "a day": f"{own}/daily?from={day}&limit=1",
        "a day of hours": f"{own}/hourly?from={day}&limit=24",
        "the years": f"{own}/yearly",
        "a station by its id": f"/stations?query={station}",
        "a year of days": f"{own}/daily?from={year}&to={year + 1}",
        "a year of hours": f"{own}/hourly?from={year}&to={year + 1}&limit=10000",
        "a year of hours, CSV": f"{own}/hourly?from={year}&to={year + 1}&limit=10000&format=csv",
        "a year of hours, all stations": f"/global/hourly?from={year}&to={year + 1}&limit=10000",
    }


def _row(question: str, connections: int, one: Measured, beside: Measured, size: int) -> str:
    goal = GOALS.get(question)
    asked = ""
    if goal is not None:
        asked = f"p95 {goal.p95_ms:.0f} ms" if connections == 1 else f"{goal.per_s:.0f}/s"
    cells = [
        question, str(connections), f"{one.per_s:.0f}", f"{one.p50_ms:.1f}", f"{one.p95_ms:.1f}",
        f"{one.api_ms:.2f}", f"{one.mysql_ms:.2f}", f"{beside.per_s:.0f}", f"{beside.p95_ms:.1f}",
        f"{beside.api_ms:.2f}", str(size), asked,
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main(settings: Settings, seconds: float, station: str | None) -> None:
    """One line per question and number of connections."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk makes the load; install it (Debian: apt install wrk)")
    api, mysql = listening_on(settings.port(PortOffset.API)), listening_on(settings.mysql_port)
    print("| question | connections | answers/s | p50 ms | p95 ms | API CPU ms | MySQL CPU ms "
          "| constant/s | its p95 ms | its CPU ms | bytes | goal |")  # fmt: skip
    print("|---|" + "---|" * 11)
    with httpx.Client(base_url=f"{settings.api_url}/api/v1", timeout=60) as client:
        for question, route in questions(client, station).items():
            answer = client.get(route, headers={"Accept-Encoding": "identity"}).raise_for_status()
            url = f"{settings.api_url}/api/v1{route}"
            with constant_server(answer.content, settings.api_workers) as (beside_url, beside):
                for connections in (1, _MANY):
                    one = ask(url, connections, seconds, api, mysql)
                    floor = ask(beside_url, connections, seconds, beside, None)
                    row = _row(question, connections, one, floor, len(answer.content))
                    print(row, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["constant"]:
        port, workers = map(int, sys.argv[2:])
        uvicorn.run("api:constant", factory=True, app_dir=str(Path(__file__).parent), port=port,
                    workers=workers, log_level="warning")  # fmt: skip
    else:
        given = sys.argv[1:]
        main(load_settings(), float(given[0]) if given else 5, given[1] if len(given) > 1 else None)
