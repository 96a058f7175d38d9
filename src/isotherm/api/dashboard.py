"""The built dashboard's files, at the root; its addresses are relative, so any prefix works."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, PlainTextResponse, Response

STATIC_DIR: Final = Path(__file__).with_name("static")
# Names under assets/ carry a hash of their content.
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_NOT_BUILT: Final = (
    "The dashboard is not built. `./isotherm up` builds it; the API is under api/v1, described by "
    "api/v1/openapi.json."
)

router = APIRouter(include_in_schema=False)


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
def serve_file(path: str) -> Response:
    """A file of the dashboard; its pages (one word, no dot) are all the same document."""
    if path.startswith("api/"):
        raise HTTPException(404, f"No route {path[:80]}. See /api/v1/openapi.json.")
    if "/" not in path and "." not in path:
        return _document()
    file = (STATIC_DIR / path).resolve()
    if not file.is_relative_to(STATIC_DIR.resolve()) or not file.is_file():
        raise HTTPException(404, f"No file {path[:80]}.")
    caching = _FOR_EVER if path.startswith("assets/") else "no-cache"
    return FileResponse(file, headers={"Cache-Control": caching})


def _document() -> Response:
    document = STATIC_DIR / "index.html"
    if not document.is_file():
        return PlainTextResponse(_NOT_BUILT, 404)
    return FileResponse(document, headers={"Cache-Control": "no-cache"})
