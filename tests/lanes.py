"""A few pytest processes share one suite: each takes, file by file, what no other has taken.

`./isotherm test` starts them for a whole run and names their common folder. The first has all tests of
the running product, so that there is one product; the second begins at the other end, a third with the
last of what needs no server.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import Final, Self

import pytest

FOLDER_VARIABLE: Final = "ISOTHERM_TEST_LANES"
NUMBER_VARIABLE: Final = "ISOTHERM_TEST_LANE"
Items = list[pytest.Item]


@dataclass(frozen=True)
class Lane:
    """One of the processes.

    Attributes:
        folder: what is taken is noted there.
        number: from 1.
    """

    folder: Path
    number: int

    @classmethod
    def of_this_process(cls) -> Self | None:
        """None where one process runs all."""
        folder = os.environ.get(FOLDER_VARIABLE)
        return cls(Path(folder), int(os.environ[NUMBER_VARIABLE])) if folder else None

    @property
    def has_product(self) -> bool:
        """Whether the tests of the running product are its own."""
        return self.number == 1

    def files(self, items: Items, needs_product: Callable[[pytest.Item], bool]) -> Iterator[Items]:
        """The tests of one file after the other, each file in one lane.

        Args:
            items: all tests, those of a file together; the same in all lanes.
            needs_product: whether a test is of the running product.
        """
        files = [list(tests) for _, tests in groupby(items, lambda one: one.path)]
        of_product = [any(map(needs_product, tests)) for tests in files]
        for number in self._order(of_product):
            if of_product[number] and not self.has_product:
                continue
            if self._take(number):
                yield files[number]

    def _order(self, of_product: list[bool]) -> list[int]:
        every = list(range(len(of_product)))
        if self.number == 1:
            return every
        if self.number == 2:
            return every[::-1]
        middle = of_product.index(True) if True in of_product else len(every) // 2
        return [*every[:middle][::-1], *every[middle:]]

    def _take(self, number: int) -> bool:
        try:
            (self.folder / str(number)).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def run_lane(session: pytest.Session, files: Iterator[Items]) -> None:
    """As pytest's own loop, with a file taken only when its turn comes.

    Raises:
        pytest.Session.Failed: as many tests failed as may.
        pytest.Session.Interrupted: it is to end.
    """
    tests = chain.from_iterable(files)
    item = next(tests, None)
    while item is not None:
        # Asked before this one runs: what it leaves to its neighbours is closed where there are none.
        following = next(tests, None)
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
