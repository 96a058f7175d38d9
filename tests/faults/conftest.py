"""The option for the long run, and its table at the end."""

import itertools

import pytest

from faults.kinds import OFTEN, SELDOM, SHORT, Fault
from faults.outcomes import Outcomes

_OUTCOMES: pytest.StashKey[Outcomes] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`./isotherm test tests/faults --long`."""
    group = parser.getgroup("faults")
    group.addoption("--long", action="store_true", help="every fault of the chain, over and over")
    group.addoption("--repetitions", type=int, default=20, help="of each kill in the long run")


def is_long(config: pytest.Config) -> bool:
    """Whether every fault is to be tried, and often."""
    return bool(config.getoption("--long", default=False))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The faults to try, in turn: a run that is ended early has some of each."""
    if "fault" not in metafunc.fixturenames:
        return
    faults = list(SHORT)
    if is_long(metafunc.config):
        faults = _long_run(int(metafunc.config.getoption("--repetitions")))
    numbered = [f"{number:03d}-{one}" for number, one in enumerate(faults)]
    metafunc.parametrize("fault", faults, ids=numbered)


def _long_run(repetitions: int) -> list[Fault]:
    """One of the seldom ones after each round of the others, as far as there are any."""
    rounds = [(*OFTEN, *SELDOM[number : number + 1]) for number in range(repetitions)]
    return [*itertools.chain(*rounds), *SELDOM[repetitions:]]


@pytest.fixture(scope="session")
def outcomes(pytestconfig: pytest.Config) -> Outcomes:
    """Of this run."""
    return pytestconfig.stash.setdefault(_OUTCOMES, Outcomes())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what became of each fault."""
    if _OUTCOMES in config.stash:
        terminalreporter.section("faults")
        terminalreporter.write(config.stash[_OUTCOMES].table())
