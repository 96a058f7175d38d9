"""The environment of every local server: ours, Java's and Spark's; nothing inherited by accident."""

import hashlib
import os
from collections.abc import Mapping

from isotherm.local.processes import INSTANCE_VARIABLE
from isotherm.local.tools import Tools
from isotherm.settings import Settings

# A caller's own Python, Java, Spark or Airflow settings must not reach our servers.
FOREIGN_PREFIXES = (
    "AIRFLOW", "PYTHON", "JAVA", "JDK_", "SPARK", "PYSPARK", "HADOOP", "HDFS", "KAFKA", "PG",
    "MYSQL", "VIRTUAL_ENV", "CLASSPATH", "_JAVA",
)  # fmt: skip


def instance_name(settings: Settings) -> str:
    """A short name of one state folder's stack, carried by all its processes."""
    return hashlib.sha256(str(settings.state_dir).encode()).hexdigest()[:16]


def base_environment(settings: Settings, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables for every process of the stack: all its settings, and which Python and Java.

    Secrets are not among them: a program reads them from the state folder.
    """
    tools = Tools.of(settings)
    environment = {
        name: value
        for name, value in inherited.items()
        if not name.startswith(FOREIGN_PREFIXES) and not name.startswith("ISOTHERM_")
    }
    # Only a driver with executors on this machine may hide: those of a cluster must reach it.
    master = settings.spark_master
    is_spark_here = master.startswith("local") or master == settings.own_spark_master
    loopback = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
    path = [str(tools.python.parent), str(tools.java_home / "bin"), inherited.get("PATH", "")]
    return environment | {
        "PATH": os.pathsep.join(one for one in path if one),
        "PYTHONUNBUFFERED": "1",
        "LC_ALL": "C.UTF-8",  # else Java finds no path with a letter beyond ASCII
        "JAVA_HOME": str(tools.java_home),
        "SPARK_HOME": str(tools.pyspark),
        "PYSPARK_PYTHON": str(tools.python),
        "PYSPARK_DRIVER_PYTHON": str(tools.python),
        **(loopback if is_spark_here else {}),
        "HADOOP_USER_NAME": settings.hdfs_user,
        INSTANCE_VARIABLE: instance_name(settings),
        **settings.as_environment(),
    }
