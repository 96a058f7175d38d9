"""What Airflow must know of Isotherm: which day a run owns, and that its UI opens in UTC."""

from airflow.plugins_manager import AirflowPlugin

from isotherm.airflow_ui.utc_clock import UtcClockMiddleware
from isotherm.ingest.day_timetable import DayTimetable


class IsothermAirflowPlugin(AirflowPlugin):
    """Read by scheduler, dag-processor and api-server."""

    name = "isotherm_airflow"
    timetables = [DayTimetable]  # noqa: RUF012 - Airflow reads plain lists
    fastapi_root_middlewares = [  # noqa: RUF012
        {"middleware": UtcClockMiddleware, "name": "UTC clock"},
    ]
