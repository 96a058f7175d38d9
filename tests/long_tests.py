"""Tests that cost minutes each: they run only with `--long`, and say so where they do not."""

from typing import Final

import pytest
from hypothesis import HealthCheck, settings

# Of a property's examples; a test whose examples are dear asks for fewer itself.
_EXAMPLES: Final = 100
_EXAMPLES_IN_LONG_RUN: Final = 1_000


def add_options(parser: pytest.Parser) -> None:
    """`--long`, and how often the long run tries each kill."""
    group = parser.getgroup("long")
    group.addoption("--long", action="store_true", help="the tests of minutes too, every fault often")
    group.addoption("--repetitions", type=int, default=20, help="of each kill in the long run")


def is_long(config: pytest.Config) -> bool:
    """Whether the tests of minutes are to run."""
    return bool(config.getoption("--long"))


def skip_unless_long(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as skipped, with the command that runs it, what is marked `long`."""
    if is_long(config):
        return
    for one in items:
        if one.get_closest_marker("long"):
            path = one.path.relative_to(config.rootpath)
            one.add_marker(pytest.mark.skip(reason=f"takes minutes: ./isotherm test {path} --long"))


def ask_properties_often(config: pytest.Config) -> None:
    """How many examples a property is tried with; none fails because a machine is busy."""
    count = _EXAMPLES_IN_LONG_RUN if is_long(config) else _EXAMPLES
    busy = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile("isotherm", max_examples=count, **busy)
    settings.load_profile("isotherm")
