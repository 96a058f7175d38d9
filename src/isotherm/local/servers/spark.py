"""Spark's standalone master and its workers, where a cluster is started here."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from isotherm.local.environment import base_environment
from isotherm.local.server import Server, numbered
from isotherm.local.servers.probes import answers, read_json, responds
from isotherm.local.servers.programs import java_command
from isotherm.local.tools import Tools
from isotherm.settings import LOOPBACK, PortOffset, Settings

HEAP_MB = 192
# A batch job, a stream and a replay of a day, an executor each; their Python is not counted.
WORKER_CORES: Final = 2
WORKER_MEMORY: Final = "3g"
# What bin/load-spark-env.sh would find out: a worker builds its executors' command with it.
_SCALA_VERSION: Final = "2.13"
_DEPLOY: Final = "org.apache.spark.deploy"


def spark_servers(settings: Settings) -> list[Server]:
    """The master and the workers; none where Spark runs inside each job."""
    if not settings.spark_worker_count:
        return []
    numbers = range(1, settings.spark_worker_count + 1)
    return [_master(settings), *(_worker(settings, number) for number in numbers)]


def _master(settings: Settings) -> Server:
    folder = settings.state_dir / "spark" / "master"
    port, http = settings.port(PortOffset.SPARK_MASTER), settings.port(PortOffset.SPARK_MASTER_HTTP)
    # Started again it knows its workers and their applications.
    options = (
        "-Dspark.deploy.recoveryMode=FILESYSTEM",
        f"-Dspark.deploy.recoveryDirectory={folder / 'recovery'}",
    )
    arguments = ["--host", LOOPBACK, "--port", str(port), "--webui-port", str(http)]
    return Server(
        name="spark-master",
        command=lambda: [*_java(settings, f"{_DEPLOY}.master.Master", *options), *arguments],
        environment=lambda: _environment(settings, folder),
        needs=("java",),
        ports=(port, http),
        folder=folder,
        prepare=lambda: (folder / "recovery").mkdir(parents=True, exist_ok=True),
        is_ready=lambda _started_at: answers(f"http://{LOOPBACK}:{http}/json/"),
        answers=lambda: responds(f"http://{LOOPBACK}:{http}/json/"),
    )


def _worker(settings: Settings, number: int) -> Server:
    folder = settings.state_dir / "spark" / numbered("worker", number)
    port = settings.port(PortOffset.SPARK_WORKER, number)
    http = settings.port(PortOffset.SPARK_WORKER_HTTP, number)
    # Of jobs that are over a day's logs are kept.
    options = ("-Dspark.worker.cleanup.enabled=true", "-Dspark.worker.cleanup.appDataTtl=86400")
    arguments = [
        *("--host", LOOPBACK, "--port", str(port), "--webui-port", str(http)),
        *("--cores", str(WORKER_CORES), "--memory", WORKER_MEMORY),
        *("--work-dir", str(folder / "work"), settings.own_spark_master),
    ]
    return Server(
        name=numbered("spark-worker", number),
        command=lambda: [*_java(settings, f"{_DEPLOY}.worker.Worker", *options), *arguments],
        environment=lambda: _environment(settings, folder),
        needs=("spark-master",),
        ports=(port, http),
        folder=folder,
        prepare=lambda: folder.mkdir(parents=True, exist_ok=True),
        is_ready=lambda _started_at: _is_known(settings, port),
        answers=lambda: responds(f"http://{LOOPBACK}:{http}/json/"),
    )


def _is_known(settings: Settings, port: int) -> bool:
    """Whether the master counts the worker of this port among the living."""
    state = read_json(f"http://{LOOPBACK}:{settings.port(PortOffset.SPARK_MASTER_HTTP)}/json/")
    workers = state.get("workers") or []
    return any(one.get("port") == port and one.get("state") == "ALIVE" for one in workers)


def _java(settings: Settings, main_class: str, *options: str) -> list[str]:
    tools = Tools.of(settings)
    return java_command(tools, HEAP_MB, [f"{tools.pyspark / 'jars'}{os.sep}*"], main_class, *options)


def _environment(settings: Settings, folder: Path) -> Mapping[str, str]:
    return {
        **base_environment(settings),
        "SPARK_SCALA_VERSION": _SCALA_VERSION,
        "SPARK_LOCAL_DIRS": str(folder / "local"),
    }
