"""Runs of `stream_observations`, triggered as from its form."""

from isotherm.local.airflow_client import AirflowClient

STREAM_DAG = "stream_observations"
STREAM_TASK = "replay_observations"


def trigger_stream(airflow: AirflowClient, first_day: str, **form: object) -> str:
    """Start a replay of some days; returns the run id."""
    values = {"period": "days", "first_day": first_day, "speed": 0, **form}
    return airflow.trigger(STREAM_DAG, values)


def stream_days(airflow: AirflowClient, first_day: str, **form: object) -> str:
    """Replay some days to the end; returns the id of the feed."""
    run_id = trigger_stream(airflow, first_day, **form)
    airflow.wait_for_run(STREAM_DAG, run_id, timeout_s=600)
    return feed_of(airflow, run_id)


def feed_of(airflow: AirflowClient, run_id: str) -> str:
    """The id of the feed a run streams."""
    return str(airflow.xcom(STREAM_DAG, run_id, STREAM_TASK, "feed_id"))
