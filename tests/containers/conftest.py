"""Level 3: only where it was asked for, and where an engine can be used."""

import pytest

from containers.engine import what_is_missing
from containers.standin import find_python


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say why these tests are not run."""
    if not any("containers" in argument for argument in config.invocation_params.args):
        reason: str | None = "builds images, for minutes: ./isotherm test containers"
    elif find_python() is None:
        reason = "no CPython 3.12 for the stand-in of Python's image"
    else:
        reason = what_is_missing()
    for one in items:
        if reason and "containers" in one.path.parts:
            one.add_marker(pytest.mark.skip(reason=reason))
