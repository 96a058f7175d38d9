"""Spark batch job: raw files that changed become observations and hourly summaries in HDFS.

spark-submit jobs/summarise_observations.py

It takes no years and no stations: it reads everything that is pending, wherever it lies. Where nothing
is, Spark is not started.
"""

import sys
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from isotherm.datasets.registry import configured
from isotherm.errors import IsothermError
from isotherm.settings import load_settings
from isotherm.spark.pending import prepare_work
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
from isotherm.stores.source_files import read_pending

log = structlog.get_logger("isotherm.batch")


def main() -> int:
    """Summarise; exit status 1 with one line of cause where that fails."""
    started_at = time.monotonic()
    settings = load_settings()
    engine, datasets = create_engine(settings), configured(settings)
    try:
        with engine.begin() as connection:
            if not prepare_work(connection, HdfsStore(settings), datasets):
                return 0
            files = read_pending(connection)
        # Imported only where there is work: half a second.
        from isotherm.spark.batch import BatchSummariser
        from isotherm.spark.session import batch_context

        with batch_context(settings, "isotherm-summarise-observations") as context:
            report = BatchSummariser(context, settings, engine, datasets).run(files)
    except (IsothermError, SQLAlchemyError) as error:
        log.error(f"FAILED {error}")
        return 1
    log.info(
        f"{report.file_count} files, {report.observation_count} observations, "
        f"{report.changed_day_count} days changed, {report.failed_file_count} files failed, "
        f"{time.monotonic() - started_at:.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
