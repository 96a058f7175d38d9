"""Buttons on a task's page: to the dashboard at the days the task was about, and to Spark's log.

Addresses have no host: a browser takes the one it reached Airflow by.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from airflow.configuration import conf
from airflow.models import DagRun
from airflow.sdk import BaseOperator, BaseOperatorLink
from airflow.sdk.types import TaskInstanceKey
from airflow.utils.session import create_session

DASHBOARD: Final = "/isotherm"
LOGS: Final = "/isotherm-logs"
METRICS: Final = "/isotherm-metrics"
INGEST_DAG: Final = "ingest_observations"
IMPORT_DAG: Final = "import_history"
STREAM_DAG: Final = "stream_observations"
# What these find or change is told by the pipeline's own state.
STATE_DAGS: Final = (
    "accept_shrunken_files",
    "maintain_platform",
    "reconcile_layers",
    "watch_freshness",
)


class LiveLink(BaseOperatorLink):
    """The hours as the stream changes them."""

    name = "Live"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Address of the dashboard's Live page, for a task of the stream; else empty."""
        if ti_key.dag_id != STREAM_DAG:
            return ""
        form, _ = _asked(ti_key)
        day = form.get("last_day") or form.get("first_day") if form.get("period") == "days" else None
        return _dashboard("live", {"day": day})


class HistoryLink(BaseOperatorLink):
    """What a batch run has brought."""

    name = "History"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Address of the dashboard's History page at the run's days and station; else empty."""
        if ti_key.dag_id not in (INGEST_DAG, IMPORT_DAG):
            return ""
        form, partition_key = _asked(ti_key)
        days = _days_of_import(form) if ti_key.dag_id == IMPORT_DAG else _day(form, partition_key)
        typed = form.get("station_ids") or []
        return _dashboard("history", {"station": typed[0] if len(typed) == 1 else None, **days})


class PipelineLink(BaseOperatorLink):
    """What the platform says of itself: freshness, refused files, disk, ledger."""

    name = "Pipeline"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Address of the API's answer, for a task that looks after the platform; else empty."""
        return f"{_prefix()}{DASHBOARD}/api/v1/pipeline" if ti_key.dag_id in STATE_DAGS else ""


class SparkLogLink(BaseOperatorLink):
    """The log of the stream's Spark, whole."""

    name = "Spark's log"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Address of the log, for a task of the stream; else empty: a job's lines are in its task's."""
        return f"{_prefix()}{LOGS}/stream" if ti_key.dag_id == STREAM_DAG else ""


def _asked(ti_key: TaskInstanceKey) -> tuple[Mapping[str, Any], str | None]:
    """The values of a run's form that differ from the defaults, and the day it owns."""
    from sqlalchemy import select

    statement = select(DagRun.conf, DagRun.partition_key).where(
        DagRun.dag_id == ti_key.dag_id, DagRun.run_id == ti_key.run_id
    )
    with create_session() as session:
        found = session.execute(statement).one_or_none()
    return ({}, None) if found is None else (found[0] or {}, found[1])


def _day(form: Mapping[str, Any], partition_key: str | None) -> dict[str, str]:
    day = partition_key or form.get("day")
    return {"by": "hour", "from": str(day), "to": str(day)} if day else {}


def _days_of_import(form: Mapping[str, Any]) -> dict[str, str]:
    years = [form[name] for name in ("first_year", "last_year") if name in form]
    if not years:
        return {}
    return {
        "by": "day",
        "from": date(min(years), 1, 1).isoformat(),
        "to": date(max(years), 12, 31).isoformat(),
    }


def _dashboard(page: str, query: Mapping[str, str | None]) -> str:
    """Address of a page of the dashboard as Airflow serves it, behind its login."""
    text = urlencode({name: value for name, value in query.items() if value})
    return f"{_prefix()}{DASHBOARD}/#/{page}{'?' if text else ''}{text}"


def _prefix() -> str:
    """The path Airflow itself lives under; mostly none."""
    return urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
