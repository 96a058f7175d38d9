"""Spark batch job: raw files that changed become observations and hourly summaries in HDFS.

spark-submit jobs/summarise_observations.py --dataset global-hourly --first-year 2014 --last-year 2014
"""

import argparse
import sys

import structlog

from isotherm.errors import IsothermError
from isotherm.observation import GLOBAL_HOURLY
from isotherm.settings import load_settings
from isotherm.spark.batch import BatchSummariser
from isotherm.spark.session import batch_session
from isotherm.stores.mysql import create_engine


def main() -> int:
    """Summarise; exit status 1 with one line of cause where that fails."""
    arguments = parse_arguments()
    log = structlog.get_logger("isotherm.batch")
    settings = load_settings()
    spark = batch_session(settings, "isotherm-summarise-observations")
    try:
        summariser = BatchSummariser(spark, settings, create_engine(settings))
        summariser.run(arguments.dataset, arguments.first_year, arguments.last_year, arguments.stations)
    except IsothermError as error:
        log.error(f"FAILED {error}")
        return 1
    finally:
        spark.stop()
    return 0


def parse_arguments() -> argparse.Namespace:
    """The command line; both years are inclusive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", choices=[GLOBAL_HOURLY], default=GLOBAL_HOURLY)
    parser.add_argument("--first-year", type=int, required=True)
    parser.add_argument("--last-year", type=int, required=True)
    parser.add_argument("--stations", nargs="*", default=[], help="only these station ids")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
