"""A Docker engine for the tests: their own as root, or the one that ISOTHERM_TEST_DOCKER names."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from compose_program import find_compose

# Names an engine to use, as DOCKER_HOST does: its images are kept between two runs.
ENGINE_VARIABLE: Final = "ISOTHERM_TEST_DOCKER"
_READY_WITHIN_S: Final = 120.0
_SWITCHES: Final = Path("/proc/sys/net/ipv4/ip_forward")
_BRIDGE: Final = Path("/sys/class/net/docker0")


def what_is_missing() -> str | None:
    """Why no engine can be used here; None if one can."""
    if find_compose() is None:
        return "no `docker compose` v2"
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        return "the stand-in base images need root and debootstrap"
    if os.environ.get(ENGINE_VARIABLE):
        return None
    absent = [one for one in ("dockerd", "docker", "iptables", "ip") if shutil.which(one) is None]
    return f"no {' and no '.join(absent)} on this machine" if absent else None


class Engine:
    """One engine, and what is asked of it."""

    def __init__(self, host: str, folder: Path) -> None:
        """Name one that runs.

        Args:
            host: its address, as DOCKER_HOST has it.
            folder: for what it makes.
        """
        self.folder = folder
        self._environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "DOCKER_HOST": host,
            "DOCKER_CONFIG": str(folder / "config"),
        }  # fmt: skip

    def docker(self, *arguments: str, stdin: Path | None = None, timeout_s: float = 300) -> str:
        """Run the client; gives what it prints.

        Raises:
            AssertionError: it failed; with its words.
        """
        return self._run(["docker", *arguments], self._environment, stdin, timeout_s)

    def compose(
        self,
        files: Sequence[Path],
        *arguments: str,
        env_file: Path | None = None,
        timeout_s: float = 300,
    ) -> str:
        """Run compose on these files; gives what it prints. Raises like `docker`."""
        program = find_compose()
        assert program is not None
        given = [word for file in files for word in ("--file", str(file))]
        given += ["--env-file", str(env_file)] if env_file else []
        command = [*program, "--progress", "plain", *given, *arguments]
        return self._run(command, self._environment, None, timeout_s)

    @staticmethod
    def _run(
        command: Sequence[str], environment: Mapping[str, str], stdin: Path | None, timeout_s: float
    ) -> str:
        with (stdin or Path(os.devnull)).open("rb") as source:
            done = subprocess.run(
                command, env=dict(environment), stdin=source, capture_output=True, timeout=timeout_s,
                check=False,
            )  # fmt: skip
        output, errors = (one.decode(errors="replace") for one in (done.stdout, done.stderr))
        assert done.returncode == 0, f"{' '.join(command)}\n{output[-6000:]}\n{errors[-6000:]}"
        return output


class OwnEngine:
    """An engine of the tests: everything of it in one folder, and the network as before afterwards."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._rules = self._forwards = b""
        self._had_bridge = _BRIDGE.exists()

    def __enter__(self) -> Engine:
        self._rules = subprocess.run(["iptables-save"], capture_output=True, check=True).stdout
        self._forwards = _SWITCHES.read_bytes()
        socket = self._folder / "docker.sock"
        with (self._folder / "dockerd.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "dockerd", "--data-root", str(self._folder / "data"),
                    "--exec-root", str(self._folder / "exec"),
                    "--pidfile", str(self._folder / "dockerd.pid"), "--host", f"unix://{socket}",
                ],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        engine = Engine(f"unix://{socket}", self._folder)
        deadline = time.monotonic() + _READY_WITHIN_S
        while True:
            try:
                engine.docker("info", timeout_s=30)
            except (AssertionError, subprocess.TimeoutExpired):
                log_text = (self._folder / "dockerd.log").read_text(errors="replace")
                assert self._process.poll() is None, log_text[-3000:]
                assert time.monotonic() < deadline, log_text[-3000:]
                time.sleep(1)
            else:
                return engine

    def __exit__(self, *_exc: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
        subprocess.run(["iptables-restore"], input=self._rules, check=True)
        _SWITCHES.write_bytes(self._forwards)
        if _BRIDGE.exists() and not self._had_bridge:
            subprocess.run(["ip", "link", "delete", _BRIDGE.name], check=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """One whose data lies there; the folder is removed with it."""
        folder.mkdir(parents=True)
        return cls(folder)
