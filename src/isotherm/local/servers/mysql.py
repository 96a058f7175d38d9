"""MySQL: a MariaDB server with our database, user and tables.

Its accounts are set by an init file of mode 600 at every start, so that root has a password from the
first second, and the passwords always are those in the secrets folder.
"""

import os
import shutil
from pathlib import Path

from isotherm.files import PRIVATE_FILE, make_private_folder, write_whole
from isotherm.lane import RECONCILE
from isotherm.local.environment import base_environment
from isotherm.local.folders import make_runtime_dir
from isotherm.local.secret_files import MYSQL_PASSWORD, read_secret
from isotherm.local.server import Server
from isotherm.local.servers.probes import PATIENT_TIMEOUT_S, PROBE_TIMEOUT_S
from isotherm.local.servers.programs import run_once
from isotherm.local.tools import Tools
from isotherm.settings import LOOPBACK, PortOffset, Settings

BUFFER_POOL = "64M"
# No login of root by its account of the machine: it gets a password.
SYSTEM_DATABASE = "create database if not exists mysql;\nuse mysql;\nset @auth_root_socket=NULL;\n"
SYSTEM_SCRIPTS = (
    "mariadb_system_tables", "mariadb_performance_tables", "mariadb_system_tables_data",
    "fill_help_tables", "maria_add_gis_sp_bootstrap", "mariadb_sys_schema",
)  # fmt: skip
# Of the client: cannot connect, server has gone, connection lost; pymysql's own is 0.
NO_ANSWER = (0, 2002, 2003, 2006, 2013)


def mysql_server(settings: Settings) -> Server:
    """The database of the summaries."""
    tools = Tools.of(settings)
    folder = settings.state_dir / "mysql"
    environment = base_environment(settings)
    log_file = settings.logs_dir / "mysql.log"

    def prepare() -> None:
        make_runtime_dir(settings)
        make_private_folder(folder)
        make_private_folder(folder / "tmp")
        write_whole(folder / "accounts.sql", accounts_sql(settings), mode=PRIVATE_FILE)
        if not (folder / "data" / "mysql").is_dir():
            _install(tools, folder, environment, log_file)

    return Server(
        name="mysql",
        command=lambda: server_command(settings, tools, folder),
        environment=lambda: environment,
        needs=("mariadb",),
        ports=(settings.port(PortOffset.MYSQL),),
        folder=settings.state_dir,
        prepare=prepare,
        is_ready=lambda _started_at: accepts_login(settings),
        answers=lambda: answers_clients(settings),
        after_ready=lambda: migrate(settings),
        stop_within_s=30,
    )


def _install(tools: Tools, folder: Path, environment: dict[str, str], log_file: Path) -> None:
    """Create the system tables beside, then move them in place: an interruption leaves no half."""
    building = folder / "data-building"
    shutil.rmtree(building, ignore_errors=True)
    make_private_folder(building)
    # What `mariadb-install-db` does, which takes no folder with a blank in its name.
    command = [
        str(tools.mariadb / "bin" / "mariadbd"), "--no-defaults", "--bootstrap",
        f"--basedir={tools.mariadb}", f"--datadir={building}", "--log-warnings=0",
        f"--tmpdir={folder / 'tmp'}",
        "--enforce-storage-engine=", "--max-allowed-packet=8M", "--net-buffer-length=16K", *_as_root(),
    ]  # fmt: skip
    share = tools.mariadb / "share"
    script = "".join(
        [SYSTEM_DATABASE, *((share / f"{name}.sql").read_text() for name in SYSTEM_SCRIPTS)]
    )
    run_once("Creating MySQL's system tables", command, environment, log_file, script=script.encode())
    shutil.rmtree(folder / "data", ignore_errors=True)
    building.replace(folder / "data")


def _as_root() -> list[str]:
    """MariaDB runs as root only when told to."""
    return ["--user=root"] if os.geteuid() == 0 else []


def server_command(settings: Settings, tools: Tools, folder: Path) -> list[str]:
    """The server's command line; everything is stated, no option file is read."""
    return [
        str(tools.mariadb / "bin" / "mariadbd"), "--no-defaults",
        f"--basedir={tools.mariadb}", f"--datadir={folder / 'data'}",
        # A starting server deletes what lies there by its names, another server's too.
        f"--tmpdir={folder / 'tmp'}",
        f"--socket={settings.runtime_dir / 'mysql.sock'}",
        f"--pid-file={folder / 'mysql.pid'}",
        f"--port={settings.port(PortOffset.MYSQL)}", f"--bind-address={LOOPBACK}",
        f"--init-file={folder / 'accounts.sql'}",
        f"--innodb-buffer-pool-size={BUFFER_POOL}", "--innodb-log-file-size=32M",
        # Else each start makes a certificate: 3 to 50 s, for a connection that leaves no machine.
        "--skip-ssl", "--performance-schema=OFF", "--skip-name-resolve", "--skip-log-bin",
        "--character-set-server=utf8mb4", "--default-time-zone=+00:00",
        "--max-allowed-packet=64M", "--max-connections=60", *_as_root(),
    ]  # fmt: skip


def accounts_sql(settings: Settings) -> str:
    """The accounts and the database, one statement a line; bears repetition."""
    user, database = settings.mysql_user, settings.mysql_database
    scratch = settings.in_lane(RECONCILE).mysql_database.replace("_", r"\_")
    root_password = read_secret(settings, "mysql_root_password")
    password = read_secret(settings, MYSQL_PASSWORD)
    lines = [
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{root_password}';",
        "DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');",
        f"CREATE DATABASE IF NOT EXISTS `{database}` CHARACTER SET utf8mb4;",
    ]
    for host in ("localhost", LOOPBACK):
        lines += [
            f"CREATE USER IF NOT EXISTS '{user}'@'{host}';",
            f"ALTER USER '{user}'@'{host}' IDENTIFIED BY '{password}';",
            f"GRANT ALL ON `{database}`.* TO '{user}'@'{host}';",
            # Made and dropped by whoever works in it; a bare underscore stands for any letter.
            f"GRANT ALL ON `{scratch}`.* TO '{user}'@'{host}';",
        ]
    return "\n".join([*lines, "FLUSH PRIVILEGES;", ""])


def migrate(settings: Settings) -> None:
    """Create or change our tables."""
    command = [str(Tools.of(settings).python), "-m", "isotherm.stores.migrate"]
    log_file = settings.logs_dir / "mysql.log"
    run_once("Migrating MySQL", command, base_environment(settings), log_file)


def accepts_login(settings: Settings) -> bool:
    """Whether our user can run a query."""
    return _refusal(settings, PROBE_TIMEOUT_S) is None


def answers_clients(settings: Settings) -> bool:
    """Whether the server says anything, be it that it has too many clients."""
    return _refusal(settings, PATIENT_TIMEOUT_S) not in NO_ANSWER


def _refusal(settings: Settings, timeout_s: float) -> int | None:
    """The number of the error a client meets; None if it can run a query."""
    import pymysql

    try:
        connection = pymysql.connect(
            host=settings.mysql_host,
            port=settings.mysql_port,
            user=settings.mysql_user,
            password=read_secret(settings, MYSQL_PASSWORD),
            database=settings.mysql_database,
            connect_timeout=timeout_s,
            read_timeout=timeout_s,
        )
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except pymysql.MySQLError as error:
        return int(error.args[0]) if error.args and isinstance(error.args[0], int) else 0
    return None
