"""What Airflow must know of Isotherm: a run's days, that its UI opens in UTC, where buttons lead."""

from airflow.plugins_manager import AirflowPlugin

from isotherm.airflow_ui import links, program_logs, run_metrics, run_notes
from isotherm.airflow_ui.utc_clock import UtcClockMiddleware
from isotherm.ingest.day_timetable import DayTimetable


class IsothermAirflowPlugin(AirflowPlugin):
    """Read by scheduler, dag-processor and api-server."""

    name = "isotherm_airflow"
    timetables = [DayTimetable]  # noqa: RUF012 - Airflow reads plain lists
    listeners = [run_notes]  # noqa: RUF012
    global_operator_extra_links = [  # noqa: RUF012
        links.LiveLink(),
        links.HistoryLink(),
        links.PipelineLink(),
        links.SparkLogLink(),
    ]
    fastapi_apps = [  # noqa: RUF012
        {"app": program_logs.app, "url_prefix": links.LOGS, "name": "Logs of the stream's programs"},
        {"app": run_metrics.app, "url_prefix": links.METRICS, "name": "Metrics of Airflow"},
    ]
    fastapi_root_middlewares = [  # noqa: RUF012
        {"middleware": UtcClockMiddleware, "name": "UTC clock"},
    ]
