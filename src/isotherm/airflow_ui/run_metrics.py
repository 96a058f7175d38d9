"""What Prometheus is told of Airflow: its parts' signs of life, and what each DAG runs and ran.

Read from Airflow's own tables, where the api-server may; without a login, as metrics are scraped.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import sqlalchemy as sa
from airflow.jobs.job import Job
from airflow.models import DagModel, DagRun
from airflow.utils.session import create_session
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

_ACTIVE: Final = ("queued", "running")
_ENDED: Final = ("success", "failed")

app = FastAPI(title="Metrics of Airflow", openapi_url=None)


@app.get("/metrics")
def metrics() -> Response:
    """All of it as Prometheus reads it."""
    registry = CollectorRegistry()
    registry.register(_AirflowState())
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _AirflowState(Collector):
    """Asks Airflow's database."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families, with a sample of each DAG there is."""
        with create_session() as session:
            known = sa.select(DagModel.dag_id, DagModel.is_paused).where(~DagModel.is_stale)
            paused = {one.dag_id: one.is_paused for one in session.execute(known)}
            yield _heartbeats(session)
            family = _family("dag_paused", "Whether the DAG starts no runs by itself", "dag_id")
            for dag_id, is_paused in paused.items():
                family.add_metric([dag_id], int(is_paused))
            yield family
            yield _active_runs(session, paused)
            yield _ends(session, paused)

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: registering must not ask the database."""
        return []


def _heartbeats(session: Session) -> GaugeMetricFamily:
    family = _family("heartbeat_timestamp_seconds", "Last sign of life of a part", "part")
    newest = sa.select(Job.job_type, sa.func.max(Job.latest_heartbeat)).group_by(Job.job_type)
    for job_type, beat in session.execute(newest):
        if beat is not None:
            family.add_metric([str(job_type)], beat.timestamp())
    return family


def _active_runs(session: Session, dag_ids: Iterable[str]) -> GaugeMetricFamily:
    family = _family("active_runs", "Runs that wait or go on", "dag_id", "state")
    is_active = DagRun.state.in_(_ACTIVE)
    columns = (DagRun.dag_id, DagRun.state, sa.func.count())
    grouped = sa.select(*columns).where(is_active).group_by(DagRun.dag_id, DagRun.state)
    counts = {(dag_id, state): count for dag_id, state, count in session.execute(grouped)}
    for dag_id in dag_ids:
        for state in _ACTIVE:
            family.add_metric([dag_id, state], counts.get((dag_id, state), 0))
    return family


def _ends(session: Session, dag_ids: Iterable[str]) -> GaugeMetricFamily:
    """When a run last ended well, and when one failed; 0: never."""
    meaning = "When the last run that ended so did, 0: none"
    family = _family("run_ended_timestamp_seconds", meaning, "dag_id", "state")
    columns = (DagRun.dag_id, DagRun.state, sa.func.max(DagRun.end_date))
    has_ended = DagRun.state.in_(_ENDED) & DagRun.end_date.is_not(None)
    grouped = sa.select(*columns).where(has_ended).group_by(DagRun.dag_id, DagRun.state)
    ends = {(dag_id, state): end.timestamp() for dag_id, state, end in session.execute(grouped)}
    for dag_id in dag_ids:
        for state in _ENDED:
            family.add_metric([dag_id, state], ends.get((dag_id, state), 0))
    return family


def _family(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"isotherm_airflow_{name}", meaning, labels=labels)
