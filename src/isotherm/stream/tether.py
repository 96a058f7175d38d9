"""A program that becomes another one which ends when its parent does.

`python -m isotherm.stream.tether PARENT_PID PROGRAM ARGUMENT...` asks the kernel for SIGTERM at the
death of its parent and then is PROGRAM. So a child is not left behind when the task that started it is
killed without a word, and the parent need not run code between fork and exec, where threads deadlock.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to its parent and become the program."""
    parent_pid, program = int(arguments[0]), arguments[1:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent_pid:
        sys.exit(f"{program[0]}: not started, because its parent {parent_pid} has gone already.")
    os.execv(program[0], program)  # noqa: S606 - this is the point


if __name__ == "__main__":
    main(sys.argv[1:])
