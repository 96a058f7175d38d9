"""Several processes that serve one port, made of one that has everything loaded.

They share the memory of what was loaded before, so that a second one takes 15 MB instead of 160. Each
takes connections by itself; what is counted or bounded over all of them is in files: the metrics of
`prometheus_client`'s mode for several processes, and the places of live clients.
"""

import ctypes
import gc
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from isotherm.files import make_private_folder

log = structlog.get_logger(__name__)
# Where prometheus_client reads it, when it is imported and whenever it is asked.
METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_STOPS: Final = (signal.SIGTERM, signal.SIGINT)
_PR_SET_PDEATHSIG: Final = 1
# One that ends sooner than this failed at its start, and would at once again.
_SOON_S: Final = 1.0


def share_metrics(port: int) -> Path:
    """Have the processes that serve a port count together; before `prometheus_client` is imported.

    Returns:
        Their folder, empty: the port says that no others use it.
    """
    folder = Path(tempfile.gettempdir()) / f"isotherm-api-{os.getuid()}-{port}"
    make_private_folder(folder)
    for one in folder.glob("*.db"):
        one.unlink()
    os.environ[METRICS_FOLDER] = str(folder)
    return folder


def serve(listener: socket.socket, count: int, work: Callable[[socket.socket], None]) -> None:
    """Run workers until a signal to stop, and start one again that ends by itself.

    Args:
        listener: what all of them take connections from.
        count: how many.
        work: what a worker does until it gets a signal to stop itself.
    """
    gc.collect()
    gc.freeze()  # what is there is there for good; looking at it would copy it into each process
    workers = _Workers(listener, work)
    for one in _STOPS:
        signal.signal(one, workers.stop)
    for _ in range(count):
        workers.start()
    workers.wait()
    shutil.rmtree(os.environ.get(METRICS_FOLDER, ""), ignore_errors=True)


class _Workers:
    """The processes that run now."""

    def __init__(self, listener: socket.socket, work: Callable[[socket.socket], None]) -> None:
        self._listener = listener
        self._work = work
        self._started: dict[int, float] = {}
        self._is_stopping = False

    def start(self) -> None:
        """Start one more, or none where all are to stop."""
        # A signal waits until the new one is known: it is passed on to all.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        parent = os.getpid()
        pid = 0 if self._is_stopping else os.fork()
        if pid == 0 and os.getpid() != parent:
            self._become_worker(parent)
        if pid:
            self._started[pid] = time.monotonic()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)

    def _become_worker(self, parent: int) -> None:
        status = 1
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            for one in _STOPS:
                signal.signal(one, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            if os.getppid() == parent:
                self._work(self._listener)
            status = 0
        finally:
            os._exit(status)

    def stop(self, number: int, _frame: object) -> None:
        """Pass a signal on."""
        self._is_stopping = True
        for pid in self._started:
            os.kill(pid, number)

    def wait(self) -> None:
        """Until none runs."""
        while self._started:
            pid, status = os.waitpid(-1, 0)
            began = self._started.pop(pid, None)
            _forget_gauges(pid)
            if began is None or self._is_stopping:
                continue
            log.error("a worker ended, and is started again", pid=pid, status=status)
            if time.monotonic() - began < _SOON_S:
                time.sleep(_SOON_S)
            self.start()


def _forget_gauges(pid: int) -> None:
    """What a worker has open is closed with it."""
    from prometheus_client import multiprocess

    if METRICS_FOLDER in os.environ:
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
