"""The product in containers, as a user starts it, with stand-ins for what nobody can pull here."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from containers.engine import Engine
from containers.standin import StandIns, compose_files
from isotherm.settings import REPOSITORY_ROOT
from servers.kafka_fixture import free_port

PROJECT: Final = "isotherm-containers-test"
# "cluster": compose's profile of several servers of a kind.
SHAPE_VARIABLE: Final = "ISOTHERM_TEST_CONTAINERS_SHAPE"
_START_WITHIN_S: Final = 1800.0
_MEGABYTE: Final = 1024**2


@dataclass(slots=True)
class Figures:
    """What was measured.

    Attributes:
        seconds: by what took them.
        image_mb: by image.
        memory_mb: by service, the most its group of processes had (without the page cache).
        limit_mb: by service.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    image_mb: dict[str, int] = field(default_factory=dict)
    memory_mb: dict[str, int] = field(default_factory=dict)
    limit_mb: dict[str, int] = field(default_factory=dict)

    def lines(self) -> Iterable[str]:
        """For people."""
        yield from (f"{name:<32}{value:8.0f} s" for name, value in self.seconds.items())
        yield from (f"{name:<32}{value:8d} MB" for name, value in self.image_mb.items())
        for name, value in self.memory_mb.items():
            yield f"{name:<32}{value:8d} MB of {self.limit_mb[name]} MB"


class ContainerStack:
    """One project of compose on an engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.figures = Figures()
        document = yaml.safe_load((REPOSITORY_ROOT / "docker-compose.yaml").read_text())
        self.is_cluster = os.environ.get(SHAPE_VARIABLE) == "cluster"
        self.services: dict[str, dict[str, Any]] = {
            name: one
            for name, one in document["services"].items()
            if self.is_cluster or "profiles" not in one
        }
        self.env_file = engine.folder / "test.env"
        self.values = self._make_env()
        self._stand_ins = StandIns(engine)
        override = self._stand_ins.override(self.services, engine.folder / "override.yaml")
        self._files = compose_files(override)

    def build(self) -> None:
        """Build the stand-ins, then the product's own images by compose itself."""
        begun = time.monotonic()
        self._stand_ins.build()
        self.figures.seconds["stand-in images"] = time.monotonic() - begun
        for service in ("hdfs-namenode", "api"):  # one of each image
            begun = time.monotonic()
            self.compose("build", service, timeout_s=_START_WITHIN_S)
            image = self.config()["services"][service]["image"]
            self.figures.seconds[f"build of {image}"] = time.monotonic() - begun
            size = self.engine.docker("image", "inspect", "--format", "{{.Size}}", image)
            self.figures.image_mb[image] = int(size) // 10**6

    def start(self) -> None:
        """`docker compose up`, until the first run has ended."""
        begun = time.monotonic()
        self.compose("up", "--detach", "--pull", "never", timeout_s=_START_WITHIN_S)
        self.figures.seconds["up, every server healthy"] = time.monotonic() - begun
        container = self.container("first-run")
        self.engine.docker("wait", container, timeout_s=_START_WITHIN_S)
        self.figures.seconds["up, to the end of the first run"] = time.monotonic() - begun

    def compose(self, *arguments: str, timeout_s: float = 300) -> str:
        """Run compose on the project."""
        given = ("--project-name", PROJECT, *arguments)
        return self.engine.compose(self._files, *given, env_file=self.env_file, timeout_s=timeout_s)

    def config(self) -> dict[str, Any]:
        """The merged file."""
        merged: dict[str, Any] = json.loads(self.compose("config", "--format", "json"))
        return merged

    def container(self, service: str) -> str:
        """The id of a service's container."""
        return self.compose("ps", "--all", "--quiet", service).strip()

    def inspect(self, service: str) -> dict[str, Any]:
        """What the engine knows of a service's container."""
        document: list[dict[str, Any]] = json.loads(
            self.engine.docker("inspect", self.container(service))
        )
        return document[0]

    def query(self, statement: str) -> str:
        """Ask MySQL by its own client, as our user."""
        client = 'MYSQL_PWD="$MYSQL_PASSWORD" mysql --protocol=tcp -h 127.0.0.1 -u isotherm -N isotherm'
        given = ("mysql", "bash", "-c", f'{client} -e "$0"', statement)
        return self.compose("exec", "--no-TTY", *given).strip()

    def wait_healthy(self, service: str, timeout_s: float = 600) -> float:
        """Wait until a service is well; gives how long that took, in seconds."""
        begun = time.monotonic()
        while self.inspect(service)["State"].get("Health", {}).get("Status") != "healthy":
            assert time.monotonic() - begun < timeout_s, self.compose("logs", "--tail", "50", service)
            time.sleep(1)
        return time.monotonic() - begun

    def measure_memory(self) -> None:
        """Note the most that each running service had so far."""
        for name in self.services:
            state = self.inspect(name)
            if not state["State"]["Running"]:
                continue
            used = used_memory(state["State"]["Pid"])
            self.figures.memory_mb[name] = max(used, self.figures.memory_mb.get(name, 0))
            self.figures.limit_mb[name] = state["HostConfig"]["Memory"] // _MEGABYTE

    def remove(self) -> None:
        """`down -v`."""
        self.compose("down", "--volumes", "--remove-orphans", timeout_s=600)

    def leftovers(self) -> list[str]:
        """Containers, volumes and networks of the project."""
        label = f"label=com.docker.compose.project={PROJECT}"
        kinds = (("ps", "--all"), ("volume", "ls"), ("network", "ls"))
        return [
            word
            for kind in kinds
            for word in self.engine.docker(*kind, "--quiet", "--filter", label).split()
        ]

    def _make_env(self) -> dict[str, str]:
        self.env_file.unlink(missing_ok=True)
        program = REPOSITORY_ROOT / "docker" / "make_env.py"
        options = ["--cluster"] if self.is_cluster else []
        command = [sys.executable, str(program), *options, str(self.env_file)]
        subprocess.run(command, check=True, capture_output=True)
        lines = [one for one in self.env_file.read_text().splitlines() if one and one[0] != "#"]
        values = dict(one.split("=", 1) for one in lines)
        values |= {
            "ISOTHERM_ARCHIVE": "simulated",
            "API_PORT": str(free_port()),
            "AIRFLOW_PORT": str(free_port()),
        }
        self.env_file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        return values


def used_memory(pid: int) -> int:
    """Proportional set size of a container's processes together, in MB.

    The group's own count would hold the page cache too.
    """
    groups = Path(f"/proc/{pid}/cgroup").read_text()
    total_kb = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cgroup").read_text() == groups:
                rollup = (process / "smaps_rollup").read_text()
                total_kb += int(
                    next(one for one in rollup.splitlines() if one.startswith("Pss:")).split()[1]
                )
        except (OSError, StopIteration):
            continue
    return total_kb // 1024
