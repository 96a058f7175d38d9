"""Lets a run by hand be told by its days: Airflow gives a run's id no look at its form, but a note.

Backfilled and scheduled runs bear their day in their id already (`DayTimetable`).
"""

from collections.abc import Mapping
from typing import Any

from airflow.listeners import hookimpl
from airflow.models import DagRun


@hookimpl
def on_dag_run_running(dag_run: DagRun, msg: str) -> None:
    """Note the days of a run as it starts, in the scheduler; a note somebody wrote stays."""
    if not dag_run.note and (days := days_of_form(dag_run.conf or {})):
        dag_run.note = days


def days_of_form(form: Mapping[str, Any]) -> str:
    """The days or years a form asks for, as `2014-01-05 to 2014-01-07`; empty where it names none."""
    if form.get("day"):
        return str(form["day"])
    if form.get("period") == "days":
        ends = [form.get("first_day"), form.get("last_day")]
    elif "first_year" in form and "last_year" in form:
        ends = [form["first_year"], form["last_year"]]
    else:
        return ""
    return " to ".join(dict.fromkeys(str(end) for end in ends if end))
