"""The dashboard inside the Airflow UI: behind its login, whole with it."""

from collections.abc import Iterator

import httpx
import pytest

from isotherm.local.airflow_client import AirflowClient
from isotherm.local.secret_files import airflow_logins
from running_product import RunningProduct

pytestmark = pytest.mark.end_to_end

ROUTES = ["/isotherm/", "/isotherm/history", "/isotherm/api/v1/stations", "/isotherm/api/v1/pipeline"]


@pytest.fixture
def anonymous(stack: RunningProduct) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.airflow_url, timeout=30) as client:
        yield client


def login(client: httpx.Client, stack: RunningProduct, name: str) -> str:
    body = {"username": name, "password": airflow_logins(stack.settings)[name]}
    token = client.post("/auth/token", json=body).raise_for_status().json()
    return str(token["access_token"])


@pytest.mark.parametrize("route", ROUTES)
def test_without_a_login_nothing_is_shown(anonymous: httpx.Client, route: str) -> None:
    assert anonymous.get(route).status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.parametrize("name", ["admin", "viewer"])
def test_with_a_login_pages_and_api_answer(
    anonymous: httpx.Client, stack: RunningProduct, name: str
) -> None:
    anonymous.headers["authorization"] = f"Bearer {login(anonymous, stack, name)}"
    page = anonymous.get("/isotherm/").raise_for_status()
    # A missing plugin would answer 200 too, with Airflow's own page.
    assert "Isotherm" in page.text
    stations = anonymous.get("/isotherm/api/v1/stations").raise_for_status().json()
    standalone = httpx.get(f"{stack.api_url}/api/v1/stations", timeout=30).json()
    assert stations["data"] == standalone["data"]
    assert stations["data"]


def test_the_cookie_of_the_ui_is_login_enough(anonymous: httpx.Client, stack: RunningProduct) -> None:
    anonymous.cookies.set("_token", login(anonymous, stack, "viewer"))
    assert anonymous.get("/isotherm/api/v1/pipeline").status_code == httpx.codes.OK


def test_airflow_lists_the_tab_and_no_plugin_failed(airflow: AirflowClient) -> None:
    assert airflow.get("/api/v2/plugins/importErrors")["import_errors"] == []
    plugins = {one["name"]: one for one in airflow.get("/api/v2/plugins", limit=100)["plugins"]}
    views = plugins["isotherm_dashboard"]["external_views"]
    assert [(one["name"], one["destination"]) for one in views] == [("Isotherm", "nav")]


def test_no_dag_file_failed_to_parse(airflow: AirflowClient) -> None:
    assert airflow.get("/api/v2/importErrors")["import_errors"] == []
