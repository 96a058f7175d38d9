"""The jars of Kafka, HDFS, Spark's connector and MariaDB: by coordinates, checked by hash.

The Ivy inside pyspark fetches them, so neither Maven nor the address of a repository is needed here.
Nothing is resolved: `jars.lock` names every jar with its SHA-256, poms are not read, and a jar whose
hash differs never reaches the tools folder. Ivy is serial, so several run side by side.
"""

import hashlib
import math
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from xml.sax.saxutils import quoteattr

from isotherm.certificates import hint
from isotherm.errors import SetupError

LOCK_FILE = Path(__file__).with_name("jars.lock")
JARS_PER_FETCH = 40
MAX_FETCHES = 6
FETCH_TIMEOUT_S = 420
RETRY_PAUSES_S = (2.0, 8.0)
# Over all sets together: more Java programs than that slow each other down on two cores.
_ivy_at_once = BoundedSemaphore(MAX_FETCHES)

# An ibiblio resolver without a root uses Ivy's own default repository: no host is named here. Our
# SHA-256 replaces the repository's SHA-1, which spares one request a jar.
IVY_SETTINGS = """<ivysettings>
  <settings defaultResolver="central"/>
  <resolvers><ibiblio name="central" m2compatible="true" usepoms="false" checksums=""/></resolvers>
</ivysettings>
"""


class JarsAbsentError(SetupError):
    """Jars did not arrive; asking again may help."""


@dataclass(frozen=True)
class Jar:
    """One pinned jar: its set (the folder it goes to), coordinates and hash."""

    jar_set: str
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of the jar in its folder, as Maven names it."""
        return f"{self.artifact}-{self.version}.jar"


def read_lock(lock_file: Path = LOCK_FILE) -> list[Jar]:
    """Read `jars.lock`: lines of `set group:artifact:version sha256`, `#` starts a comment."""
    jars = []
    for line in lock_file.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        jar_set, coordinates, sha256 = line.split()
        group, artifact, version = coordinates.split(":")
        jars.append(Jar(jar_set, group, artifact, version, sha256))
    return jars


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch_jars(
    jars: Sequence[Jar],
    folder: Path,
    ivy: Sequence[str],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Bring one folder to exactly these jars; jars already there with the right hash are kept.

    Args:
        jars: the pinned jars of one set.
        folder: where they go, each under its `file_name`.
        ivy: the command that starts Ivy.
        on_progress: called with (jars in place, jars wanted).

    Raises:
        SetupError: a jar could not be fetched, or its content is not the pinned one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {jar.file_name for jar in jars}
    for stray in folder.iterdir():
        if stray.name not in wanted and not stray.name.startswith("."):
            stray.unlink()
    missing = [jar for jar in jars if not _is_in_place(jar, folder)]
    on_progress(len(jars) - len(missing), len(jars))
    fetch_count = max(1, math.ceil(len(missing) / JARS_PER_FETCH))
    chunks = [missing[first::fetch_count] for first in range(fetch_count)]
    with ThreadPoolExecutor(fetch_count) as pool:
        fetches = [
            pool.submit(_fetch_chunk, chunk, folder, ivy, number)
            for number, chunk in enumerate(chunks)
            if chunk
        ]
        done = len(jars) - len(missing)
        for fetch in fetches:
            done += fetch.result()
            on_progress(done, len(jars))


def _is_in_place(jar: Jar, folder: Path) -> bool:
    path = folder / jar.file_name
    return path.is_file() and sha256_of(path) == jar.sha256


def _fetch_chunk(chunk: Sequence[Jar], folder: Path, ivy: Sequence[str], number: int) -> int:
    """Fetch some jars with one Ivy, again for those that did not arrive; gives how many came."""
    for pause_s in (*RETRY_PAUSES_S, None):
        missing = [jar for jar in chunk if not _is_in_place(jar, folder)]
        try:
            with _ivy_at_once:
                _fetch_once(missing, folder, ivy, folder / f".fetch-{number}")
            break
        except JarsAbsentError:
            if pause_s is None:
                raise
            time.sleep(pause_s)
    return len(chunk)


def _fetch_once(chunk: Sequence[Jar], folder: Path, ivy: Sequence[str], work: Path) -> None:
    """Run one Ivy in a folder of its own, check what arrived, move it in place."""
    shutil.rmtree(work, ignore_errors=True)
    (work / "jars").mkdir(parents=True)
    (work / "settings.xml").write_text(IVY_SETTINGS)
    (work / "ivy.xml").write_text(ivy_module(chunk))
    command = [
        *ivy,
        "-settings", str(work / "settings.xml"), "-ivy", str(work / "ivy.xml"),
        "-cache", str(work / "cache"), "-types", "jar",
        "-retrieve", str(work / "jars" / "[artifact]-[revision].[ext]"),
    ]  # fmt: skip
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=FETCH_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SetupError(
            f"Fetching {len(chunk)} jars took longer than {FETCH_TIMEOUT_S} s. "
            "Check the network and run the same command again; what arrived is kept."
        ) from error
    _move_checked(chunk, work / "jars", folder, result.stdout)
    shutil.rmtree(work, ignore_errors=True)


def ivy_command(java: Path, ivy_jar: Path, options: Sequence[str]) -> list[str]:
    """The command that starts Ivy, with a Java that is quick to start rather than fast."""
    quick = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    return [str(java), *quick, *options, "-jar", str(ivy_jar)]


def _move_checked(chunk: Sequence[Jar], arrived: Path, folder: Path, ivy_output: str) -> None:
    """Move every jar with the pinned hash in place; then complain about the others."""
    absent, altered = [], []
    for jar in chunk:
        path = arrived / jar.file_name
        if not path.is_file():
            absent.append(jar)
        elif sha256_of(path) != jar.sha256:
            altered.append(jar)
        else:
            path.replace(folder / jar.file_name)
    if altered:
        raise SetupError(
            f"{_names(altered)}: the content that arrived is not the one pinned in {LOCK_FILE.name}. "
            "It was not used. Check what lies between this machine and the repository."
        )
    if absent:
        tail = "\n".join(ivy_output.strip().splitlines()[-8:])
        raise JarsAbsentError(
            f"{_names(absent)}: could not be fetched. Check the network or proxy and run the same "
            f"command again; what arrived is kept. Ivy's last lines:\n{tail}{hint(ivy_output)}"
        )


def _names(jars: Iterable[Jar]) -> str:
    names = [f"{jar.group}:{jar.artifact}:{jar.version}" for jar in jars]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def ivy_module(jars: Iterable[Jar]) -> str:
    """The Ivy file that asks for exactly these jars and nothing behind them."""
    dependencies = "\n".join(
        f"    <dependency org={quoteattr(jar.group)} name={quoteattr(jar.artifact)} "
        f'rev={quoteattr(jar.version)} transitive="false" conf="default"/>'
        for jar in jars
    )
    return (
        '<ivy-module version="2.0">\n  <info organisation="isotherm" module="servers"/>\n'
        f'  <configurations><conf name="default"/></configurations>\n'
        f"  <dependencies>\n{dependencies}\n  </dependencies>\n</ivy-module>\n"
    )
