"""The session's running product: it starts beside the first tests and is waited for where needed."""

import os
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

from end_with_tests import EndWithTests
from real_files import real_archive
from running_product import RunningProduct, free_port_base, left_behind

FIXTURE = "stack"


@cache
def session_archive() -> Path:
    """A directory archive: NOAA's real files where they are, else a small simulated one."""
    if (real := real_archive()) is not None:
        return real
    from isotherm.datasets.simulated.archive_files import write_archive

    root = Path(tempfile.mkdtemp(prefix="isotherm-archive-"))
    write_archive(root, stations=6, years=(2013, 2014))
    return root


class SessionProduct:
    """The product after `up --until-done` on a fresh state folder and a second, warm `up --detach`.

    ISOTHERM_TEST_STATE_DIR and ISOTHERM_TEST_PORT_BASE name a running product to use instead.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1)
        self._coming: Future[RunningProduct] | None = None
        self._own: RunningProduct | None = None
        self._end: EndWithTests | None = None
        self._is_over = False

    def begin(self) -> None:
        """Start it, beside whatever the process does next."""
        if self._coming is not None:
            return
        archive = str(session_archive())
        if running := os.environ.get("ISOTHERM_TEST_STATE_DIR"):
            port_base = int(os.environ.get("ISOTHERM_TEST_PORT_BASE", "24000"))
            self._coming = Future()
            self._coming.set_result(RunningProduct(Path(running), port_base, archive))
            return
        # A short path of its own: unix sockets and Postgres do not take long ones.
        state_dir = Path(tempfile.mkdtemp(prefix="isotherm-test-"))
        self._own = RunningProduct(state_dir, free_port_base(), archive)
        self._end = EndWithTests(state_dir)
        self._coming = self._executor.submit(self._up_twice, self._own)

    def wait(self) -> RunningProduct:
        """The product once it runs."""
        self.begin()
        assert self._coming is not None
        return self._coming.result()

    def dispose(self) -> None:
        """Stop what `begin` started, be it half way up, and forget it."""
        if self._own is None:
            return
        self._is_over = True
        self._own.stop()
        self._executor.shutdown(wait=True)
        self._own.dispose()
        self._own = None
        if self._end is not None:
            self._end.release()

    def _up_twice(self, product: RunningProduct) -> RunningProduct:
        product.first_up = product.run("up", "--archive", product.archive, "--until-done")
        product.left_by_first_up = left_behind(product.settings)
        if not self._is_over:
            warm = product.run("up", "--detach")
            assert warm.status == 0, warm.output
        return product
