"""The whole product, started as a user starts it, in a folder and on ports of its own."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine

from isotherm.errors import LockedError
from isotherm.files import hold_lock
from isotherm.local.checks import outgoing_ports
from isotherm.local.environment import instance_name
from isotherm.local.processes import instance_processes
from isotherm.local.secret_files import airflow_logins
from isotherm.local.servers import all_servers
from isotherm.settings import REPOSITORY_ROOT, Settings, load_settings
from isotherm.stores.mysql import create_engine

COMMAND = REPOSITORY_ROOT / "isotherm"
UP_TIMEOUT_S = 1500


@dataclass(frozen=True)
class Finished:
    """One `./isotherm` command that has ended."""

    arguments: tuple[str, ...]
    status: int
    output: str


class RunningProduct:
    """One state folder with its servers; `run` is the command line, the rest reads from it."""

    def __init__(self, state_dir: Path, port_base: int, archive: str, *, cluster: bool = False) -> None:
        self.cluster = cluster
        self.state_dir = state_dir
        self.port_base = port_base
        self.archive = archive
        self.first_up: Finished | None = None
        self.left_by_first_up: list[str] = []
        # Of now: commands also run while a test has changed it.
        self._environment = dict(os.environ)

    @property
    def environment(self) -> dict[str, str]:
        """What points the command line at this state folder."""
        return {
            **self._environment,
            "ISOTHERM_STATE_DIR": str(self.state_dir),
            "ISOTHERM_PORT_BASE": str(self.port_base),
            "ISOTHERM_ARCHIVE": self.archive,
            **({"ISOTHERM_CLUSTER": "true"} if self.cluster else {}),
            "COLUMNS": "140",
        }

    @property
    def second_shell(self) -> dict[str, str]:
        """A shell that knows the state folder, and nothing else of what was started in it."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("ISOTHERM_")}
        tools = str(load_settings().tools_dir)  # where the tests' own are
        return {
            **plain,
            "ISOTHERM_STATE_DIR": str(self.state_dir),
            "ISOTHERM_TOOLS_DIR": tools,
            "COLUMNS": "140",
        }

    def run(
        self,
        *arguments: str,
        timeout_s: float = UP_TIMEOUT_S,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> Finished:
        """Run one command to its end, output and errors together.

        Args:
            arguments: of the command line.
            timeout_s: kill it after so long.
            environment: all of it; by default that of the shell which started the product.
            prefix: a program that starts the command, as another user for instance.
        """
        # A file and not a pipe: servers that outlive the command must not hold the test back.
        with tempfile.TemporaryFile() as output:
            ended = subprocess.run(
                [*prefix, str(COMMAND), *arguments],
                env=dict(environment or self.environment),
                cwd=REPOSITORY_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout_s,
                check=False,
            )
            output.seek(0)
            return Finished(arguments, ended.returncode, output.read().decode(errors="replace"))

    def status(self) -> dict[str, object]:
        """`status --json`."""
        document: dict[str, object] = json.loads(self.run("status", "--json", timeout_s=60).output)
        return document

    @cached_property
    def settings(self) -> Settings:
        """The settings its processes have; made after set-up, since they hold its secrets."""
        return Settings(
            state_dir=self.state_dir,
            port_base=self.port_base,
            archive=self.archive,
            cluster=self.cluster,
            _secrets_dir=self.state_dir / "secrets",
        )

    @cached_property
    def engine(self) -> Engine:
        """Its MySQL."""
        return create_engine(self.settings, local_files=True)

    @property
    def api_url(self) -> str:
        """Address of the API and the standalone dashboard."""
        return self.settings.api_url

    @property
    def airflow_url(self) -> str:
        """Address of the Airflow UI."""
        return self.settings.airflow_url

    @property
    def airflow_login(self) -> tuple[str, str]:
        """Name and password of Airflow's admin."""
        return "admin", airflow_logins(self.settings)["admin"]

    def stop(self) -> None:
        """Stop every server; a command that still runs, as `up` does, ends first."""
        for child in psutil.Process().children():
            with suppress(psutil.Error):
                if child.environ().get("ISOTHERM_STATE_DIR") == str(self.state_dir):
                    child.terminate()
                    child.wait(60)
        self.run("down", timeout_s=180)

    def dispose(self) -> None:
        """Stop every server and delete the state folder."""
        self.stop()
        shutil.rmtree(self.state_dir, ignore_errors=True)


def left_behind(settings: Settings) -> list[str]:
    """What still lives, listens or lies about of servers that were stopped."""
    ports = [port for server in all_servers(settings) for port in server.ports]
    run = settings.state_dir / "run"
    return [
        *_commands(instance_processes(instance_name(settings))),
        *(f"port {port}" for port in ports if _answers(port)),
        *(str(path) for path in (run.iterdir() if run.exists() else ()) if not _is_unheld_lock(path)),
        *map(str, [settings.runtime_dir] if settings.runtime_dir.exists() else []),
    ]


def _commands(processes: Iterable[psutil.Process]) -> Iterator[str]:
    for one in processes:
        with suppress(psutil.NoSuchProcess):  # it has ended since
            yield " ".join(one.cmdline())


def _is_unheld_lock(path: Path) -> bool:
    """A feed's lock stays for the next run of the feed; what counts is that nobody holds it."""
    if path.suffix != ".lock":
        return False
    with suppress(LockedError), hold_lock(path):
        return True
    return False


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def as_nobody(*, through_shell: bool = False) -> tuple[str, ...]:
    """What starts a command as nobody; the test is skipped where our Python is closed to that user.

    Args:
        through_shell: the command is a script that starts Python. Some kernels let only the first
            program after root pass a folder of root's.
    """
    group = pwd.getpwnam("nobody").pw_gid
    prefix = ("setpriv", "--reuid=nobody", f"--regid={group}", "--clear-groups")
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root may run a command as another user, with setpriv")
    python = (
        ["sh", "-c", '"$0" -c ""; exit $?', sys.executable]
        if through_shell
        else [sys.executable, "-c", ""]
    )
    probe = [*prefix, *python]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip(f"{sys.executable} is closed to other users")
    return prefix


# A name per block of ports, held until this process ends: between the look and the server's start no
# other test takes it, whichever process it is in.
_claims: list[socket.socket] = []


def free_port_base(first: int = 31000) -> int:
    """A port base whose ports nobody has or is given, so that tests run beside a running product.

    None that an outgoing connection may have: whoever connects anywhere would take a server's port
    between the look and its start.
    """
    outgoing = outgoing_ports()
    for base in (*range(first, 65000, 100), *range(10000, first, 100)):
        ports = range(base, base + 100)
        if any(port in outgoing for port in ports):
            continue
        if all(_is_free(port) for port in ports) and _claim(base):
            return base
    raise RuntimeError("no free block of ports")


def _claim(base: int) -> bool:
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0isotherm-test-ports-{base}")
    except OSError:
        name.close()
        return False
    _claims.append(name)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
