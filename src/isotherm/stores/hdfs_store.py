"""HDFS over WebHDFS: whole files only, with retries.

A file is written under a hidden temporary name and renamed, so a reader sees the old one or the new one
and never a part. A DataNode that has just died shows as a refused connection, not as an HDFS error;
the NameNode goes on naming it for a while, so every call is tried again.
"""

import posixpath
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import requests
import stamina
from hdfs import HdfsError, InsecureClient

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
_NO_DATANODE: Final = "could only be written to 0 of"

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


class HdfsStore:
    """Files in HDFS, by absolute path; safe to share between threads."""

    def __init__(self, settings: HdfsConnection, *, retry_for_s: float = 60.0) -> None:
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

        def read_once() -> bytes:
            with self._client.read(path) as response:
                return bytes(response.read())

        return self._attempt(f"read {path}", read_once)

    def read_if_exists(self, path: str) -> bytes | None:
        """The whole file, or None where there is none.

        Raises:
            StoreError: HDFS did not answer.
        """

        def read_once() -> bytes | None:
            try:
                with self._client.read(path) as response:
                    return bytes(response.read())
            except HdfsError as error:
                if error.exception == "FileNotFoundException":
                    return None
                raise

        return self._attempt(f"read {path}", read_once)

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder of this name."""
        found = self._attempt(
            f"look for {path}", lambda: self._client.status(path, strict=False) is not None
        )
        return bool(found)

    def list(self, folder: str) -> list[str]:
        """Names (not paths) in a folder, sorted, without files being written; [] if there is none."""

        def list_once() -> list[str]:
            try:
                return [str(name) for name in self._client.list(folder)]
            except HdfsError as error:
                if error.exception == "FileNotFoundException":
                    return []
                raise

        names = self._attempt(f"list {folder}", list_once)
        return sorted(name for name in names if not name.startswith((".", "_")))

    def delete(self, path: str) -> bool:
        """Delete a file, or a folder with all in it; False if there was none."""
        return bool(self._attempt(f"delete {path}", lambda: self._client.delete(path, recursive=True)))

    def default_replication(self) -> int:
        """Copies of each block the servers keep unless told: Spark, a client, must be told."""

        def ask() -> int:
            response = self._session.get(
                f"{self._url}/webhdfs/v1/",
                params={"op": "GETSERVERDEFAULTS", "user.name": self._user},
                timeout=(_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S),
            )
            response.raise_for_status()
            return int(response.json()["FsServerDefaults"]["replication"])

        return self._attempt("ask for the server defaults", ask)

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
        except (HdfsError, requests.RequestException):
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
        except requests.RequestException as error:
            raise StoreError(
                f"HDFS at {self._url} could not {what} within {self._retry_for_s:.0f} s: "
                f"{_first_line(error)}. Is it running? See `./isotherm status` and "
                "`./isotherm logs hdfs-namenode`."
            ) from error
        return result


def _may_pass(error: Exception) -> bool:
    if isinstance(error, HdfsError):
        return error.exception in _PASSING or _NO_DATANODE in str(error)
    return isinstance(error, requests.RequestException)


def _first_line(error: Any) -> str:  # noqa: ANN401 - HdfsError has no types
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
