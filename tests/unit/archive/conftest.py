"""A served folder, an archive that reads it, and a way to put files there."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from scripted_server import ScriptedServer, serve

# Hasty between its attempts, and patient in each: a busy machine is no fault of an archive.
IMPATIENT = RetryPolicy(
    attempts=3, first_pause_s=0.01, longest_pause_s=0.02, connect_timeout_s=20, read_timeout_s=20
)
PATH = "/data/global-hourly/access/2014/72530094846.csv"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ScriptedServer]:
    folder = tmp_path / "served"
    for year in (2013, 2014):
        (folder / f"data/global-hourly/access/{year}").mkdir(parents=True)
    with serve(folder) as running:
        yield running


@pytest.fixture
def archive(server: ScriptedServer) -> Iterator[HttpArchive]:
    opened = HttpArchive(server.url, IMPATIENT)
    yield opened
    opened.close()


@pytest.fixture
def hasty(server: ScriptedServer) -> Iterator[HttpArchive]:
    """For an answer that is not to come in time."""
    opened = HttpArchive(server.url, replace(IMPATIENT, read_timeout_s=0.5))
    yield opened
    opened.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "72530094846.csv.gz"


@pytest.fixture
def publish(tmp_path: Path) -> Callable[..., Path]:
    def write(content: bytes, path: str = PATH) -> Path:
        file = tmp_path / "served" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    return write
