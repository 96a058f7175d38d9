"""A series as a Parquet file, typed, whose own metadata say whose data it is and how it was made.

The file is written a page at a time, to the disk if it is large, and sent when it is whole: memory is
bounded, and what fails on the way is a problem, not half a file.
"""

import hashlib
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any, Final, get_args

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from isotherm import __version__
from isotherm.api.parted_rows import PartedRows
from isotherm.api.render import CSV_PAGE_ROWS, Listing, ListPage, Wanted, tag_of, tagged_headers

PARQUET_TYPE: Final = "application/vnd.apache.parquet"
_INSTANTS: Final = ("hour_start", "starts_at")
_DAY: Final = "day"
_PLAIN: Final = {int: pa.int64(), float: pa.float64(), str: pa.string()}
# A dozen years of hours: 20 MB as they are held.
_GROUP_ROWS: Final = 100_000
_CHUNK_BYTES: Final = 1 << 18
# What is smaller needs no disk, which others may keep busy: some 20 years of hours.
_IN_MEMORY_BYTES: Final = 8 << 20


def respond_parquet(
    request: Request, listing: Listing, wanted: Wanted, row: type[BaseModel]
) -> Response:
    """A list as a file: all of it, or the page asked for by a limit.

    Args:
        request: for the tag it knows.
        listing: what is written.
        wanted: which part of it.
        row: the description of its rows, for the columns' types.
    """
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed when sent, or here
    try:
        _write(file, listing, wanted, row)
        size = file.tell()
        file.seek(0)
        tag = tag_of(hashlib.file_digest(file, "sha256"))
        headers, is_known = tagged_headers(request, tag)
        if is_known:
            file.close()
            return Response(status_code=304, headers=headers)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers["Content-Disposition"] = f'attachment; filename="{listing.name}.parquet"'
    headers["Content-Length"] = str(size)
    return StreamingResponse(_chunks(file), media_type=PARQUET_TYPE, headers=headers)


def parquet_chunks(
    listing: Listing, pages: Iterable[ListPage], row: type[BaseModel]
) -> Iterator[bytes]:
    """A file of these pages, made as it is sent: no more than one group of rows is held."""
    schema, sink = _schema(listing, row, None), _Sent()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        held: list[pa.RecordBatch] = []
        for page in pages:
            held.append(_batch(page, schema))
            if sum(one.num_rows for one in held) >= _GROUP_ROWS:
                writer.write_table(pa.Table.from_batches(held))
                held = []
                yield sink.taken()
        if held:
            writer.write_table(pa.Table.from_batches(held))
    yield sink.taken()


class _Sent(io.RawIOBase):
    """A file that is only written, from beginning to end, and taken away in between."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:  # noqa: ANN401 - whatever has bytes
        """Append it."""
        self._parts.append(bytes(part))
        self._size += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        """How much was written."""
        return self._size

    def taken(self) -> bytes:
        """What came since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _write(file: IO[bytes], listing: Listing, wanted: Wanted, row: type[BaseModel]) -> None:
    page = listing.read(wanted.after, wanted.limit or CSV_PAGE_ROWS)
    following = page.next if wanted.limit is not None else None
    schema = _schema(listing, row, following)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        writer.write_batch(_batch(page, schema))
        while wanted.limit is None and page.next is not None:
            page = listing.read(page.next, CSV_PAGE_ROWS)
            writer.write_batch(_batch(page, schema))


def _schema(listing: Listing, row: type[BaseModel], following: str | None) -> pa.Schema:
    """The columns with their units, and the list's metadata as texts, those of parts as JSON."""
    units: Mapping[str, str] = listing.meta["units"]
    fields = [
        pa.field(
            name,
            _type_of(name, row, units["time"]),
            metadata={"unit": units[name]} if name in units else None,
        )
        for name in listing.columns
    ]
    about = {**listing.meta, "made_by": f"Isotherm {__version__}"}
    if following is not None:
        about["next"] = following
    texts = {name: one if isinstance(one, str) else json.dumps(one) for name, one in about.items()}
    return pa.schema(fields, metadata=texts)


def _type_of(name: str, row: type[BaseModel], time_zone: str) -> pa.DataType:
    if name in _INSTANTS:
        return pa.timestamp("ms", time_zone)  # Parquet has no seconds
    if name == _DAY:
        return pa.date32()
    annotation = row.model_fields[name].annotation
    kinds = [one for one in (annotation, *get_args(annotation)) if one in _PLAIN]
    return _PLAIN[kinds[0]] if kinds else pa.string()  # a choice of words


def _batch(page: ListPage, schema: pa.Schema) -> pa.RecordBatch:
    if isinstance(page.rows, PartedRows):
        return _parted_batch(page.rows, schema)
    columns: Sequence[Sequence[Any]] = list(zip(*map(msgspec.structs.astuple, page.rows), strict=True))
    arrays = [
        _array(values, field)
        for values, field in zip(columns or [()] * len(schema), schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _parted_batch(rows: PartedRows, schema: pa.Schema) -> pa.RecordBatch:
    """Of each part every distinct value is converted once."""
    fields, arrays = iter(schema), []
    for part in rows.parts:
        for values in part.columns:
            distinct = _array(values, next(fields))
            arrays.append(distinct if part.places is None else distinct.take(pa.array(part.places)))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: Sequence[Any], field: pa.Field) -> pa.Array:
    if field.name in _INSTANTS:
        values = list(map(datetime.fromisoformat, values))
    elif field.name == _DAY:
        values = list(map(date.fromisoformat, values))
    return pa.array(values, field.type)
