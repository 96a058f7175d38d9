"""Spark batch job: the hours of every place become its model of the hours to come.

spark-submit jobs/train_temperature_forecast.py VERSION

What is to be done is the plan that lies on HDFS under that version (`train_temperature_forecast`
writes it); models and what they did in their back-test are left there, too. Nothing speaks yet.
"""

import sys
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from isotherm.datasets.registry import configured
from isotherm.errors import IsothermError
from isotherm.settings import load_settings
from isotherm.spark.session import batch_context
from isotherm.spark.training import TrainingJob, TrainingPlan, current_versions, read_places
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
from isotherm.stores.training_files import TrainingFiles

log = structlog.get_logger("isotherm.training")


def main(version: str) -> int:
    """Train; exit status 1 with one line of cause where that fails."""
    started_at = time.monotonic()
    settings = load_settings()
    try:
        plan = TrainingPlan.of(TrainingFiles(HdfsStore(settings), version).read_plan())
        with create_engine(settings).connect() as connection:
            places = read_places(connection, configured(settings), plan)
            current = current_versions(connection)
        with batch_context(settings, "isotherm-train-temperature-forecast") as context:
            found, trained = TrainingJob(context, settings, plan).run(places, current)
    except (IsothermError, SQLAlchemyError) as error:
        log.error(f"FAILED {error}")
        return 1
    log.info(
        f"{len(places)} places, {found} of them with hours, {trained} trained, "
        f"{time.monotonic() - started_at:.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
