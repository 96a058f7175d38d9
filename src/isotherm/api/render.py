"""Lists as JSON or CSV, with an entity tag so that an unchanged page is not sent again."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from fastapi import Request, Response

_JSON: Final = msgspec.json.Encoder()
# Ask each time, but send nothing when nothing changed.
_CACHE_CONTROL: Final = "no-cache"


def respond_list(
    request: Request,
    data: Sequence[Any],
    meta: Mapping[str, Any],
    following: str | None,
    columns: Sequence[str],
    output: str,
) -> Response:
    """A page of a list.

    Args:
        request: for its If-None-Match.
        data: the rows, structs or dictionaries.
        meta: what holds for all of them.
        following: the next page's cursor, None on the last.
        columns: the CSV's columns, in order.
        output: json or csv.
    """
    if output == "csv":
        return _tagged(request, _csv(data, meta, following, columns), "text/csv; charset=utf-8")
    body = _JSON.encode({"data": data, "meta": meta, "next": following})
    return _tagged(request, body, "application/json")


def respond_object(request: Request, content: Mapping[str, Any]) -> Response:
    """One JSON object."""
    return _tagged(request, _JSON.encode(content), "application/json")


def _csv(
    data: Sequence[Any],
    meta: Mapping[str, Any],
    following: str | None,
    columns: Sequence[str],
) -> bytes:
    """Comment lines, a header, rows; lists inside a cell are separated by semicolons."""
    text = io.StringIO()
    text.write(f"# {meta['attribution']}\n")
    facts = {name: value for name, value in meta.items() if name not in ("attribution", "units")}
    text.write("# " + "; ".join(f"{name}={value}" for name, value in facts.items()) + "\n")
    if following is not None:
        text.write(f"# next={following}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    rows = msgspec.to_builtins(data)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    return ";".join(map(str, value)) if isinstance(value, list) else value


def _tagged(request: Request, body: bytes, media_type: str) -> Response:
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": _CACHE_CONTROL}
    known = request.headers.get("if-none-match", "")
    if tag in {one.strip() for one in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
