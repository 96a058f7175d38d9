"""CPU seconds of a whole process tree, those of orphans among them."""

import ctypes
import multiprocessing
import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

_PR_SET_CHILD_SUBREAPER: Final = 36


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
    # Orphans come to us and are counted; Spark leaves its Python workers behind for a moment.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before, started_at = _children(), time.monotonic()
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
    lines = done.stdout.strip().splitlines() or [""]
    answer.send((done.returncode, Cost(_children() - before, wall_s, lines[-1]), done.stdout))


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
