"""The dashboard's files as the API serves them: at the root or mounted, and nothing beside them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient

from isotherm.api import dashboard
from isotherm.api.app import create_app
from isotherm.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, archive="simulated", mysql_port=9)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<title>Isotherm</title>")
    (static / "assets" / "index-abc.js").write_text("1")
    (tmp_path / "secret").write_text("secret")
    monkeypatch.setattr(dashboard, "STATIC_DIR", static)
    return static


@pytest.fixture
def client(settings: Settings, built: Path) -> Iterator[TestClient]:
    with TestClient(create_app(settings)) as one:
        yield one


@pytest.mark.parametrize("path", ["/", "/live", "/history"])
def test_the_pages_are_one_document_that_is_asked_for_each_time(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert "Isotherm" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_files_named_by_their_content_are_kept_for_ever(client: TestClient) -> None:
    answer = client.get("/assets/index-abc.js")
    assert answer.text == "1"
    assert "immutable" in answer.headers["cache-control"]
    assert "javascript" in answer.headers["content-type"]


@pytest.mark.parametrize(
    "path",
    [
        "/%2e%2e/secret",
        "/assets/%2e%2e%2f%2e%2e%2fsecret",
        "/..%5csecret",
    ],
)
def test_nothing_outside_the_folder_is_served(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.text != "secret"
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/assets/%00",
        "/assets/index-abc.js%00",
        "/assets/" + "x" * 300,
        "/" + "x" * 300,
        "/" + "assets/" * 2_000 + "x",
        "/assets/%ff%fe",
        "/assets/%ed%a0%80",
        "/assets/",
        "/assets/index-abc.js/x",
        "/%2e",
    ],
)
def test_a_name_that_no_file_has_or_can_have_is_404(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/old/page", "http://testserver/#/old/page"),
        ("/page.html", "http://testserver/#/page.html"),
        ("/a/%22%3E%3Cb/c", "http://testserver/#/a/%22%3E%3Cb/c"),
    ],
)
def test_a_person_at_an_unknown_address_is_led_to_a_page_that_says_so(
    client: TestClient, path: str, leads_to: str
) -> None:
    answer = client.get(path, headers={"Accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 303
    assert str(answer.url.join(answer.headers["location"])) == leads_to


def test_a_route_the_api_has_not_is_404_and_no_page(client: TestClient) -> None:
    answer = client.get("/api/v1/forecast")
    assert answer.status_code == 404
    assert "/api/v1/openapi.json" in answer.json()["detail"]


def test_before_it_is_built_the_page_says_what_to_do(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "STATIC_DIR", tmp_path / "none")
    answer = TestClient(create_app(settings)).get("/")
    assert answer.status_code == 404
    assert "./isotherm up" in answer.text


def test_mounted_under_a_prefix_pages_and_api_answer_below_it(settings: Settings, built: Path) -> None:
    outer = FastAPI()
    outer.mount("/isotherm", create_app(settings))
    client = TestClient(outer)
    assert "Isotherm" in client.get("/isotherm/").text
    assert client.get("/isotherm/assets/index-abc.js").status_code == 200
    document = client.get("/isotherm/api/v1/openapi.json").json()
    assert document["info"]["title"] == "Isotherm"
    assert client.get("/isotherm/healthz").status_code == 503


@pytest.mark.parametrize(
    "path", ["/", "/assets/index-abc.js", "/api/v1/stations", "/api/v1/live", "/healthz", "/metrics"]
)
def test_a_login_in_front_guards_every_route(settings: Settings, built: Path, path: str) -> None:
    def refuse() -> None:
        raise HTTPException(401, "log in")

    client = TestClient(create_app(settings, dependencies=[Depends(refuse)]))
    assert client.get(path).status_code == 401
