"""The dashboard's own unit tests and its build, with the Node of set-up, in a copy of its folder."""

from pathlib import Path

import pytest

from browser.dashboard_copy import npm
from isotherm.local.dashboard import SOURCES

pytestmark = pytest.mark.browser
MAX_LINES_OF_A_COMPONENT = 200


def test_the_unit_tests_of_the_dashboard_pass(installed_dashboard: Path) -> None:
    tested = npm(installed_dashboard, "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_types_of_the_dashboard_are_right(installed_dashboard: Path) -> None:
    """Here and not in its build, where a user would wait for it."""
    checked = npm(installed_dashboard, "run", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_lock_file_names_no_registry() -> None:
    lock = (SOURCES / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert '"resolved"' not in lock


def test_every_component_stays_small() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in (SOURCES / "src").rglob("*.vue")}
    assert lines
    assert {name: count for name, count in lines.items() if count > MAX_LINES_OF_A_COMPONENT} == {}
