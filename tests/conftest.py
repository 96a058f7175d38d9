"""Fixtures of every test: the real files where they are, and the running product."""

import subprocess
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from costs import Costs
from isotherm.local.airflow_client import AirflowClient
from lanes import Lane, run_lane
from long_tests import add_options, ask_properties_often, skip_unless_long
from running_product import RunningProduct
from session_product import FIXTURE, SessionProduct, session_archive

# These need no server: they run while the product starts.
_FIRST: Final = ("unit", "dags")
_TESTS: Final = Path(__file__).parent
_PRODUCT: Final = pytest.StashKey[SessionProduct]()
_LEFT: Final = pytest.StashKey[set[str]]()
_COSTS: Final = Costs()
# Of fewer files pytest's own --durations says more.
_FEWEST_FILES: Final = 20


def pytest_addoption(parser: pytest.Parser) -> None:
    """Whether the long tests run too."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Before the tests are read: a property takes its number of examples then."""
    ask_properties_often(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests without servers come first, then those of the running product; else the order stays."""
    skip_unless_long(config, items)
    of_product = {one.path for one in items if _needs_product(one)}
    items.sort(
        key=lambda one: (
            one.path.relative_to(_TESTS).parts[0] not in _FIRST,
            one.path not in of_product,
        )
    )


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Start the product beside the first tests, if any test is to use it; run this lane's share."""
    left = {one.nodeid for one in session.items if _needs_product(one)}
    session.config.stash[_LEFT] = left
    if session.config.option.collectonly or session.testsfailed:
        return None
    lane = Lane.of_this_process()
    if left and (lane is None or lane.has_product):
        _product_of(session.config).begin()
    if lane is None:
        return None
    run_lane(session, lane.files(session.items, _needs_product))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Note what each file costs; after its last test the product, which idles at a price, is ended."""
    is_last = nextitem is None or nextitem.path != item.path
    try:
        with _COSTS.counted(item.path, is_last=is_last):
            return (yield)
    finally:
        left = item.config.stash[_LEFT]
        if item.nodeid in left:
            left.remove(item.nodeid)
            if not left:
                # One that does not end in time fails the session's end, not this loop.
                with suppress(subprocess.TimeoutExpired):
                    _product_of(item.config).dispose()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After many files: where the time went."""
    if len(_COSTS.of_files) >= _FEWEST_FILES:
        terminalreporter.section("dearest files")
        for line in _COSTS.lines():
            terminalreporter.write_line(line)


def _needs_product(item: pytest.Item) -> bool:
    return FIXTURE in getattr(item, "fixturenames", ())


def _product_of(config: pytest.Config) -> SessionProduct:
    return config.stash.setdefault(_PRODUCT, SessionProduct())


def pytest_unconfigure(config: pytest.Config) -> None:
    """A session that ended before the first test of the product leaves nothing of it."""
    if _PRODUCT in config.stash:
        config.stash[_PRODUCT].dispose()


@pytest.fixture(scope="session")
def archive() -> Path:
    """A directory archive: NOAA's real files where they are, else a small simulated one."""
    return session_archive()


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[RunningProduct]:
    """The product after `up --until-done` on a fresh state folder and a second, warm `up --detach`.

    ISOTHERM_TEST_STATE_DIR and ISOTHERM_TEST_PORT_BASE name a running product to use instead.
    """
    product = _product_of(pytestconfig)
    yield product.wait()
    product.dispose()


@pytest.fixture(scope="session")
def airflow(stack: RunningProduct) -> Iterator[AirflowClient]:
    """The running product's Airflow, logged in as its admin."""
    with AirflowClient(stack.airflow_url, *stack.airflow_login) as client:
        yield client
