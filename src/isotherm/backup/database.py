"""MySQL to a file and back, by MariaDB's own programs, and the checksum of what stands in each table.

The checksum is of the rows as the dump tells them, so it is of the very snapshot that was written, and
a restored database has the same one exactly if it would be dumped the same.
"""

import gzip
import hashlib
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, cast

import sqlalchemy as sa

from isotherm.backup.client_options import client_options
from isotherm.backup.manifest import Report, TableSum
from isotherm.errors import BackupError, StoreError
from isotherm.files import PRIVATE_FILE
from isotherm.local.environment import base_environment
from isotherm.local.tools import Tools
from isotherm.settings import Settings
from isotherm.stores.mysql import create_engine

# Kafka is not in a back-up: its offsets would be of messages that are there no more.
WITHOUT_ROWS: Final = ("sink_offset",)
GIVE: Final = "give a back-up of itself"
TAKE: Final = "take the back-up"
# Of gzip: a third of the time of the default, a tenth more bytes.
_LEVEL: Final = 1
_CHUNK: Final = 1024 * 1024
_INSERT: Final = re.compile(rb"INSERT INTO `(\w+)` VALUES")
_END: Final = b"-- Dump completed"


def dump_database(settings: Settings, path: Path, report: Report) -> dict[str, TableSum]:
    """Write the whole database as of one moment; nobody who writes is kept waiting.

    Args:
        settings: whose MySQL.
        path: the file to write, gzip.
        report: told of each table and how far it is.

    Returns:
        Each table's checksum.

    Raises:
        StoreError: MySQL did not give it, or its tables were changed meanwhile.
    """
    with path.open("xb") as raw:
        path.chmod(PRIVATE_FILE)
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0) as file:
            return _dump(settings, file.write, report)


def sum_tables(settings: Settings, report: Report) -> dict[str, TableSum]:
    """Each table's checksum, as `dump_database` gives it, without writing anything.

    Raises:
        StoreError: MySQL did not answer.
    """
    return _dump(settings, lambda _line: None, report)


def load_database(settings: Settings, path: Path, report: Report) -> None:
    """Run a dump on the database the settings name.

    Raises:
        BackupError: it cannot be unpacked.
        StoreError: MySQL did not take it.
    """
    arguments = ["--batch", f"--database={settings.mysql_database}"]
    what = TAKE
    with _program(settings, "mariadb", arguments, what, stdin=subprocess.PIPE) as process:
        try:
            with gzip.open(path, "rb") as file, cast(IO[bytes], process.stdin) as target:
                _feed(file, target, report)
        except (EOFError, gzip.BadGzipFile) as error:
            raise BackupError(f"{path} cannot be unpacked: {error}. Use another back-up.") from error
        except BrokenPipeError:
            pass  # it has ended, and says why


@contextmanager
def connected(settings: Settings, what: str) -> Iterator[sa.Engine]:
    """An engine on the database; what it refuses is told as an error of ours.

    Raises:
        StoreError: MySQL could not do what it was asked.
    """
    engine = create_engine(settings)
    try:
        yield engine
    except sa.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StoreError(_refusal(what, reason)) from error
    finally:
        engine.dispose()


def _refusal(what: str, reason: str) -> str:
    return f"MySQL could not {what}: {reason}. See `./isotherm logs mysql`, then try again."


def _feed(file: gzip.GzipFile, target: IO[bytes], report: Report) -> None:
    done = 0
    while chunk := file.read(_CHUNK):
        target.write(chunk)
        done += len(chunk)
        report(f"loading MySQL, {done / 1e6:.0f} MB of statements")


def _dump(settings: Settings, write: Callable[[bytes], object], report: Report) -> dict[str, TableSum]:
    arguments = [
        "--single-transaction", "--quick", "--order-by-primary", "--hex-blob", "--skip-dump-date",
        "--skip-add-locks", "--skip-triggers", "--no-tablespaces",
        *(f"--ignore-table-data={settings.mysql_database}.{one}" for one in WITHOUT_ROWS),
        settings.mysql_database,
    ]  # fmt: skip
    what, sums = GIVE, _TableSums(report)
    with _program(settings, "mariadb-dump", arguments, what, stdout=subprocess.PIPE) as process:
        for line in cast(IO[bytes], process.stdout):
            write(line)
            sums.take(line)
    if not sums.is_whole:
        raise StoreError("MySQL's back-up broke off. See `./isotherm logs mysql` and try again.")
    return sums.tables


class _TableSums:
    """Sums the rows of a dump up, which has each row on a line of its own."""

    def __init__(self, report: Report) -> None:
        self.is_whole = False
        self._report = report
        self._counts: dict[str, int] = {}
        self._digests: dict[str, hashlib._Hash] = {}
        self._table = ""

    @property
    def tables(self) -> dict[str, TableSum]:
        """Each table that has a structure, rows or none."""
        return {
            name: TableSum(row_count=self._counts[name], sha256=self._digests[name].hexdigest())
            for name in self._counts
        }

    def take(self, line: bytes) -> None:
        """One line of the dump."""
        # The most frequent first.
        if line.startswith(b"("):
            # Where a statement ends depends on the lengths of all rows before.
            self._digests[self._table].update(line.rstrip(b",;\n"))
            self._counts[self._table] += 1
            if not self._counts[self._table] % 1000:
                self._tell()
        elif line.startswith(b"CREATE TABLE `"):
            name = line.split(b"`")[1].decode()
            self._counts[name], self._digests[name] = 0, hashlib.sha256()
        elif (found := _INSERT.match(line)) is not None:
            self._table = found[1].decode()
            self._tell()
        elif line.startswith(_END):
            self.is_whole = True

    def _tell(self) -> None:
        count = self._counts[self._table]
        self._report(f"reading MySQL, table {len(self._counts)}, {self._table}: {count} rows")


@contextmanager
def _program(
    settings: Settings,
    name: str,
    arguments: Iterable[str],
    what: str,
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> Iterator["subprocess.Popen[bytes]"]:
    """One of MariaDB's client programs, which knows our login; ended at the latest on leaving.

    Raises:
        StoreError: it ended with an error; the message is its last line.
    """
    program = Tools.of(settings).mariadb / "bin" / name
    with client_options(settings) as options, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            # The first argument, or the options are not read.
            [str(program), f"--defaults-file=/dev/fd/{options}", *arguments],
            env=base_environment(settings),
            stdin=stdin,
            stdout=stdout,
            stderr=said,
            pass_fds=(options,),
        )
        try:
            yield process
            process.wait()
        finally:
            process.kill()
            process.communicate()
        if process.returncode != 0:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            reason = lines[-1] if lines else f"status {process.returncode}"
            raise StoreError(_refusal(what, reason))
