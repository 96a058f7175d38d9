"""One way to start Spark, with settings measured on two cores.

Two kinds of process: batch jobs, whose work is in Python workers and whose JVM costs mostly its start
(so: a bare context, the quick compiler only, the serial collector), and the long-lived stream, a SQL
session that keeps the optimising compiler. Both use a class archive where one was made. What must be
known before the JVM starts is `batch_submit_conf`, for spark-submit.
"""

import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import Final

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from isotherm.errors import SettingsError
from isotherm.settings import LOOPBACK, Settings
from isotherm.spark.java_options import (
    CLASS_ARCHIVE,
    EARLY_CLEANING,
    NO_ARCHIVE_WARNINGS,
    PATIENT_COMPILER,
    QUICK_START,
    class_path,
    join_options,
)
from isotherm.spark.shipping import WORKER_PYTHON, shipped_conf

BATCH_MEMORY: Final = "1g"
STREAM_MEMORY: Final = "1g"
# An executor's JVM hands a batch job's tasks to Python and no more.
BATCH_EXECUTOR_MEMORY: Final = "512m"
# A job waits so long for the cores it asks for, then begins with those it has.
_CORES_WITHIN: Final = "15s"

_CORE_CONF: Final = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Each core has a Python worker of its own already; read when Polars is first imported.
    "spark.executorEnv.POLARS_MAX_THREADS": "1",
}
SQL_CONF: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.pyspark.udf.faulthandler.enabled": "true",
    # The default of 400 ms is waited for on every small file.
    "spark.hadoop.dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "5",
    "spark.hadoop.dfs.client.block.write.locateFollowingBlock.retries": "12",
}


def batch_submit_conf(settings: Settings) -> dict[str, str]:
    """What spark-submit must know to start a batch job: pass as its `conf`.

    Without it the job still runs, at a slower start. The archive of loaded classes is used where set-up
    has made one (`<tools_dir>/spark.jsa`).
    """
    options = [*QUICK_START, *_common_java_options(settings)]
    return {
        "spark.master": settings.spark_master,
        "spark.driver.memory": BATCH_MEMORY,
        "spark.driver.extraClassPath": class_path(_connector(settings)),
        "spark.driver.extraJavaOptions": join_options(options),
        **_place_conf(settings, settings.spark_batch_cores, BATCH_EXECUTOR_MEMORY),
        **_CORE_CONF,
    }


def batch_context(settings: Settings, app_name: str) -> SparkContext:
    """A context for a batch job, to be used in `with`; inside spark-submit its JVM already runs."""
    _prepare_environment(settings)
    conf = SparkConf().setAppName(app_name).setAll(list(batch_submit_conf(settings).items()))
    return SparkContext(conf=conf)


def stream_session(settings: Settings, app_name: str, scratch: Path) -> SparkSession:
    """A session for the long-lived stream, with Kafka's connector.

    Args:
        settings: where Spark works and what it needs there.
        app_name: as Spark shows it.
        scratch: a folder for what this driver needs while it runs.

    Raises:
        SettingsError: the connector's jars are not in `<tools_dir>/jars/spark`.
    """
    jars = kafka_jars(settings)
    options = ["-XX:+UseSerialGC", *EARLY_CLEANING, *PATIENT_COMPILER, NO_ARCHIVE_WARNINGS]
    options.append(f"-Djava.io.tmpdir={scratch}")
    # Of this driver; the executors of a cluster have folders of their own.
    os.environ["SPARK_LOCAL_DIRS"] = str(scratch)
    java_options = join_options([*options, *_common_java_options(settings)])
    conf: dict[str, bool | float | int | str | None] = {
        "spark.driver.memory": STREAM_MEMORY,
        "spark.driver.extraJavaOptions": java_options,
        # The executors of a cluster get them from the second; the class archive holds but the first.
        "spark.driver.extraClassPath": class_path(jars),
        "spark.jars": ",".join(jar.as_uri() for jar in jars),
        **_place_conf(settings, settings.spark_stream_cores, STREAM_MEMORY),
        **_CORE_CONF,
        **SQL_CONF,
    }
    _prepare_environment(settings)
    builder = SparkSession.builder.appName(app_name).master(settings.spark_master)
    return builder.config(map=conf).getOrCreate()


def kafka_jars(settings: Settings) -> list[Path]:
    """The jars of Spark's Kafka connector that pyspark does not ship.

    Raises:
        SettingsError: there are none.
    """
    jars = _connector(settings)
    if not jars:
        message = (
            f"No jars of Spark's Kafka connector in {_connector_folder(settings)}. "
            "Run ./isotherm up, which fetches them."
        )
        raise SettingsError(message)
    return jars


def _connector(settings: Settings) -> list[Path]:
    return sorted(_connector_folder(settings).glob("*.jar"))


def _connector_folder(settings: Settings) -> Path:
    return settings.tools_dir / "jars" / "spark"


def _prepare_environment(settings: Settings) -> None:
    os.environ.setdefault("HADOOP_USER_NAME", settings.hdfs_user)
    # Workers take the first python3 on PATH unless told; it has none of our packages.
    os.environ["PYSPARK_PYTHON"] = _worker_python(settings)
    if _is_local(settings):
        os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
    java_home = settings.tools_dir / "java"
    if "JAVA_HOME" not in os.environ and (java_home / "bin" / "java").is_file():
        os.environ["JAVA_HOME"] = str(java_home)


def _is_local(settings: Settings) -> bool:
    return settings.spark_master.startswith("local")


def _worker_python(settings: Settings) -> str:
    """The Python of the workers: ours, the one installed there for us, or any of our minor version."""
    return sys.executable if _is_local(settings) else settings.spark_python or WORKER_PYTHON


def _place_conf(settings: Settings, cores: int, executor_memory: str) -> dict[str, str]:
    """Where the work is done, and what that place needs to know.

    On one machine nothing listens on the network. The executors of a cluster must reach us; they share
    no folder with us, so what they need is sent, unless it is installed there.
    """
    python = {
        "spark.pyspark.python": _worker_python(settings),
        "spark.pyspark.driver.python": sys.executable,
    }
    if _is_local(settings):
        return {**python, "spark.driver.host": LOOPBACK, "spark.driver.bindAddress": LOOPBACK}
    return {
        **python,
        **({} if settings.spark_python else shipped_conf(settings)),
        **({"spark.driver.host": settings.spark_driver_host} if settings.spark_driver_host else {}),
        "spark.executor.memory": executor_memory,
        "spark.executor.extraJavaOptions": "-XX:+UseSerialGC -Djava.net.preferIPv4Stack=true",
        # A standalone master gives one application all there is: a stream would starve every job.
        "spark.cores.max": str(cores),
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": _CORES_WITHIN,
        "spark.executorEnv.HADOOP_USER_NAME": settings.hdfs_user,
        # Of our own HDFS; of another's the number of copies is what Spark's own configuration says.
        **({"spark.hadoop.dfs.replication": "2"} if settings.cluster else {}),
    }


def _common_java_options(settings: Settings) -> list[str]:
    log_settings = Path(str(files("isotherm.spark").joinpath("log4j2.properties")))
    options = [f"-Dlog4j2.configurationFile={log_settings.as_uri()}", "-Djava.net.preferIPv4Stack=true"]
    archive = settings.tools_dir / CLASS_ARCHIVE
    return [*options, f"-XX:SharedArchiveFile={archive}"] if archive.is_file() else options
