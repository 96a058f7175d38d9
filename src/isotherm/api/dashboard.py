"""The built dashboard's files, at the root; its addresses are relative, so any prefix works."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

STATIC_DIR: Final = Path(__file__).with_name("static")
# Names under assets/ carry a hash of their content.
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_NOT_BUILT: Final = (
    "The dashboard is not built. `./isotherm up` builds it; the API is under api/v1, described by "
    "api/v1/openapi.json."
)

_PAGE: Final = re.compile(r"[A-Za-z0-9_-]{0,40}")

# Of an address that is not there.
_SHOWN: Final = 80

router = APIRouter(include_in_schema=False)


@router.get("/{path:path}")
def serve_file(path: str, request: Request) -> Response:
    """A file of the dashboard; its pages (one plain word) are all the same document.

    A person at an address that is not there is led to the page that says so; a program gets 404.
    """
    if path.startswith("api/"):
        raise HTTPException(404, f"No route {path[:80]}. See /api/v1/openapi.json.")
    if _PAGE.fullmatch(path):
        return _document()
    file = _find(path)
    if file is None and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("../" * path.count("/") + "./#/" + quote(path[:_SHOWN]), 303)
    if file is None:
        raise HTTPException(404, f"No file {path[:80]}.")
    caching = _FOR_EVER if path.startswith("assets/") else "no-cache"
    return FileResponse(file, headers={"Cache-Control": caching})


def _find(path: str) -> Path | None:
    """The file of this name; None where there is none or the file system refuses the very name."""
    try:
        file = (STATIC_DIR / path).resolve()
        is_ours = file.is_relative_to(STATIC_DIR.resolve()) and file.is_file()
    except (OSError, ValueError):  # too long; a NUL, or what its encoding does not have
        return None
    return file if is_ours else None


def _document() -> Response:
    document = STATIC_DIR / "index.html"
    if not document.is_file():
        return PlainTextResponse(_NOT_BUILT, 404)
    return FileResponse(document, headers={"Cache-Control": "no-cache"})
