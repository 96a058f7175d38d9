"""The canonical observation as Spark sees it, derived from `observation.FIELDS`.

Its Arrow twin is `isotherm.datasets.schema.ARROW_SCHEMA`.
"""

from typing import Final

from pyspark.sql.types import (
    DataType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from isotherm.observation import FIELDS

_SPARK_TYPES: Final[dict[str, DataType]] = {
    "text": StringType(),
    "timestamp": TimestampType(),
    "int": IntegerType(),
    "bigint": LongType(),
}


def observation_schema() -> StructType:
    """Spark schema of the canonical observation, in the order of `FIELDS`."""
    return StructType(
        [StructField(field.name, _SPARK_TYPES[field.type], field.nullable) for field in FIELDS]
    )
