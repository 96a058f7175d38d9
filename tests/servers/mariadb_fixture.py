"""A real MariaDB of one's own for tests that kill it: free port, a folder that goes away.

Where ISOTHERM_TEST_MYSQLD names Oracle's server, it is that one instead.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine

from isotherm.local.secret_files import make_secrets, read_secret
from isotherm.local.server import Server
from isotherm.local.servers.mysql import mysql_server
from isotherm.settings import PortOffset, Settings, load_settings
from isotherm.stores.migrate import migrate
from isotherm.stores.mysql import create_engine
from servers.kafka_fixture import free_port
from servers.oracle_mysql import MYSQLD_VARIABLE, oracle_mysql


@cache
def _installed() -> Path:
    """Where a data folder with the system tables is kept for all servers of this process."""
    folder = Path(tempfile.mkdtemp(prefix="isotherm-db-installed-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / "data"


def quick_mysql(settings: Settings) -> Server:
    """The product's MySQL for a test: installed once, and not made to wait for the disk.

    What is killed is the server and not the machine: all it has written is there when it starts again.
    """
    server = mysql_server(settings)
    data = settings.state_dir / "mysql" / "data"

    def prepare() -> None:
        if _installed().is_dir() and not data.exists():
            shutil.copytree(_installed(), data)
        is_new = not data.exists()
        server.prepare()
        if is_new:
            shutil.copytree(data, _installed())

    return replace(server, command=lambda: [*server.command(), "--debug-no-sync"], prepare=prepare)


class Database:
    """One server in its own process, with our tables.

    `waits_for_disk`: as the product's, which a test has no use for and a measurement needs.
    """

    def __init__(self, *, waits_for_disk: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="isotherm-db-"))
        port_base = free_port() - PortOffset.MYSQL
        tools_dir = load_settings().tools_dir
        first = Settings(state_dir=self.folder, tools_dir=tools_dir, port_base=port_base)
        make_secrets(first)
        password = read_secret(first, "isotherm_mysql_password")
        self.settings = first.model_copy(
            update={"mysql_password": type(first.mysql_password)(password)}
        )
        program = os.environ.get(MYSQLD_VARIABLE)
        ours = mysql_server if waits_for_disk else quick_mysql
        self._server = oracle_mysql(self.settings, program) if program else ours(self.settings)
        self._server.prepare()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return once our user can log in."""
        log = (self.folder / "server.log").open("ab")
        self._process = subprocess.Popen(self._server.command(), stdout=log, stderr=log)
        deadline = time.monotonic() + 180
        while not self._server.is_ready(0):
            goes_on = time.monotonic() < deadline and self._process.poll() is None
            assert goes_on, (self.folder / "server.log").read_text()[-2000:]
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        """Of the server that runs now."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def engine(self) -> Engine:
        """A new engine on it; it may load files."""
        return create_engine(self.settings, local_files=True)

    def dispose(self) -> None:
        """End it and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.settings.runtime_dir, ignore_errors=True)


@contextmanager
def migrated_database() -> Iterator[Database]:
    """A database of one's own, for what is told of all its stations."""
    server = Database()
    try:
        server.start()
        migrate(server.engine())
        yield server
    finally:
        server.dispose()


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A migrated database shared by the tests of a session: each test uses stations of its own."""
    with migrated_database() as server:
        yield server
