"""The API's description (OpenAPI), completed where FastAPI says less than the API does.

Errors are problems of one shape on every route, and headers a client may rely on are named.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import TypeAdapter

from isotherm.api.problems import KINDS, PROBLEM_MEDIA_TYPE, UNCHANGED, Problem
from isotherm.api.render import respond_object

router = APIRouter()
_REFUSED: Final = "A parameter is unknown, there twice, or not as described; says what is accepted"
_REF_TEMPLATE: Final = "#/components/schemas/{model}"
_PROBLEM_REF: Final = {"$ref": _REF_TEMPLATE.format(model=Problem.__name__)}
_TEXT: Final = {"type": "string"}
_TAG: Final = {
    "description": "Send it back as `If-None-Match`; an unchanged answer is then 304 without a body. A "
    "CSV of more than 10 000 rows has none",
    "schema": {"type": "string", "pattern": '^W/"[0-9a-f]+"$'},
}
_CACHING: Final = {"description": "Ask each time", "schema": {"type": "string", "enum": ["no-cache"]}}
_FILE_NAME: Final = {"description": "CSV and Parquet: a name for the file", "schema": _TEXT}
_RETRY: Final = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}
_STATIONS: Final = "/api/v1/stations"
_FASTAPIS_OWN: Final = ("HTTPValidationError", "ValidationError")


class DescribedApp(FastAPI):
    """An application whose description is complete."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document; made once."""
        is_new = self.openapi_schema is None
        document = super().openapi()
        if is_new:
            for operation in _operations(document):
                _complete(operation["responses"])
                for parameter in operation.get("parameters", ()):
                    parameter["schema"] = _without_null(parameter["schema"])
            _link(document["paths"])
            document["x-problems"] = [
                {"status": status, "kind": kind, "meaning": meaning}
                for status, (kind, meaning) in KINDS.items()
            ]
            schemas = document["components"]["schemas"]
            for name in _FASTAPIS_OWN:
                schemas.pop(name, None)
            problem = TypeAdapter(Problem).json_schema(ref_template=_REF_TEMPLATE)
            schemas.update({**problem.pop("$defs"), Problem.__name__: problem})
        return document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def _link(paths: dict[str, Any]) -> None:
    """From the list of stations to what there is of each, and from a page to the next one."""
    links: dict[str, Any] = {}
    for path, methods in paths.items():
        operation = methods["get"]
        names = {one["name"] for one in operation.get("parameters", ())}
        if "station" in names:
            station = {"station": "$response.body#/data/0/station_id"}
            links[path.rsplit("/", 1)[-1].strip("{}")] = {
                "operationId": operation["operationId"],
                "parameters": station,
            }
        if {"cursor", "from"} <= names:
            operation["responses"]["200"]["links"] = {"next page": _next_page(operation)}
    paths[_STATIONS]["get"]["responses"]["200"]["links"] = links


def _next_page(operation: dict[str, Any]) -> dict[str, Any]:
    """The same request, continued."""
    parameters = {
        f"{one['in']}.{one['name']}": f"$request.{one['in']}.{one['name']}"
        for one in operation["parameters"]
        if one.get("required")
    }
    parameters["query.cursor"] = "$response.body#/next"
    return {"operationId": operation["operationId"], "parameters": parameters}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What is left out is left out: there is no way to write null into an address."""
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**kinds[0], **rest} if len(kinds) == 1 else schema


def _complete(responses: dict[str, Any]) -> None:
    responses["422"] = {"description": _REFUSED}
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {PROBLEM_MEDIA_TYPE: {"schema": _PROBLEM_REF}}
        if status == "503":
            response["headers"] = {"Retry-After": _RETRY}
    content = responses["200"].get("content", {})
    if "application/json" in content and "304" in responses:
        headers = {"ETag": _TAG, "Cache-Control": _CACHING}
        responses["304"]["headers"] = headers
        is_list = "text/csv" in content
        responses["200"]["headers"] = {
            **headers,
            **({"Content-Disposition": _FILE_NAME} if is_list else {}),
        }


@router.get(
    "/openapi.json",
    summary="This description",
    response_model=dict[str, Any],
    responses=UNCHANGED,
    tags=["about"],
)
def openapi(request: Request) -> Response:
    """The API described as an OpenAPI document, from which programs make clients."""
    document = request.app.openapi()
    root = request.scope.get("root_path", "")
    return respond_object(request, {**document, "servers": [{"url": root}]} if root else document)
