"""SQL in any parameter of any route is text or refused: it changes no table and breaks no answer."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from isotherm.stores.tables import metadata
from servers.api_fixture import OHARE, ApiServer

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers

INJECTIONS = (
    "' OR '1'='1",
    "1' OR 1=1; DROP TABLE hourly_summary; -- ",
    '" UNION SELECT user, password FROM mysql.user -- ',
    "\\'; UPDATE station SET name = 'x'; #",
    "%(rule)s %s {0}",
    "\x00",
    "😀' --",
)
# What a parameter needs where another one is tried, if its description has no example.
GIVEN = {"station": OHARE, "country": "US"}


def parameters(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every route with each of its parameters."""
    for path, methods in document["paths"].items():
        for one in methods["get"].get("parameters", ()):
            yield path, methods["get"], one


def asked(operation: dict[str, Any], tried: dict[str, Any], text: str) -> dict[str, dict[str, str]]:
    """Values by place: all that is required, and the text where it is tried."""
    values: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
    for one in operation["parameters"]:
        if one.get("required"):
            examples = one["schema"].get("examples") or one["schema"].get("enum") or ["2014"]
            values[one["in"]][one["name"]] = str(GIVEN.get(one["name"], examples[0]))
    # A header neither begins nor ends with blanks.
    values[tried["in"]][tried["name"]] = text.strip() if tried["in"] == "header" else text
    return values


def checksums(api: ApiServer) -> dict[str, int]:
    """The server's own checksum of every table."""
    names = ", ".join(sorted(metadata.tables))
    with api.database.engine().connect() as connection:
        return {row[0]: row[1] for row in connection.execute(sa.text(f"CHECKSUM TABLE {names}"))}


def status_of(client: httpx.Client, path: str, values: dict[str, dict[str, str]]) -> int:
    """Of an answer read to its end, unless it has none."""
    for name, value in values["path"].items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    with client.stream("GET", path, params=values["query"], headers=values["header"]) as answer:
        if "event-stream" not in answer.headers["content-type"]:
            answer.read()
        return answer.status_code


def test_sql_in_every_parameter_of_every_route_changes_nothing(api: ApiServer) -> None:
    before = checksums(api)
    assert len(before) == len(metadata.tables)
    wrong = []
    tried = set()
    with httpx.Client(base_url=api.url, timeout=30) as client:
        for path, operation, one in parameters(client.get("/api/v1/openapi.json").json()):
            documented = {int(status) for status in operation["responses"]} - {503}
            for text in INJECTIONS:
                if one["in"] == "header" and not (text.isascii() and text.isprintable()):
                    continue
                status = status_of(client, path, asked(operation, one, text))
                tried.add((path, one["name"]))
                if status not in documented:
                    wrong.append((path, one["name"], text, status))
    assert wrong == []
    assert checksums(api) == before
    assert {name for _, name in tried} >= {
        "station",
        "from",
        "to",
        "tz",
        "units",
        "ids",
        "cursor",
        "query",
    }


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_a_search_finds_no_station(client: httpx.Client, text: str) -> None:
    answer = client.get("/stations", params={"query": text})
    assert (answer.status_code, answer.json().get("data")) in [(200, []), (422, None)]
