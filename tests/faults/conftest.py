"""Which faults are tried, and the table of what became of them."""

import pytest

from faults.kinds import SHORT
from faults.long_run import all_faults
from faults.outcomes import Outcomes
from long_tests import is_long

_OUTCOMES: pytest.StashKey[Outcomes] = pytest.StashKey()


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
