"""Summaries out of Spark in the form the plain-Python oracle gives."""

from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def rows_by_key(summaries: DataFrame) -> dict[tuple, dict[str, int]]:
    """{(station, hour, dataset, rule): nonzero counts and statistics}, like the oracle's."""
    result = {}
    # Seconds, because collect() turns timestamps into the local time of this machine.
    for row in summaries.withColumn("hour_start", F.unix_seconds("hour_start")).collect():
        one = row.asDict()
        hour = datetime.fromtimestamp(one.pop("hour_start"), UTC)
        key = (one.pop("station_id"), hour, one.pop("dataset"), one.pop("rule"))
        statistics = {"min_tenths", "max_tenths", "sum_tenths"}
        assert key not in result, f"two rows of {key}"
        result[key] = {
            name: value
            for name, value in one.items()
            if (value is not None if name in statistics else value != 0)
        }
    return result
