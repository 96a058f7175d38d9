"""A standalone Spark of one's own for tests: a master and workers that know nothing of Isotherm."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx

from isotherm.local.tools import Tools
from isotherm.settings import LOOPBACK, Settings
from servers.kafka_fixture import free_port

WORKERS: Final = 2
_READY_WITHIN_S: Final = 120
_CLASSES: Final = "org.apache.spark.deploy"


class SparkCluster:
    """A master and two workers as processes, each in a folder of its own.

    Their Python is the one that our environment was made from: it has none of our packages.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="isotherm-spark-cluster-"))
        self.port, self._ui_port = free_port(), free_port()
        self.master = f"spark://{LOOPBACK}:{self.port}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all and return once the master counts its workers."""
        ports = ("--port", str(self.port), "--webui-port", str(self._ui_port))
        self._run("master", f"{_CLASSES}.master.Master", *ports)
        for number in range(WORKERS):
            self._run(
                f"worker-{number}",
                f"{_CLASSES}.worker.Worker",
                *("--cores", "2", "--memory", "2g", "--webui-port", str(free_port())),
                *("--work-dir", str(self.folder / f"worker-{number}" / "work")),
                self.master,
            )
        deadline = time.monotonic() + _READY_WITHIN_S
        while self.living_workers() < WORKERS:
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.2)

    def _run(self, name: str, main_class: str, *arguments: str) -> None:
        home = self.folder / name
        home.mkdir()
        tools = Tools.of(Settings())
        java = ["-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        packages = str(tools.pyspark / "jars" / "*")
        with (home / "log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [str(tools.java), *java, "-cp", packages, main_class, "--host", LOOPBACK, *arguments],
                env={
                    "PATH": f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}/usr/bin:/bin",
                    "HOME": str(home),
                    "JAVA_HOME": str(tools.java_home),
                    "SPARK_HOME": str(tools.pyspark),
                    "SPARK_SCALA_VERSION": "2.13",  # as bin/load-spark-env.sh would say
                    "SPARK_LOCAL_IP": LOOPBACK,
                    "SPARK_LOCAL_DIRS": str(home / "local"),
                },
                cwd=home,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def living_workers(self) -> int:
        """As the master says."""
        try:
            answer = httpx.get(f"http://{LOOPBACK}:{self._ui_port}/json/", timeout=60)
            return int(answer.json()["aliveworkers"])
        except (httpx.HTTPError, ValueError):
            return 0

    def kill(self, number: int) -> None:
        """kill -9 of one worker and its executors."""
        os.killpg(self._processes[f"worker-{number}"].pid, signal.SIGKILL)
        self._processes.pop(f"worker-{number}").wait()

    def logs(self) -> str:
        """The ends of what all of them said."""
        paths = [*self.folder.glob("*/log"), *self.folder.glob("*/work/*/*/stderr")]
        return "\n".join(f"{one}:\n{one.read_text()[-1500:]}" for one in paths)

    def dispose(self) -> None:
        """End all of them and remove the folders."""
        for process in self._processes.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
