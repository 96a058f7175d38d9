"""A program that ends what killed tests leave: `python end_with_tests.py STATE_DIR`, told by its input.

The product's supervisor is in a session of its own, so that neither a closed terminal nor a killed
launcher ends it; no signal that ends the tests reaches it. This program waits at a pipe whose other end
only the tests hold: it is closed however they end.
"""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import psutil

_COMMAND: Final = Path(__file__).parents[1] / "isotherm"
_DONE: Final = b"done"
_LAUNCHER_S: Final = 60


class EndWithTests:
    """From its making until `release`, the product of a state folder ends when this process does."""

    def __init__(self, state_dir: Path) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, __file__, str(state_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """The tests have ended the product themselves."""
        pipe: IO[bytes] | None = self._guard.stdin
        if pipe is not None and not pipe.closed:
            with suppress(BrokenPipeError), pipe:
                pipe.write(_DONE)
        self._guard.wait(_LAUNCHER_S)


def main(state_dir: str) -> None:
    """Wait; unless all is done end launcher and servers, and delete the folder."""
    if sys.stdin.buffer.read() == _DONE:
        return
    end_launchers(state_dir)
    environment = {**os.environ, "ISOTHERM_STATE_DIR": state_dir}
    subprocess.run([_COMMAND, "down"], env=environment, check=False)
    shutil.rmtree(state_dir, ignore_errors=True)


def end_launchers(state_dir: str) -> None:
    """End every `up` of the folder: it would start what `down` has just ended."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_up = "up" in process.cmdline() and "isotherm" in " ".join(process.cmdline())
            if is_up and process.environ().get("ISOTHERM_STATE_DIR") == state_dir:
                process.terminate()
                found.append(process)
    psutil.wait_procs(found, _LAUNCHER_S)


if __name__ == "__main__":
    main(sys.argv[1])
