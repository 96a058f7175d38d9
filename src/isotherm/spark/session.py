"""One way to get a Spark session, with settings measured on two cores.

Two kinds of process: short batch jobs, whose cost is mostly the JVM's start (so: the quick compiler
only, the serial collector, and a class archive where one was made), and the long-lived stream, which
keeps the optimising compiler. What must be known before the JVM starts is `batch_submit_conf`, for
spark-submit; everything else is set when the session is built.
"""

import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

from isotherm.errors import SettingsError
from isotherm.settings import LOOPBACK, Settings

# The state of a stream is split by this number for the life of its checkpoint. 200, Spark's default,
# cost 3 times the CPU and 44 times the checkpoint files on two cores.
SHUFFLE_PARTITIONS: Final = 2
BATCH_MEMORY: Final = "1g"
STREAM_MEMORY: Final = "1g"
CLASS_ARCHIVE: Final = "spark.jsa"

_SESSION_CONF: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": str(SHUFFLE_PARTITIONS),
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": LOOPBACK,
    "spark.driver.bindAddress": LOOPBACK,
    # 1901 is in range: write times as they are, in the type every Parquet reader knows.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.compression.codec": "zstd",
    # Station ids such as 01001099999 are texts; inference would make them numbers.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    "spark.sql.execution.pyspark.udf.faulthandler.enabled": "true",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    # The default of 400 ms is waited for on every small file.
    "spark.hadoop.dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "5",
    "spark.hadoop.dfs.client.block.write.locateFollowingBlock.retries": "12",
}


def batch_submit_conf(settings: Settings) -> dict[str, str]:
    """What spark-submit must know to start a short batch job: pass as its `conf`.

    Without it the job still runs, at about 2.5 times the CPU. The archive of loaded classes is used
    where set-up has made one (`<tools_dir>/spark.jsa`).
    """
    options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *_common_java_options()]
    archive = settings.tools_dir / CLASS_ARCHIVE
    if archive.is_file():
        options.append(f"-XX:SharedArchiveFile={archive}")
    return {
        "spark.master": settings.spark_master,
        "spark.driver.memory": BATCH_MEMORY,
        "spark.driver.extraJavaOptions": " ".join(options),
        **_python_conf(),
        **_SESSION_CONF,
    }


def batch_session(settings: Settings, app_name: str) -> SparkSession:
    """A session for a short job; also right inside spark-submit, whose JVM already runs."""
    return _build(settings, app_name, batch_submit_conf(settings))


def stream_session(settings: Settings, app_name: str) -> SparkSession:
    """A session for the long-lived stream, with Kafka's connector.

    Raises:
        SettingsError: the connector's jars are not in `<tools_dir>/jars/spark`.
    """
    options = ["-XX:+UseSerialGC", *_common_java_options()]
    conf = {
        "spark.driver.memory": STREAM_MEMORY,
        "spark.driver.extraJavaOptions": " ".join(options),
        "spark.jars": ",".join(str(jar) for jar in kafka_jars(settings)),
        **_python_conf(),
        **_SESSION_CONF,
    }
    return _build(settings, app_name, conf)


def kafka_jars(settings: Settings) -> list[Path]:
    """The jars of Spark's Kafka connector that pyspark does not ship.

    Raises:
        SettingsError: there are none.
    """
    folder = settings.tools_dir / "jars" / "spark"
    jars = sorted(folder.glob("*.jar"))
    if not jars:
        message = (
            f"No jars of Spark's Kafka connector in {folder}. Run ./isotherm up, which fetches them."
        )
        raise SettingsError(message)
    return jars


def _build(settings: Settings, app_name: str, conf: dict[str, str]) -> SparkSession:
    os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
    os.environ.setdefault("HADOOP_USER_NAME", settings.hdfs_user)
    # Workers take the first python3 on PATH unless told; it has none of our packages.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    java_home = settings.tools_dir / "java"
    if "JAVA_HOME" not in os.environ and (java_home / "bin" / "java").is_file():
        os.environ["JAVA_HOME"] = str(java_home)
    builder = SparkSession.builder.appName(app_name).master(settings.spark_master)
    for name, value in conf.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _python_conf() -> dict[str, str]:
    return {"spark.pyspark.python": sys.executable, "spark.pyspark.driver.python": sys.executable}


def _common_java_options() -> list[str]:
    log_settings = files("isotherm.spark").joinpath("log4j2.properties")
    return [f"-Dlog4j2.configurationFile=file:{log_settings}", "-Djava.net.preferIPv4Stack=true"]
