"""Command lines of small Java servers, and running a program to its end."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from isotherm.errors import ServerStartError
from isotherm.local.tools import Tools

# Serial collector and first-level compiler: half the memory and start time on two cores, with
# throughput to spare (70 000 messages a second).
SMALL_SERVER = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.net.preferIPv4Stack=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
# Airflow's tables take 15 s alone, and took more than 120 on two cores with a load of 13.
ONE_OFF_TIMEOUT_S = 600


def java_command(
    tools: Tools, heap_mb: int, class_path: Sequence[str], main_class: str, *options: str
) -> list[str]:
    """The command line of a small Java server, without its program arguments."""
    return [
        str(tools.java), f"-Xmx{heap_mb}m", *SMALL_SERVER, *options,
        "-cp", ":".join(class_path), main_class,
    ]  # fmt: skip


def run_once(
    what: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    log_file: Path,
    *,
    script: bytes = b"",
) -> None:
    """Run a program to its end, its output appended to a server's log.

    Args:
        what: for the message, "Creating ...".
        command: program and arguments.
        environment: all of it.
        log_file: of the server it belongs to.
        script: what it reads from its standard input.

    Raises:
        ServerStartError: it failed or took too long; the message names the log.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log:
        try:
            code = subprocess.run(
                command,
                env=dict(environment),
                input=script,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=ONE_OFF_TIMEOUT_S,
                start_new_session=True,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired as error:
            raise ServerStartError(
                f"{what} took longer than {ONE_OFF_TIMEOUT_S} s. See {log_file}."
            ) from error
    if code != 0:
        tail = "\n".join(log_file.read_text(errors="replace").splitlines()[-10:])
        raise ServerStartError(f"{what} failed with status {code}. See {log_file}:\n{tail}")
