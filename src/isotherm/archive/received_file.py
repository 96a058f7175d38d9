"""From bytes received to a checked file in place: whole, readable, ours to keep, or an error.

A file is written beside its target under a temporary name, checked, and only then renamed: nobody
ever sees a part of one. It is kept as gzip: gzip stays byte for byte, plain text is compressed with a
fixed header, so that the same content gives the same file on every machine.
"""

import gzip
import hashlib
import os
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from isotherm.datasets.dataset import Dataset
from isotherm.errors import SourceError

_CHUNK_BYTES: Final = 1 << 20
_HEADER_LIMIT_BYTES: Final = 64 * 1024
_GZIP_LEVEL: Final = 6
# More than any mark a file may end with.
_END_BYTES: Final = 16


@contextmanager
def temporary_beside(target: Path) -> Iterator[Path]:
    """A path to write to in the target's folder; gone afterwards unless it was renamed.

    Raises:
        SourceError: the folder cannot be written, or the disk is full.
    """
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise SourceError(
            f"{target}: could not be written ({error}). Check the folder's rights and the free space."
        ) from error


def content_digest(received: Path, dataset: Dataset, origin: str) -> str:
    """Sha256 of the uncompressed content, after checking that it is a whole file of the dataset.

    One that does not end as its form does was cut somewhere on its way to the archive, even where its
    length is the announced one. A file of a form that is read as a whole is read here.

    Args:
        received: the file as it came, plain or gzip.
        dataset: what it should be.
        origin: where it came from, for messages.

    Raises:
        SourceError: cut off, damaged, a web page, or its header is not the dataset's.
    """
    digest = hashlib.sha256()
    beginning = b""
    end = b""
    try:
        for chunk in _read_uncompressed(received):
            digest.update(chunk)
            beginning = beginning or chunk[:_HEADER_LIMIT_BYTES]
            end = (end + chunk)[-_END_BYTES:]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(
            f"{origin}: the gzip stream is cut off or damaged ({error}). Try again later."
        ) from error
    dataset.check_header(beginning, origin)
    if not dataset.is_whole(end, beginning):
        raise SourceError(f"{origin}: the file ends in the middle of a line or table. Try again later.")
    if check := dataset.layout.form_of(beginning).check:
        check(b"".join(_read_uncompressed(received)), origin)
    return digest.hexdigest()


def keep_compressed(received: Path, target: Path) -> int:
    """Put a checked file in place as gzip; its size in bytes."""
    if _is_gzip(received):
        received.replace(target)
        return target.stat().st_size
    with temporary_beside(target) as compressed:
        with (
            compressed.open("wb") as out,
            gzip.GzipFile("", "wb", _GZIP_LEVEL, out, mtime=0) as packed,
        ):
            for chunk in _read_uncompressed(received):
                packed.write(chunk)
        with compressed.open("rb") as written:
            os.fsync(written.fileno())
        compressed.replace(target)
    return target.stat().st_size


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _read_uncompressed(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") if _is_gzip(path) else path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
