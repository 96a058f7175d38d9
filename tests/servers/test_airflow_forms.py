"""A form that makes no sense is refused at once, with the reason; a station nobody has, by its name."""

from typing import Any

import httpx
import pytest

from isotherm.local.airflow_client import AirflowClient, DagRunFailedError

pytestmark = pytest.mark.end_to_end

# As NOAA's are made, and of no station.
NOBODY = "99999999998"


@pytest.mark.parametrize(
    ("dag_id", "form", "reason"),
    [
        ("import_history", {"box": "1,2"}, "box"),
        ("stream_observations", {"near": "somewhere"}, "near"),
        ("ingest_observations", {"day": "2014-02-31"}, "is not a 'date'"),
        ("stream_observations", {"dataset": "nothing"}, "is not one of"),
    ],
)
def test_what_a_pattern_can_say_is_answered_by_the_form_itself(
    airflow: AirflowClient, dag_id: str, form: dict[str, Any], reason: str
) -> None:
    body = {"logical_date": None, "conf": form}
    answer = airflow._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert reason in answer.json()["detail"]


def test_a_partition_key_that_is_no_day_is_answered_by_the_form_itself(airflow: AirflowClient) -> None:
    for key in ("2014-1-5", "2014-02-31", "today"):
        body = {"logical_date": None, "conf": {}, "partition_key": key}
        answer = airflow._send("POST", "/api/v2/dags/ingest_observations/dagRuns", json=body)
        assert answer.status_code == httpx.codes.BAD_REQUEST, key
        assert key in answer.json()["detail"]


def test_what_only_a_task_can_say_is_said_by_the_first_one_at_its_first_try(
    airflow: AirflowClient,
) -> None:
    cases = [
        ("import_history", "plan_import", {"first_year": 2014, "last_year": 2013}, "years swapped"),
        ("import_history", "plan_import", {"box": "10,60,20,50"}, "Not a box"),
        ("ingest_observations", "download_files", {"country": "Norwai"}, "Did you mean Norway"),
        ("stream_observations", "check_form", {"elevation": "9,1"}, "Not an elevation band"),
        ("import_history", "plan_import", {"first_yaer": 2014}, "no field first_yaer"),
        ("ingest_observations", "download_files", {"dya": "2014-01-05"}, "no field dya"),
        ("stream_observations", "check_form", {"perod": "days"}, "no field perod"),
        ("stream_observations", "check_form", {"period": "days"}, "first_day is empty"),
        (
            "stream_observations",
            "check_form",
            {"period": "days", "first_day": "2014-01-05", "last_day": "2014-01-02"},
            "is after last_day",
        ),
    ]
    runs = [(dag_id, task, airflow.trigger(dag_id, form), why) for dag_id, task, form, why in cases]
    for dag_id, task_id, run_id, reason in runs:
        with pytest.raises(DagRunFailedError, match=reason):
            airflow.wait_for_run(dag_id, run_id, timeout_s=300)
        first = next(one for one in airflow.tasks(dag_id, run_id) if one.task_id == task_id)
        assert (first.state, first.try_number) == ("failed", 1)


@pytest.mark.parametrize(
    ("dag_id", "form"),
    [
        ("import_history", {"first_year": 2014, "last_year": 2014, "dry_run": False}),
        ("ingest_observations", {"day": "2014-01-05"}),
    ],
)
def test_a_station_nobody_has_fails_the_run_by_its_name(
    airflow: AirflowClient, dag_id: str, form: dict[str, Any]
) -> None:
    run_id = airflow.trigger(dag_id, {**form, "station_ids": [NOBODY]})
    with pytest.raises(DagRunFailedError, match=f"has no file of {NOBODY}"):
        airflow.wait_for_run(dag_id, run_id, timeout_s=300)
    failed = [one for one in airflow.tasks(dag_id, run_id) if one.state == "failed"]
    assert [one.try_number for one in failed] == [1]
