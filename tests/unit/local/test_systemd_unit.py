"""The unit says what was asked for, whatever letters are in a path, and systemd takes it."""

import os
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from isotherm.local.systemd_unit import unit_text
from isotherm.settings import REPOSITORY_ROOT, Settings

ODD = 'my "own" 50 % $HOME \\ °'


def service_of(text: str) -> dict[str, list[str]]:
    """The lines of [Service], by name."""
    found: dict[str, list[str]] = {}
    for line in text.split("[Service]")[1].split("[Install]")[0].splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_it_starts_and_stops_this_state_folder_and_is_started_again() -> None:
    service = service_of(unit_text(Settings(state_dir=Path("/data/isotherm")), {}))
    command = f'/usr/bin/env "{REPOSITORY_ROOT / "isotherm"}"'
    assert service["ExecStart"] == [f"{command} up"]
    assert service["ExecStop"] == [f"{command} down"]
    assert service["Restart"] == ["on-failure"]
    assert service["Environment"] == ['"ISOTHERM_STATE_DIR=/data/isotherm"']


def test_settings_of_the_shell_are_passed_on_and_secrets_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shell = {
        "ISOTHERM_ARCHIVE": "files",
        "ISOTHERM_PORT_BASE": "26000",
        "ISOTHERM_MYSQL_PASSWORD": "a secret",
        "ISOTHERM_NOTIFY_URL": "json://a secret",
        "ISOTHERM_SKIP_CHECKS": "1",
        "HOME": "/somewhere",
    }
    text = unit_text(Settings(state_dir=tmp_path, archive="files", port_base=26000), shell)
    assert service_of(text)["Environment"] == [
        f'"ISOTHERM_ARCHIVE={tmp_path}/files"',
        '"ISOTHERM_PORT_BASE=26000"',
        f'"ISOTHERM_STATE_DIR={tmp_path}"',
    ]
    assert "secret" not in text


def test_blanks_quotes_and_percents_keep_their_meaning() -> None:
    text = unit_text(Settings(state_dir=Path("/data") / ODD), {}, Path("/opt/my isotherm"))
    assert 'ExecStart=/usr/bin/env "/opt/my isotherm/isotherm" up' in text
    assert r'Environment="ISOTHERM_STATE_DIR=/data/my \"own\" 50 %% $HOME \\ °"' in text
    parser = RawConfigParser(strict=False)
    parser.read_string(text)
    assert parser.sections() == ["Unit", "Service", "Install"]


def test_systemd_takes_it(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze on this machine: systemd's own check of the unit is left out")
    root = tmp_path / ODD
    root.mkdir()
    (root / "isotherm").write_text("#!/bin/sh\n")
    (root / "isotherm").chmod(0o755)
    unit = tmp_path / "isotherm.service"
    unit.write_text(unit_text(Settings(state_dir=root / "state"), {}, root))
    said = verify(program, unit)
    assert said.returncode == 0, said.stderr
    assert unit.name not in said.stderr
    unit.write_text(unit.read_text().replace("Restart=on-failure", "Restart=perhaps"))
    assert unit.name in verify(program, unit).stderr


def verify(program: str, unit: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program, "--user", "verify", unit],
        env={**os.environ, "XDG_RUNTIME_DIR": str(unit.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
