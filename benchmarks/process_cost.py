"""CPU seconds of a whole process tree, orphans among them.

Looked at while it runs, ten times a second: what Spark's Python daemon does not wait for, the system
counts to nobody (of a job with 6 CPU seconds in its workers `getrusage` shows none of them).
"""

import ctypes
import multiprocessing
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

import psutil

_PR_SET_CHILD_SUBREAPER: Final = 36
_EVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took, and what it printed last."""

    cpu_s: float
    wall_s: float
    last_line: str = ""


def run_program(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run a program to the end of all its descendants.

    Raises:
        RuntimeError: it failed; with the end of its output.
    """
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=_run, args=(there, list(command), dict(environment))
    )
    process.start()
    status, cost, output = here.recv()
    process.join()
    if status:
        raise RuntimeError(output[-2000:])
    return cost


def _run(answer: Connection, command: list[str], environment: dict[str, str]) -> None:
    # Orphans come to us: Spark leaves its Python workers behind for a moment.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    cpu_s: dict[int, float] = {}
    ended = threading.Event()
    looking = threading.Thread(target=_look, args=(cpu_s, ended))
    looking.start()
    started_at = time.monotonic()
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    wall_s = time.monotonic() - started_at
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    ended.set()
    looking.join()
    lines = done.stdout.strip().splitlines() or [""]
    answer.send((done.returncode, Cost(sum(cpu_s.values()), wall_s, lines[-1]), done.stdout))


def _look(cpu_s: dict[int, float], ended: threading.Event) -> None:
    here = psutil.Process()
    while not ended.wait(_EVERY_S):
        for one in here.children(recursive=True):
            try:
                used = one.cpu_times()
            except psutil.Error:
                continue  # it ended just now
            cpu_s[one.pid] = used.user + used.system
