"""The option for the long run, and its table at the end."""

import pytest

from faults.kinds import SHORT
from faults.long_run import all_faults, is_long
from faults.outcomes import Outcomes

_OUTCOMES: pytest.StashKey[Outcomes] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`./isotherm test tests/faults --long`."""
    group = parser.getgroup("faults")
    group.addoption("--long", action="store_true", help="every fault of the chain, over and over")
    group.addoption("--repetitions", type=int, default=20, help="of each kill in the long run")


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of what only the long run tries."""
    config.addinivalue_line("markers", "long: only with --long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say why such a test is not run."""
    if is_long(config):
        return
    for one in items:
        if one.get_closest_marker("long"):
            one.add_marker(pytest.mark.skip(reason="minutes each: ./isotherm test faults --long"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The faults to try, in turn: a run that is ended early has some of each."""
    if "fault" not in metafunc.fixturenames:
        return
    faults = list(SHORT)
    if is_long(metafunc.config):
        faults = all_faults(int(metafunc.config.getoption("--repetitions")))
    numbered = [f"{number:03d}-{one}" for number, one in enumerate(faults)]
    metafunc.parametrize("fault", faults, ids=numbered)


@pytest.fixture(scope="session")
def outcomes(pytestconfig: pytest.Config) -> Outcomes:
    """Of this run."""
    return pytestconfig.stash.setdefault(_OUTCOMES, Outcomes())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what became of each fault."""
    if _OUTCOMES in config.stash:
        terminalreporter.section("faults")
        terminalreporter.write(config.stash[_OUTCOMES].table())
