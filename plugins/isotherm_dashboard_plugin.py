"""The dashboard and its API as a tab inside the Airflow UI, behind Airflow's own login.

Airflow does not protect a plugin's routes: the dependency below does, for pages, API and live events
alike. Airflow runs every file of this folder under its bare name, so the name is unlike any module.
"""

from airflow.api_fastapi.core_api.security import AccessView, requires_access_view
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends

from isotherm.api.app import create_app

URL_PREFIX = "/isotherm"


class IsothermDashboardPlugin(AirflowPlugin):
    """The same application as on the API's own port, with the login in front."""

    name = "isotherm_dashboard"
    fastapi_apps = [  # noqa: RUF012 - Airflow reads a plain list
        {
            "app": create_app(dependencies=[Depends(requires_access_view(AccessView.PLUGINS))]),
            "url_prefix": URL_PREFIX,
            "name": "Isotherm dashboard",
        }
    ]
    external_views = [  # noqa: RUF012
        {
            "name": "Isotherm",
            "href": f"{URL_PREFIX}/",
            "icon": f"{URL_PREFIX}/favicon.svg",
            "destination": "nav",
            "url_route": "isotherm",
        }
    ]
