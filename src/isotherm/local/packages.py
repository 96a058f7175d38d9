"""Packages beside the product's: a folder and a lock of their own, fetched only where they are used."""

import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from isotherm.errors import SetupError

_SHOWN: Final = 500
_TIMEOUT_S: Final = 900


def lock_for_this_python(folder: Path, name: str) -> Path:
    """The lock of these packages: `<folder>/<name>-3.1x.lock`."""
    version = ".".join(platform.python_version_tuple()[:2])
    return folder / f"{name}-{version}.lock"


def install(lock: Path, target: Path) -> None:
    """Install a lock's packages into a folder, whole or not at all; what was there goes.

    Raises:
        SetupError: pip could not; the message holds what it said.
    """
    building = target.with_name(f".{target.name}-building")
    shutil.rmtree(building, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--target", str(building), "-r", str(lock)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    if ended.returncode:
        raise SetupError(
            f"The packages of {lock.name} could not be installed: {ended.stderr.strip()[-_SHOWN:]}"
        )
    shutil.rmtree(target, ignore_errors=True)
    building.replace(target)
