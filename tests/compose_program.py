"""The `docker compose` of this machine, if it has one."""

import os
import shutil
import subprocess
from typing import Final

_CANDIDATES: Final = (["docker", "compose"], ["docker-compose"])


def find_compose() -> list[str] | None:
    """A compose v2 command, None if there is none; v1 is another program with another format.

    ISOTHERM_COMPOSE names the program, if it is neither a Docker plugin nor `docker-compose` on PATH.
    """
    named = os.environ.get("ISOTHERM_COMPOSE")
    for command in [[named]] if named else list(_CANDIDATES):
        if shutil.which(command[0]) is None:
            continue
        result = subprocess.run(
            [*command, "version", "--short"], capture_output=True, text=True, timeout=30, check=False
        )
        if result.returncode == 0 and not result.stdout.strip().startswith(("1.", "v1.")):
            return command
    return None
