"""Lists as JSON pages or as CSV, whole or by the page; unchanged answers are not sent again."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import structlog
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from isotherm.api.parted_rows import PartedRows, Written, lines

log = structlog.get_logger(__name__)
_JSON: Final = msgspec.json.Encoder()
CSV_TYPE: Final = "text/csv; charset=utf-8"
# Ask each time, but send nothing when nothing changed.
_CACHE_CONTROL: Final = "no-cache"
# Of a whole CSV so many rows are read and held at a time.
CSV_PAGE_ROWS: Final = 10_000
# Of the meta: what has a line of its own, or parts. Those of `provenance` are told one by one.
_NOT_IN_CSV: Final = ("attribution", "counts", "overall", "provenance", "units")
# In hexadecimal digits.
_TAG_LENGTH: Final = 24


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows in order, structs, dictionaries or in parts, and where the page after them begins."""

    rows: Sequence[Any] | PartedRows
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that can be read in pages.

    Attributes:
        name: of a file of it, without its ending.
        columns: of the CSV, in order.
        meta: what holds for all rows.
        read: a page, from the place after which it begins and its number of rows at most.
    """

    name: str
    columns: Sequence[str]
    meta: Mapping[str, Any]
    read: Callable[[str | None, int], ListPage]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What part of a list was asked for, and how it is written.

    Attributes:
        format: json or csv; of a series also parquet.
        after: the place the page begins after, None for the first.
        limit: rows at most; None: of JSON the default, of CSV all.
    """

    format: str
    after: str | None
    limit: int | None


def respond_list(
    request: Request, listing: Listing, wanted: Wanted, default_limit: int = CSV_PAGE_ROWS
) -> Response:
    """A page of a list, or the whole of it as CSV.

    A whole CSV is read and sent page by page, each over a connection of its own, so that neither
    memory nor a connection is held by a slow reader. What fails in between ends the answer
    without its last chunk, which no client takes for a whole file.
    """
    if wanted.format != "csv":
        page = listing.read(wanted.after, wanted.limit or default_limit)
        return _tagged(request, _json_page(page, listing.meta), "application/json")
    headers = {"Content-Disposition": f'attachment; filename="{listing.name}.csv"'}
    page = listing.read(wanted.after, wanted.limit or CSV_PAGE_ROWS)
    if wanted.limit is None and page.next is not None:
        headers["Cache-Control"] = _CACHE_CONTROL
        return StreamingResponse(_csv_pages(listing, page), media_type=CSV_TYPE, headers=headers)
    head = csv_head(listing, page.next)
    if isinstance(page.rows, PartedRows):
        return _tagged(request, page.rows.csv(head), CSV_TYPE, headers)
    return _tagged(request, head + csv_rows(listing.columns, page.rows), CSV_TYPE, headers)


def respond_object(request: Request, content: Mapping[str, Any]) -> Response:
    """One JSON object."""
    return _tagged(request, _JSON.encode(content), "application/json")


def _json_page(page: ListPage, meta: Mapping[str, Any]) -> bytes | Written:
    if not isinstance(page.rows, PartedRows):
        return _JSON.encode({"data": page.rows, "meta": meta, "next": page.next})
    rest = _JSON.encode({"meta": meta, "next": page.next})
    return page.rows.json(b'{"data":', b"," + rest[1:])


def _csv_pages(listing: Listing, first: ListPage) -> Iterator[bytes]:
    page = first
    yield csv_head(listing, None) + csv_rows(listing.columns, page.rows)
    while page.next is not None:
        try:
            page = listing.read(page.next, CSV_PAGE_ROWS)
        except Exception as error:
            log.warning("a CSV is cut short", file=listing.name, error=repr(error)[:300])
            raise
        yield csv_rows(listing.columns, page.rows)


def csv_head(listing: Listing, following: str | None) -> bytes:
    """Comment lines (whose data, what holds for all rows, the next page's cursor) and the header."""
    meta = listing.meta
    told = {name: one for name, one in meta.items() if name not in _NOT_IN_CSV}
    told |= meta.get("provenance") or {}
    facts = [
        f"{name}={','.join(value) if isinstance(value, list) else value}"
        for name, value in told.items()
    ]
    comments = [meta["attribution"], "; ".join(facts)]
    if following is not None:
        comments.append(f"next={following}")
    return "".join(f"# {one}\n" for one in comments).encode() + lines([listing.columns])


def csv_rows(columns: Sequence[str], rows: Sequence[Any] | PartedRows) -> bytes:
    """Rows by RFC 4180; lists inside a cell are separated by semicolons."""
    if isinstance(rows, PartedRows):
        return rows.csv().text()
    if rows and isinstance(rows[0], msgspec.Struct):
        return lines(map(msgspec.structs.astuple, rows))
    return lines([_cell(row.get(name)) for name in columns] for row in rows)


def _cell(value: object) -> object:
    return ";".join(map(str, value)) if isinstance(value, list) else value


def tag_of(digest: "hashlib._Hash") -> str:
    """The ETag of an answer of this digest."""
    return f'W/"{digest.hexdigest()[:_TAG_LENGTH]}"'


def tagged_headers(request: Request, tag: str) -> tuple[dict[str, str], bool]:
    """The headers of an answer with this tag, and whether the client has that answer."""
    known = request.headers.get("if-none-match", "")
    return (
        {"ETag": tag, "Cache-Control": _CACHE_CONTROL},
        tag in {one.strip() for one in known.split(",")},
    )


def _tagged(
    request: Request,
    body: bytes | Written,
    media_type: str,
    more: Mapping[str, str] | None = None,
) -> Response:
    digest = body.digest() if isinstance(body, Written) else hashlib.sha256(body)
    headers, is_known = tagged_headers(request, tag_of(digest))
    headers.update(more or {})
    if is_known:
        return Response(status_code=304, headers=headers)
    text = body.text() if isinstance(body, Written) else body
    return Response(text, media_type=media_type, headers=headers)
