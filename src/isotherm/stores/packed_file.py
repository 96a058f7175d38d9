"""Many parts in one file of HDFS, each to be read alone: a part per station costs HDFS no file.

An index of the parts' places comes first, so that one short read finds any of them.
"""

import json
import shutil
import struct
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from isotherm.errors import StoreError
from isotherm.stores.hdfs_store import HdfsStore

_HEAD: Final = struct.Struct("<8sQ")
_MAGIC: Final = b"isopack1"
# Holds the index of some thousand parts.
_FIRST_READ_BYTES: Final = 65_536

Index = dict[str, tuple[int, int]]


def write_parts(store: HdfsStore, path: str, parts: Iterable[tuple[str, bytes]]) -> int:
    """Put a file in place, whole or not at all; returns of how many parts.

    Args:
        store: HDFS.
        path: of the file.
        parts: name and content; one at a time is in memory.

    Raises:
        StoreError: HDFS did not take it; what was there before is still there.
    """
    with tempfile.TemporaryDirectory(prefix="isotherm-pack-") as folder:
        body, whole = Path(folder, "body"), Path(folder, "whole")
        index: Index = {}
        with body.open("wb") as file:
            for name, content in parts:
                index[name] = (file.tell(), len(content))
                file.write(content)
        described = json.dumps(index).encode()
        with whole.open("wb") as file, body.open("rb") as content_file:
            file.write(_HEAD.pack(_MAGIC, len(described)) + described)
            shutil.copyfileobj(content_file, file)
        body.unlink()
        store.write(path, whole)
    return len(index)


class PackedFile:
    """One such file, its index read once."""

    def __init__(self, store: HdfsStore, path: str) -> None:
        """Read the index.

        Raises:
            StoreError: HDFS did not answer, or the file is no packed one.
        """
        self._store, self._path = store, path
        self._index, self._begin = _read_index(store, path)

    @property
    def names(self) -> Collection[str]:
        """Of the parts; none where there is no such file."""
        return self._index.keys()

    def read(self, name: str) -> bytes | None:
        """One part, None where there is none of this name.

        Raises:
            StoreError: HDFS did not answer.
        """
        if name not in self._index:
            return None
        offset, length = self._index[name]
        content = self._store.read_if_exists(self._path, offset=self._begin + offset, length=length)
        if content is None or len(content) != length:
            raise StoreError(f"{self._path} on HDFS is not whole any more: it went while it was read.")
        return content


def _read_index(store: HdfsStore, path: str) -> tuple[Index, int]:
    first = store.read_if_exists(path, offset=0, length=_FIRST_READ_BYTES)
    if first is None:
        return {}, 0
    try:
        magic, length = _HEAD.unpack_from(first)
        end = _HEAD.size + length
        if magic != _MAGIC:
            raise ValueError("it does not begin as one")
        if len(first) < end:
            rest = store.read_if_exists(path, offset=len(first), length=end - len(first))
            first += rest or b""
        index = json.loads(first[_HEAD.size : end])
        return {name: (offset, size) for name, (offset, size) in index.items()}, end
    except (struct.error, ValueError, TypeError) as error:
        raise StoreError(f"{path} on HDFS is no packed file ({error}). Train anew.") from error
