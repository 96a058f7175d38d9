"""What the servers say of themselves when the API asks: each within two seconds, all at once.

The API sees what answers over the network; `./isotherm status` sees the processes themselves.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import httpx
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from isotherm.settings import Settings

PATIENCE_S: Final = 2.0
# So long an answer is given again: many askers make no more probes than one.
KEPT_S: Final = 5.0
_NAMENODE: Final = "/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState"
# Airflow's own names of what has no door of its own, and ours.
_AIRFLOW: Final = {
    "metadatabase": "airflow-postgres",
    "scheduler": "airflow-scheduler",
    "dag_processor": "airflow-dag-processor",
    "triggerer": "airflow-triggerer",
}


class ServerState(StrEnum):
    """How a server is."""

    UP = "up"
    DEGRADED = "degraded"
    AWAY = "away"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seen:
    """One server as it answered.

    Attributes:
        name: as in `./isotherm status`.
        detail: what it said, or why it did not; empty where nothing is to be said.
        answered_ms: how long it took; None where it has no door of its own, or did not answer.
        alive_at: its own last sign of life, ISO 8601; None where it tells none.
    """

    name: str
    state: ServerState
    detail: str = ""
    answered_ms: int | None = None
    alive_at: str | None = None


class ServerProbes:
    """Asks them, and gives an answer again for some seconds; for any number of threads."""

    def __init__(self, settings: Settings, mysql: sa.Engine) -> None:
        self._settings = settings
        self._mysql = mysql
        self._lock = threading.Lock()
        self._known: tuple[float, list[Seen]] = (float("-inf"), [])

    def read(self) -> list[Seen]:
        """Each server the API may see, in the order of `./isotherm status`."""
        with self._lock:
            at, seen = self._known
            if time.monotonic() - at > KEPT_S:
                seen = self._ask()
                self._known = time.monotonic(), seen
            return seen

    def _ask(self) -> list[Seen]:
        probes: Mapping[str, Callable[[], list[Seen]]] = {
            "kafka": self._kafka,
            "hdfs-namenode": self._hdfs,
            "mysql": self._mysql_server,
            "airflow-api-server": self._airflow,
            "sink": self._sink,
        }
        with ThreadPoolExecutor(len(probes)) as threads:
            asked = {name: threads.submit(_timed, name, probe) for name, probe in probes.items()}
            return [one for name in probes for one in asked[name].result()]

    def _kafka(self) -> list[Seen]:
        addresses = self._settings.kafka_bootstrap_servers.split(",")
        for number, address in enumerate(addresses):
            host, _, port = address.strip().rpartition(":")
            try:
                socket.create_connection((host, int(port)), PATIENCE_S).close()
            except OSError:
                if number == len(addresses) - 1:
                    raise
            else:
                break
        return [Seen("kafka", ServerState.UP)]

    def _hdfs(self) -> list[Seen]:
        (beans,) = _get(f"{self._settings.hdfs_url}{_NAMENODE}").json()["beans"]
        living, dead = int(beans["NumLiveDataNodes"]), int(beans["NumDeadDataNodes"])
        state = ServerState.AWAY if not living else ServerState.DEGRADED if dead else ServerState.UP
        words = f"{living} alive" + (f", {dead} dead" if dead else "")
        safe = beans.get("FSState") == "safeMode"
        namenode = ServerState.DEGRADED if safe else ServerState.UP
        return [
            Seen("hdfs-namenode", namenode, "in safe mode: nothing can be written" if safe else ""),
            Seen("hdfs-datanode", state, words),
        ]

    def _mysql_server(self) -> list[Seen]:
        with self._mysql.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
        return [Seen("mysql", ServerState.UP)]

    def _airflow(self) -> list[Seen]:
        parts = _get(f"{self._settings.airflow_api_url}/api/v2/monitor/health").json()
        return [Seen("airflow-api-server", ServerState.UP), *_parts_of_airflow(parts)]

    def _sink(self) -> list[Seen]:
        answer = _get(f"{self._settings.sink_url}/healthz", accept_any=True).json()
        status, reason = str(answer["status"]), str(answer.get("reason", ""))
        state = ServerState.UP if status == "ok" else ServerState.DEGRADED
        return [Seen("sink", state, "" if status == "ok" else reason or status)]


def _timed(name: str, probe: Callable[[], list[Seen]]) -> list[Seen]:
    """What a probe gives; the first of its servers is the one that was asked."""
    begun = time.monotonic()
    try:
        asked, *others = probe()
    except (OSError, httpx.HTTPError, SQLAlchemyError, KeyError, ValueError, TypeError) as error:
        why = f"no answer ({type(error).__name__})"
        return [Seen(name, ServerState.AWAY, why), *_hidden_behind(name)]
    return [replace(asked, answered_ms=round((time.monotonic() - begun) * 1000)), *others]


def _hidden_behind(name: str) -> Iterator[Seen]:
    """The servers that only another one tells of, while that one is away."""
    hidden = {"hdfs-namenode": ("hdfs-datanode",), "airflow-api-server": tuple(_AIRFLOW.values())}
    for one in hidden.get(name, ()):
        yield Seen(one, ServerState.UNKNOWN, f"only {name} tells of it")


def _parts_of_airflow(parts: Mapping[str, Any]) -> Iterator[Seen]:
    for theirs, ours in _AIRFLOW.items():
        told = parts.get(theirs) or {}
        status = told.get("status")
        beat = next((told[one] for one in told if one.startswith("latest_")), None)
        state = ServerState.UP if status == "healthy" else ServerState.AWAY
        detail = "" if status == "healthy" else f"Airflow calls it {status or 'unknown'}"
        yield Seen(ours, state, detail, alive_at=beat)


def _get(url: str, *, accept_any: bool = False) -> httpx.Response:
    answer = httpx.get(url, timeout=PATIENCE_S, trust_env=False)
    return answer if accept_any else answer.raise_for_status()
