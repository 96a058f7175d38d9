"""A real HDFS and MySQL of one's own for tests: free ports, a folder that goes away."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from isotherm.local.folders import clear_runtime_dir
from isotherm.local.processes import start_in_group
from isotherm.local.secret_files import make_secrets
from isotherm.local.server import Server
from isotherm.local.servers.hdfs import hdfs_servers
from isotherm.local.servers.mysql import mysql_server
from isotherm.settings import Settings
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.migrate import migrate
from isotherm.stores.mysql import create_engine
from running_product import free_port_base
from servers.mariadb_fixture import quick_mysql

READY_WITHIN_S = 120
_OF_MYSQL = ("information_schema", "mysql", "performance_schema", "sys")


class Hdfs:
    """A NameNode, a DataNode and, where asked for, MySQL, as the product starts them.

    `waits_for_disk`: MySQL does as the product's, which a test has no use for and a measurement needs.
    """

    def __init__(self, port_base: int | None = None, *, waits_for_disk: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="isotherm-hdfs-"))
        port_base = port_base or free_port_base()
        make_secrets(Settings(state_dir=self.folder, archive="simulated"))
        self.settings = Settings(
            state_dir=self.folder,
            port_base=port_base,
            archive="simulated",
            _secrets_dir=self.folder / "secrets",
        )
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._own: set[Path] = set()
        self.namenode, self.datanode = hdfs_servers(self.settings)
        self.mysql = (mysql_server if waits_for_disk else quick_mysql)(self.settings)

    def start(self, server: Server) -> None:
        """Start one of the two and return once it answers."""
        server.prepare()
        log_file = self.settings.logs_dir / f"{server.name}.log"
        process = start_in_group(server.command(), server.environment(), log_file, self.folder)
        self._processes[server.name] = process
        started_at, deadline = time.time(), time.monotonic() + READY_WITHIN_S
        while not server.is_ready(started_at):
            assert process.poll() is None, log_file.read_text()[-2000:]
            assert time.monotonic() < deadline, log_file.read_text()[-2000:]
            time.sleep(0.2)
        server.after_ready()
        self._own = set(self.folder.iterdir())

    def kill(self, server: Server) -> None:
        """kill -9, as a power cut would."""
        process = self._processes.pop(server.name)
        process.kill()
        process.wait()

    def processes(self) -> list[psutil.Process]:
        """The servers' processes and all below them."""
        heads = [psutil.Process(one.pid) for one in self._processes.values()]
        return [one for head in heads for one in (head, *head.children(recursive=True))]

    def make_new(self) -> None:
        """Leave in the stores what a first start makes, and in the folder what is the servers' own."""
        store = HdfsStore(self.settings)
        for name in store.list("/"):
            store.delete(f"/{name}")
        self.datanode.after_ready()
        engine = create_engine(self.settings)
        with engine.connect() as connection:
            for name in connection.scalars(sa.text("SHOW DATABASES")).all():
                if name not in _OF_MYSQL:
                    connection.execute(sa.text(f"DROP DATABASE `{name}`"))
            ours = self.settings.mysql_database
            connection.execute(sa.text(f"CREATE DATABASE {ours} CHARACTER SET utf8mb4"))
        engine.dispose()
        migrate(engine)
        engine.dispose()
        for path in set(self.folder.iterdir()) - self._own:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def dispose(self) -> None:
        """End all of them and remove the folder."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        clear_runtime_dir(self.settings)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def hdfs() -> Iterator[Hdfs]:
    """An HDFS shared by the tests of a session: each test uses folders of its own."""
    servers = Hdfs()
    try:
        servers.start(servers.namenode)
        servers.start(servers.datanode)
        yield servers
    finally:
        servers.dispose()


@pytest.fixture(scope="session")
def hdfs_and_mysql(hdfs: Hdfs) -> Hdfs:
    """MySQL beside it."""
    hdfs.start(hdfs.mysql)
    return hdfs


@pytest.fixture(scope="module")
def servers(hdfs_and_mysql: Hdfs) -> Hdfs:
    """HDFS and a migrated MySQL, as new for each file of tests: started once in a session."""
    hdfs_and_mysql.make_new()
    return hdfs_and_mysql
