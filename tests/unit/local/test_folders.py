"""Nothing is deleted that Isotherm did not make, and no folder of others is taken for sockets."""

import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from isotherm.cli import app, main
from isotherm.errors import SettingsError
from isotherm.files import is_ours
from isotherm.local.folders import (
    claim_state_dir,
    clear_runtime_dir,
    make_runtime_dir,
    require_our_state_dir,
)
from isotherm.local.stack import Stack
from isotherm.settings import Settings, default_runtime_dir, load_settings

NOBODY = 65534


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state", runtime_dir=tmp_path / "sockets", archive="simulated")


def reset(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`./isotherm reset --yes`."""
    monkeypatch.setenv("ISOTHERM_STATE_DIR", str(state_dir))
    monkeypatch.setenv("ISOTHERM_RUNTIME_DIR", str(state_dir.with_name("sockets")))
    monkeypatch.setenv("ISOTHERM_ARCHIVE", "simulated")
    load_settings.cache_clear()
    try:
        result = CliRunner().invoke(app, ["reset", "--yes"])
        if isinstance(result.exception, SettingsError):
            raise result.exception
        assert result.exit_code == 0, result.output
    finally:
        load_settings.cache_clear()


def test_a_state_folder_keeps_its_archive(settings: Settings) -> None:
    claim_state_dir(settings)
    claim_state_dir(settings)
    other = settings.model_copy(update={"archive": "noaa"})
    with pytest.raises(SettingsError, match="belongs to the archive simulated, not to noaa"):
        claim_state_dir(other)


@pytest.mark.parametrize("before", [None, "empty", "a password"])
def test_reset_deletes_a_folder_that_was_made_for_isotherm(
    settings: Settings, before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if before is not None:
        settings.state_dir.mkdir()
    if before == "a password":
        (settings.state_dir / "secrets").mkdir()
    claim_state_dir(settings)
    reset(settings.state_dir, monkeypatch)
    assert not settings.state_dir.exists()


def test_reset_refuses_a_folder_that_held_other_files(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.state_dir.mkdir()
    (settings.state_dir / "thesis.txt").write_text("ten years of work")
    claim_state_dir(settings)
    with pytest.raises(SettingsError, match=r"was not made by Isotherm.*delete by hand"):
        reset(settings.state_dir, monkeypatch)
    assert (settings.state_dir / "thesis.txt").read_text() == "ten years of work"


@pytest.mark.parametrize("folder", ["run", "logs", "."])
def test_reset_refuses_a_folder_that_was_never_started(
    settings: Settings, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.state_dir / folder).mkdir(parents=True)
    with pytest.raises(SettingsError, match="was not made by Isotherm"):
        reset(settings.state_dir, monkeypatch)
    assert settings.state_dir.is_dir()


@pytest.mark.parametrize(
    ("name", "content"),
    [("archive.json", '{"archive": "noaa"}'), ("run/servers.json", "{}"), ("run/command.lock", "")],
)
def test_a_folder_of_the_version_before_still_counts_as_ours(
    settings: Settings, name: str, content: str
) -> None:
    path = settings.state_dir / name
    path.parent.mkdir(parents=True)
    path.write_text(content)
    require_our_state_dir(settings.state_dir)


def test_a_refusal_is_told_in_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.state_dir.mkdir()
    monkeypatch.setenv("ISOTHERM_STATE_DIR", str(settings.state_dir))
    monkeypatch.setattr("sys.argv", ["isotherm", "reset", "--yes"])
    load_settings.cache_clear()
    with pytest.raises(SystemExit) as ended:
        main()
    load_settings.cache_clear()
    assert ended.value.code == 1
    assert "was not made by Isotherm" in capsys.readouterr().out


def test_down_removes_only_our_sockets_from_a_folder_of_the_user(settings: Settings) -> None:
    settings.runtime_dir.mkdir(mode=0o700)
    (settings.runtime_dir / "agent.sock").touch()
    make_runtime_dir(settings)
    (settings.runtime_dir / "mysql.sock").touch()
    settings.state_dir.mkdir()
    Stack(settings).stop()
    assert [one.name for one in settings.runtime_dir.iterdir()] == ["agent.sock"]


def test_an_empty_folder_of_the_user_stays(settings: Settings) -> None:
    settings.runtime_dir.mkdir(mode=0o755)
    make_runtime_dir(settings)
    assert stat.S_IMODE(settings.runtime_dir.stat().st_mode) == 0o700
    clear_runtime_dir(settings)
    assert settings.runtime_dir.is_dir()


def test_a_folder_we_made_goes_unless_something_else_is_in_it(settings: Settings) -> None:
    make_runtime_dir(settings)
    assert is_ours(settings.runtime_dir)
    (settings.runtime_dir / "kept").touch()
    clear_runtime_dir(settings)
    assert (settings.runtime_dir / "kept").exists()
    (settings.runtime_dir / "kept").unlink()
    clear_runtime_dir(settings)
    assert not settings.runtime_dir.exists()


def test_a_used_folder_that_is_open_to_others_is_refused_and_not_closed(settings: Settings) -> None:
    settings.runtime_dir.mkdir(mode=0o755)
    (settings.runtime_dir / "web.html").touch()
    with pytest.raises(SettingsError, match="ISOTHERM_RUNTIME_DIR"):
        make_runtime_dir(settings)
    assert stat.S_IMODE(settings.runtime_dir.stat().st_mode) == 0o755


def test_a_shared_temporary_folder_is_refused_though_it_is_empty(settings: Settings) -> None:
    settings.runtime_dir.mkdir()
    settings.runtime_dir.chmod(0o1777)
    with pytest.raises(SettingsError, match="ISOTHERM_RUNTIME_DIR"):
        make_runtime_dir(settings)
    assert stat.S_IMODE(settings.runtime_dir.stat().st_mode) == 0o1777


def test_a_link_is_not_taken_for_the_folder_of_sockets(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    settings.runtime_dir.symlink_to(tmp_path / "theirs")
    with pytest.raises(SettingsError, match="symbolic link"):
        make_runtime_dir(settings)
    clear_runtime_dir(settings)
    assert settings.runtime_dir.is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_made_before_us_by_another_user_is_refused(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path / "state", archive="simulated")
    folder = default_runtime_dir(settings.state_dir)
    folder.mkdir(mode=0o700)
    os.chown(folder, NOBODY, NOBODY)
    try:
        with pytest.raises(SettingsError, match="another user"):
            make_runtime_dir(settings)
        clear_runtime_dir(settings)
        assert folder.is_dir()
    finally:
        folder.rmdir()
