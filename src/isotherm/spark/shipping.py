"""What the workers of a cluster are sent, so that nothing of ours has to be installed there.

A worker needs Spark itself and a Python of the same minor version as ours. The code goes as one zip,
the packages it imports in a worker as one archive; both are made from what this process runs with, so
that a driver and its workers cannot be of two versions. Each is kept beside the tools under a name that
says what is in it, and Spark's driver hands it to every executor.
"""

import hashlib
import importlib.metadata
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Final

from isotherm.errors import SettingsError
from isotherm.files import hold_lock
from isotherm.settings import Settings

# What `do_bucket`, the training's tasks and the stream's Arrow steps import, and what those need.
WORKER_PACKAGES: Final = (
    "annotated-types", "certifi", "charset-normalizer", "confluent-kafka", "docopt", "hdfs", "idna",
    "msgspec", "numpy", "polars", "polars-runtime-32", "pyarrow", "pydantic", "pydantic-core",
    "pydantic-settings", "python-dotenv", "requests", "six", "stamina", "structlog", "tenacity",
    "typing-extensions", "typing-inspection", "urllib3",
)  # fmt: skip
# The folders of an executor in which the two are unpacked.
CODE_FOLDER: Final = "isotherm-code"
PACKAGES_FOLDER: Final = "isotherm-packages"
WORKER_PYTHON: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"
_FOLDER: Final = "spark-workers"
_CODE_ENDINGS: Final = (".py", ".csv")
_LEFT_OUT: Final = {"tests", "include", "__pycache__"}
# Of pyarrow, what speaks to servers that we have none of: 50 MB.
_UNUSED: Final = (
    "pyarrow/libarrow_flight.",
    "pyarrow/_flight.",
    "pyarrow/libarrow_s3.",
    "pyarrow/_s3fs.",
)
_OLD_AFTER_S: Final = 30 * 86_400
# Another job may be making the same: a third of a gigabyte on a busy machine.
_MADE_WITHIN_S: Final = 600.0


def shipped_conf(settings: Settings) -> dict[str, str]:
    """Spark's settings that send code and packages to the executors; makes both where they are missing.

    Raises:
        SettingsError: the tools folder cannot be written, or a package is not installed here.
    """
    folder = settings.tools_dir / _FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with hold_lock(folder / ".lock", wait_s=_MADE_WITHIN_S):
            code, packages = _code(folder), _packages(folder)
            _remove_old(folder, {code, packages})
    except OSError as error:
        raise SettingsError(
            f"What Spark's workers need cannot be written to {folder}: {error}. Make it writable, or "
            "install Isotherm on every worker and name its Python in ISOTHERM_SPARK_PYTHON."
        ) from error
    return {
        # No `pyFiles`: the driver, too, would then import our code from the zip, and some of it reads
        # its own source.
        "spark.archives": f"{code}#{CODE_FOLDER},{packages}#{PACKAGES_FOLDER}",
        # Read in the executor's folder, where both are unpacked.
        "spark.executorEnv.PYTHONPATH": f"{CODE_FOLDER}:{PACKAGES_FOLDER}",
    }


def package_files(name: str) -> Iterator[tuple[Path, str]]:
    """The files of an installed package: where each is, and its path from where it is imported.

    Raises:
        SettingsError: it is not installed.
    """
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError as error:
        raise SettingsError(f"{name}, which Spark's workers need, is not installed here.") from error
    for one in found.files or ():
        name_inside = one.as_posix()
        if not {*_LEFT_OUT, ".."} & set(one.parts) and not name_inside.startswith(_UNUSED):
            yield Path(str(found.locate_file(one))), name_inside


def _code(folder: Path) -> Path:
    """Our package as a zip, named by its content."""
    root = Path(str(files("isotherm")))
    paths = sorted(
        path
        for path in root.rglob("*")
        if path.suffix in _CODE_ENDINGS and not _LEFT_OUT & set(PurePath(path.relative_to(root)).parts)
    )
    content = {f"isotherm/{path.relative_to(root).as_posix()}": path.read_bytes() for path in paths}
    digest = hashlib.sha256()
    for name, text in content.items():
        digest.update(f"{name}\0{len(text)}\0".encode() + text)

    def write(target: Path) -> None:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in content.items():
                archive.writestr(name, text)

    return _made(folder / f"isotherm-{digest.hexdigest()[:16]}.zip", write)


def _packages(folder: Path) -> Path:
    """The packages as an archive, named by their versions."""
    versions = [f"{name}=={importlib.metadata.version(name)}" for name in WORKER_PACKAGES]
    digest = hashlib.sha256("\n".join([WORKER_PYTHON, *versions]).encode()).hexdigest()

    def write(target: Path) -> None:
        # Level 1: made once, and read by executors near by.
        with tarfile.open(target, "w:gz", compresslevel=1) as archive:
            for name in WORKER_PACKAGES:
                for path, inside in package_files(name):
                    if path.is_file():
                        archive.add(path, inside, recursive=False)

    return _made(folder / f"packages-{digest[:16]}.tar.gz", write)


def _made(path: Path, write: Callable[[Path], None]) -> Path:
    """The file, written whole where it is missing; its time says when it was used last."""
    if not path.exists():
        unfinished = path.with_name(f".unfinished-{path.name}")
        write(unfinished)
        unfinished.replace(path)
    path.touch()
    return path


def _remove_old(folder: Path, kept: set[Path]) -> None:
    """Of other versions; a running stream may still hand out one that was used lately."""
    before = time.time() - _OLD_AFTER_S
    for path in folder.glob("*-*"):
        if path not in kept and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
