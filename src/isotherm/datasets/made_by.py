"""Which code made something of a file: a fingerprint of parser, rules and statistics.

Where it differs from the one recorded, the file is pending again. Comments, docstrings and layout do
not count: only what Python would run.
"""

import ast
import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from isotherm.datasets.dataset import Dataset

_SHARED_MODULES: Final = (
    "isotherm.observation",
    "isotherm.quality",
    "isotherm.summarise",
    "isotherm.statistics.catalogue",
    "isotherm.statistics.derived",
    "isotherm.statistics.histogram",
    "isotherm.statistics.packed",
    "isotherm.datasets.observations",
    "isotherm.datasets.schema",
)
_NEIGHBOURS: Final = "isotherm.datasets.neighbours"
_DIGITS: Final = 16


@cache
def fingerprint(modules: tuple[str, ...]) -> str:
    """Of the code of some modules, 16 digits."""
    digest = hashlib.sha256()
    for name in modules:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(name)
        digest.update(name.encode() + b"\0" + _code(Path(spec.origin).read_text()).encode() + b"\0")
    return digest.hexdigest()[:_DIGITS]


def made_by(dataset: Dataset) -> str:
    """The fingerprint of the code that makes a dataset's observations and summaries, 16 digits.

    Whether reports are checked against their neighbours is part of it: switched, files are read again.
    """
    checks = (_NEIGHBOURS,) if dataset.checks_neighbours else ()
    return fingerprint((*dataset.modules, *_SHARED_MODULES, *checks))


def _code(source: str) -> str:
    """The module as Python sees it: without comments, docstrings and line breaks of taste."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            node.body = body[1:] or [ast.Pass()]  # type: ignore[attr-defined] # it has a body
    return ast.unparse(tree)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
