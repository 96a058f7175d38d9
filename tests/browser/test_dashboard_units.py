"""The dashboard's own unit tests and its build, with the Node of set-up, in a copy of its folder."""

from pathlib import Path

import pytest

from browser.dashboard_copy import npm

pytestmark = pytest.mark.browser


def test_the_unit_tests_of_the_dashboard_pass(installed_dashboard: Path) -> None:
    tested = npm(installed_dashboard, "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_types_of_the_dashboard_are_right(installed_dashboard: Path) -> None:
    """Here and not in its build, where a user would wait for it."""
    checked = npm(installed_dashboard, "run", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
