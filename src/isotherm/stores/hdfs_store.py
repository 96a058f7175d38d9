"""HDFS over WebHDFS: whole files only, with retries.

A file is written under a hidden temporary name and renamed, so a reader sees the old one or the new one
and never a part. A DataNode that has just died shows as a refused connection, not as an HDFS error,
and the NameNode goes on naming it for a while; so every call is tried again, for `RETRY_FOR_S`.
"""

import posixpath
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import requests
import stamina
from hdfs import HdfsError, InsecureClient
from urllib3.exceptions import HTTPError

from isotherm.errors import StoreError

_CONNECT_TIMEOUT_S: Final = 5.0
_READ_TIMEOUT_S: Final = 120.0
# What the NameNode says while it starts, or while a DataNode is away: it passes.
_PASSING: Final = (
    "SafeModeException",
    "RetriableException",
    "StandbyException",
    "LeaseExpiredException",
)
_NO_DATANODE: Final = (
    "could only be written to 0 of",
    "Failed to find datanode",
    "No active nodes contain this block",
    "Could not obtain block",
    "are bad. Aborting",
)
_NOT_FOUND: Final = "FileNotFoundException"
# A DataNode of ours is back within half a minute of being killed.
RETRY_FOR_S: Final = 120.0
# What comes from below `hdfs`: a connection refused or broken, also in the middle of a body.
_BROKEN: Final = (requests.RequestException, HTTPError)

T = TypeVar("T")


class HdfsConnection(Protocol):
    """How to reach HDFS; `Settings` has it, and a Spark task takes it along as `HdfsAddress`."""

    @property
    def hdfs_url(self) -> str:
        """WebHDFS addresses of the NameNodes, separated by `;`."""

    @property
    def hdfs_user(self) -> str:
        """In whose name."""


@dataclass(frozen=True, slots=True)
class HdfsAddress:
    """What a worker needs of the settings."""

    hdfs_url: str
    hdfs_user: str


@dataclass(frozen=True, slots=True)
class HdfsEntry:
    """A file or folder; `modified_at` with its zone."""

    name: str
    is_folder: bool
    size_bytes: int
    modified_at: datetime


class HdfsStore:
    """Files in HDFS, by absolute path; safe to share between threads."""

    def __init__(self, settings: HdfsConnection, *, retry_for_s: float = RETRY_FOR_S) -> None:
        """Connect lazily: nothing is sent before the first call.

        Args:
            settings: address (`hdfs_url`) and user.
            retry_for_s: how long one call is tried again before it fails.
        """
        self._url = settings.hdfs_url
        self._user = settings.hdfs_user
        self._retry_for_s = retry_for_s
        self._session = requests.Session()
        # A proxy of the machine has no business between us and our own HDFS.
        self._session.trust_env = False
        timeout = (_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S)
        self._client = InsecureClient(
            self._url, user=self._user, session=self._session, timeout=timeout
        )

    def write(self, path: str, content: bytes | Path) -> None:
        """Put a file in place, whole or not at all; replaces what was there.

        Args:
            path: absolute path in HDFS; folders above are made.
            content: the bytes, or a local file to send.

        Raises:
            StoreError: HDFS did not take it within the retry time.
        """
        self._attempt(f"write {path}", lambda: self._write_once(path, content))

    def read(self, path: str) -> bytes:
        """The whole file.

        Raises:
            StoreError: there is no such file, or HDFS did not answer.
        """
        return self._attempt(f"read {path}", lambda: self._read_once(path))

    def read_if_exists(self, path: str, *, offset: int = 0, length: int | None = None) -> bytes | None:
        """The file, or None where there is none.

        Args:
            path: absolute path in HDFS.
            offset: from which byte on.
            length: so many bytes; default: to its end.

        Raises:
            StoreError: HDFS did not answer.
        """
        return self._attempt(
            f"read {path}", lambda: _unless_missing(lambda: self._read_once(path, offset, length))
        )

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder of this name."""
        status = self._attempt(
            f"look for {path}", lambda: _unless_missing(lambda: self._client.status(path))
        )
        return status is not None

    def list(self, folder: str) -> list[str]:
        """Names (not paths) in a folder, sorted, without files being written; [] if there is none."""
        names = self._attempt(
            f"list {folder}", lambda: _unless_missing(lambda: self._client.list(folder))
        )
        return sorted(str(name) for name in names or () if not name.startswith((".", "_")))

    def entries(self, folder: str) -> Sequence[HdfsEntry]:
        """All that is in a folder, hidden files being written among them; [] if there is none.

        Raises:
            StoreError: HDFS did not answer.
        """
        found = self._attempt(
            f"list {folder}",
            lambda: _unless_missing(lambda: self._client.list(folder, status=True)),
        )
        return [
            HdfsEntry(
                str(name),
                status["type"] == "DIRECTORY",
                int(status["length"]),
                datetime.fromtimestamp(status["modificationTime"] / 1000, UTC),
            )
            for name, status in found or ()
        ]

    def used_bytes(self, path: str = "/") -> int:
        """Bytes of all files below a path, times their replicas.

        Raises:
            StoreError: HDFS did not answer.
        """
        found = self._attempt(f"measure {path}", lambda: self._client.content(path))
        return int(found["spaceConsumed"])

    def delete(self, path: str) -> bool:
        """Delete a file, or a folder with all in it; False if there was none."""
        return bool(self._attempt(f"delete {path}", lambda: self._client.delete(path, recursive=True)))

    def _read_once(self, path: str, offset: int = 0, length: int | None = None) -> bytes:
        with self._client.read(path, offset=offset, length=length) as response:
            return bytes(response.read())

    def _write_once(self, path: str, content: bytes | Path) -> None:
        folder, name = posixpath.split(path)
        temporary = f"{folder}/.{name}.{uuid.uuid4().hex[:12]}"
        try:
            if isinstance(content, Path):
                with content.open("rb") as file:
                    self._client.write(temporary, data=file)
            else:
                self._client.write(temporary, data=content)
            # Unlike the plain rename this one replaces, in one step of the NameNode.
            self._client._rename(temporary, destination=path, renameoptions="OVERWRITE")
        except BaseException:
            self._forget(temporary)
            raise

    def _forget(self, temporary: str) -> None:
        try:
            self._client.delete(temporary)
        except (HdfsError, *_BROKEN):
            return  # hidden, and gone with the next clean-up

    def _attempt(self, what: str, call: Callable[[], T]) -> T:
        try:
            for attempt in stamina.retry_context(
                on=_may_pass, attempts=None, timeout=self._retry_for_s, wait_initial=0.2, wait_max=5.0
            ):
                with attempt:
                    result = call()
        except HdfsError as error:
            raise StoreError(f"HDFS at {self._url} refused to {what}: {_first_line(error)}") from error
        except _BROKEN as error:
            raise StoreError(
                f"HDFS at {self._url} could not {what} within {self._retry_for_s:.0f} s: "
                f"{_first_line(error)}. Is it running? See `./isotherm status` and "
                "`./isotherm logs hdfs-namenode`."
            ) from error
        return result


def _may_pass(error: Exception) -> bool:
    if isinstance(error, HdfsError):
        return error.exception in _PASSING or any(one in str(error) for one in _NO_DATANODE)
    return isinstance(error, _BROKEN)


def _unless_missing(call: Callable[[], T]) -> T | None:
    """What the call gives; None where there is no such file or folder."""
    try:
        return call()
    except HdfsError as error:
        if error.exception == _NOT_FOUND:
            return None
        raise


def _first_line(error: Any) -> str:  # noqa: ANN401 - HdfsError has no types
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
