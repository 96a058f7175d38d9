"""Oracle's MySQL in the place of MariaDB, for the tests that have a database of their own."""

import os
import subprocess
from dataclasses import replace
from typing import Final

from isotherm.files import PRIVATE_FILE, make_private_folder, write_whole
from isotherm.local.folders import make_runtime_dir
from isotherm.local.server import Server
from isotherm.local.servers.mysql import accounts_sql, mysql_server
from isotherm.settings import LOOPBACK, PortOffset, Settings

# Names a mysqld to use; nothing of ours installs one.
MYSQLD_VARIABLE: Final = "ISOTHERM_TEST_MYSQLD"
# MariaDB's own table of accounts.
_NOT_MYSQL: Final = "mysql.global_priv"


def oracle_mysql(settings: Settings, program: str) -> Server:
    """The server of `mysql_server`, with another program and that program's names of options.

    Args:
        settings: as for MariaDB.
        program: a mysqld, 8.4 or newer.
    """
    folder = settings.state_dir / "mysql"
    command = [
        program, "--no-defaults", f"--datadir={folder / 'data'}", f"--tmpdir={folder / 'tmp'}",
        f"--socket={settings.runtime_dir / 'mysql.sock'}", f"--pid-file={folder / 'mysql.pid'}",
        f"--port={settings.port(PortOffset.MYSQL)}", f"--bind-address={LOOPBACK}", "--mysqlx=OFF",
        "--innodb-buffer-pool-size=64M", "--innodb-redo-log-capacity=64M", "--local-infile=1",
        "--performance-schema=OFF", "--skip-name-resolve", "--skip-log-bin", "--secure-file-priv=NULL",
        # Killed is the server, not the machine.
        "--innodb-flush-log-at-trx-commit=2", "--innodb-doublewrite=OFF",
        "--character-set-server=utf8mb4", "--default-time-zone=+00:00", "--max-allowed-packet=64M",
        "--max-connections=60", "--explain-format=TRADITIONAL",
        *(["--user=root"] if os.geteuid() == 0 else []),
    ]  # fmt: skip

    def prepare() -> None:
        make_runtime_dir(settings)
        make_private_folder(folder)
        make_private_folder(folder / "tmp")
        lines = accounts_sql(settings).splitlines(keepends=True)
        accounts = "".join(one for one in lines if _NOT_MYSQL not in one)
        write_whole(folder / "accounts.sql", accounts, mode=PRIVATE_FILE)
        if not (folder / "data" / "mysql").is_dir():
            log = folder / "initialize.log"
            with log.open("wb") as file:
                done = subprocess.run(
                    [*command, "--initialize-insecure"], stdout=file, stderr=file, check=False
                )
            assert done.returncode == 0, log.read_text(errors="replace")

    return replace(
        mysql_server(settings),
        command=lambda: [*command, f"--init-file={folder / 'accounts.sql'}"],
        prepare=prepare,
    )
