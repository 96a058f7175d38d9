"""What the batch DAGs have in common: owner, retries, time limits, and the form fields on stations."""

from datetime import timedelta
from typing import Any, Final, TypeVar

from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowSkipException

Value = TypeVar("Value")

DEFAULT_ARGS: Final[dict[str, Any]] = {
    "owner": "isotherm",
    "retries": 3,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=6),
}
# Runs also where Spark had nothing to do, but not where the whole run has nothing to do.
AFTER_SKIPPED_SPARK: Final = "none_failed_min_one_success"


def skip_if_empty(value: Value, reason: str) -> Value:
    """Give the value on, or skip this task and all after it: a run without work is a success.

    Raises:
        AirflowSkipException: the value is empty.
    """
    if not value:
        raise AirflowSkipException(reason)
    return value


def station_ids_param() -> Param:
    """The form field for station ids."""
    return Param(
        None,
        type=["null", "array"],
        items={"type": "string", "pattern": "^[0-9A-Z]{11}$"},
        title="Station ids",
        description="One per line, 11 characters with leading zeros, as 72530094846. Empty: by count.",
    )


def station_count_param() -> Param:
    """The form field for the number of stations."""
    return Param(
        None,
        type=["null", "integer"],
        minimum=1,
        maximum=2000,
        title="Station count",
        description=(
            "At most so many. Empty, and nothing else chosen: the stations the platform already has, "
            "or 100 when it has none."
        ),
    )
