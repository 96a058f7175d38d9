"""Where the checkpoints of feeds lie, and removing old ones: in any store that Spark can write.

Hadoop's file systems do the work, through the session's JVM: a folder, HDFS or an object store alike.
"""

from typing import Any, Final
from urllib.parse import unquote

from pyspark.sql import SparkSession

from isotherm.settings import Settings

_WRITTEN_BY_EACH_BATCH: Final = ("offsets", "commits")


_FILE_SYSTEM_MANAGER: Final = (
    "org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager"
)


def checkpoint_conf(checkpoint: str) -> dict[str, str]:
    """How Spark writes to a checkpoint's store: in a folder of this machine not as it does by default.

    Hadoop's `FileContext`, Spark's choice, starts a `readlink` for each look at a local file, some
    twenty programs a micro-batch. Its `FileSystem` renames as atomically there, in the same order, and
    the files are the same. Of another store, whose rename is not as good there, Spark's choice stays.
    """
    if not checkpoint.startswith("file:"):
        return {}
    return {"spark.sql.streaming.checkpointFileManagerClass": _FILE_SYSTEM_MANAGER}


def checkpoint_of(settings: Settings, feed_id: str) -> str:
    """The checkpoint of a feed, as Hadoop reads addresses: it takes `%20` to the letter."""
    base = settings.checkpoint_uri
    return f"{unquote(base) if base.startswith('file:') else base}/{feed_id}"


def remove_old_checkpoints(spark: SparkSession, checkpoint: str, before: float) -> int:
    """Remove the checkpoints beside this one that no micro-batch has touched since; returns how many.

    Nothing is removed where this one is there already: only a new feed looks.

    Args:
        spark: whose Hadoop settings reach the store.
        checkpoint: of the running feed; it is kept.
        before: seconds since 1970.
    """
    jvm: Any = spark.sparkContext._jvm
    own = jvm.org.apache.hadoop.fs.Path(checkpoint)
    store = own.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf())
    if store.exists(own) or not store.exists(own.getParent()):
        return 0
    old = [
        one.getPath()
        for one in store.listStatus(own.getParent())
        if one.isDirectory() and _changed_at(jvm, store, one) < before
    ]
    return sum(bool(store.delete(path, True)) for path in old)


def _changed_at(jvm: Any, store: Any, status: Any) -> float:  # noqa: ANN401 - Java's
    """A folder changes when something is put into it, not when something below it does."""
    folders = [jvm.org.apache.hadoop.fs.Path(status.getPath(), name) for name in _WRITTEN_BY_EACH_BATCH]
    found = [store.getFileStatus(one) for one in folders if store.exists(one)]
    return float(max(one.getModificationTime() for one in (status, *found))) / 1000
