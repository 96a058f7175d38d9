"""A real Prometheus with the files of `monitoring/`, at the ports of a product of the tests."""

import copy
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import yaml

from isotherm.settings import PortOffset, Settings
from promql import MONITORING, SCRAPES
from servers.kafka_fixture import free_port

_DEFAULT_BASE: Final[int] = Settings.model_fields["port_base"].default
# Two scrapes give a rate.
_INTERVAL: Final = "1s"
_WITHIN_S: Final = 60.0


def addresses(settings: Settings) -> dict[str, str]:
    """Host and port of each job of prometheus.yaml, where this product has it."""
    found = {}
    for job in SCRAPES["scrape_configs"]:
        (target,) = job["static_configs"][0]["targets"]
        offset = int(urlsplit(f"//{target}").port or 0) - _DEFAULT_BASE
        found[job["job_name"]] = urlsplit(settings.local_url(PortOffset(offset))).netloc
    return found


class Prometheus:
    """Its HTTP API."""

    def __init__(self, port: int) -> None:
        url = f"http://127.0.0.1:{port}/api/v1"
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=60)

    def get(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - JSON
        """The `data` of an answer.

        Raises:
            AssertionError: it is an error; with Prometheus' words.
        """
        answer = self._http.get(path, params=parameters, timeout=30).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def rules(self) -> list[dict[str, Any]]:
        """Every rule with what came of it."""
        groups = self.get("/rules")["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def wait(self) -> None:
        """Until each rule was evaluated after each target was scraped twice."""
        until = time.monotonic() + _WITHIN_S
        while not self._is_through():
            assert time.monotonic() < until, self.get("/targets")["activeTargets"]
            time.sleep(0.5)

    def _is_through(self) -> bool:
        try:
            targets = self.get("/targets")["activeTargets"]
            scraped = self.get("/query", query="min(count_over_time(up[1m]))")["result"]
            rules = self.rules()
        except httpx.TransportError:
            return False
        is_scraped = bool(scraped) and int(scraped[0]["value"][1]) >= 2
        # The year 1 stands for never.
        are_evaluated = all(one["lastEvaluation"] > "1970" for one in rules)
        return is_scraped and are_evaluated and len(targets) == len(SCRAPES["scrape_configs"])


@contextmanager
def running_prometheus(settings: Settings, folder: Path) -> Iterator[Prometheus]:
    """Start it on a free port; ended with the block."""
    document = copy.deepcopy(SCRAPES)
    document["global"] = {"scrape_interval": _INTERVAL, "evaluation_interval": _INTERVAL}
    document["rule_files"] = [str(MONITORING / one) for one in document["rule_files"]]
    for job in document["scrape_configs"]:
        job["static_configs"] = [{"targets": [addresses(settings)[job["job_name"]]]}]
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(document))
    port = free_port()
    program = shutil.which("prometheus")
    assert program is not None
    command = [
        program, f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield Prometheus(port)
    finally:
        process.terminate()
        process.wait(30)
