"""The bootstrap script's own parts, run by bash as they stand in it."""

import os
import re
import subprocess
import time
from pathlib import Path

from isotherm.settings import REPOSITORY_ROOT

SCRIPT = (REPOSITORY_ROOT / "isotherm").read_text()
FUNCTIONS = SCRIPT[: SCRIPT.index("is_set_up || set_up")]


def bash(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command after the script's functions; every wait of ten seconds is a short one."""
    quick = FUNCTIONS.replace("sleep 10", "sleep 0.2")
    return subprocess.run(
        ["bash", "-c", f"{quick}\n{command}"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_command_that_says_nothing_is_told_of_and_keeps_its_status(tmp_path: Path) -> None:
    began = time.monotonic()
    # It goes on until it was told of twice.
    waits = 'until [ $(grep -c so.far "$SAID") -ge 2 ]; do sleep 0.1; done; echo done; exit 7'
    said = tmp_path / "said"
    command = f"""aloud "installing packages" /etc/hostname bash -c '{waits}' 2>"$SAID" """
    ended = bash(command, SAID=str(said))
    assert ended.returncode == 7
    assert ended.stdout == "done\n"
    told = [one for one in said.read_text().splitlines() if one.startswith("isotherm: ")]
    assert len(told) >= 2
    assert all("installing packages" in one and "s so far" in one for one in told)
    assert time.monotonic() - began < 30


def test_a_download_that_fails_says_how_to_name_an_authority() -> None:
    ended = bash('fail_to_fetch "Packages could not be installed."')
    assert ended.returncode == 1
    assert "SSL_CERT_FILE=/path/to/bundle.pem ./isotherm up" in ended.stderr


def test_each_function_is_written_once() -> None:
    names = re.findall(r"^(\w+)\(\)", SCRIPT, re.MULTILINE)
    assert "set_up" in names
    assert len(names) == len(set(names))
    for name in set(names):
        assert len(re.findall(rf"\b{name}\b", SCRIPT)) > 1, f"nothing calls {name}"


def test_tools_of_another_user_that_are_not_set_up_are_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / ".set-up.lock").mkdir()  # refuses root too, whom no mode stops
    ended = bash("check_machine() { :; }; set_up", ISOTHERM_TOOLS_DIR=str(tmp_path))
    assert ended.returncode == 1
    assert f"may not write in {tmp_path}" in ended.stderr
    assert "ISOTHERM_TOOLS_DIR=/path" in ended.stderr
    assert "set-up.lock" not in ended.stderr, "no words of bash's own"
