"""The tree of errors."""

import errno
import inspect
from pathlib import Path

import pytest

from isotherm import errors


def _classes() -> list[type[Exception]]:
    return [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Exception)]


@pytest.mark.parametrize("error", _classes())
def test_every_error_is_an_isotherm_error_and_says_what_it_means(error: type[Exception]) -> None:
    assert issubclass(error, errors.IsothermError)
    assert inspect.getdoc(error)


@pytest.mark.parametrize("error", _classes())
def test_the_tree_in_the_docstring_is_the_tree(error: type[Exception]) -> None:
    assert error.__name__ in (errors.__doc__ or "")


def test_a_shrunken_file_is_a_fault_of_the_source_and_a_fence_one_of_the_store() -> None:
    assert issubclass(errors.CoverageShrunkError, errors.SourceError)
    assert issubclass(errors.FencedError, errors.StoreError)


def test_an_error_of_the_system_is_told_with_its_file_and_what_to_do(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    refused = PermissionError(errno.EACCES, "Permission denied", str(closed))
    assert errors.reason_of(refused, "dashboard") == (
        f"dashboard: PermissionError: [Errno 13] Permission denied: '{closed}'. "
        "Let this user read and write there, or run Isotherm as the user who may."
    )
    assert errors.reason_of(errors.SetupError("npm failed"), "dashboard") == "npm failed"
