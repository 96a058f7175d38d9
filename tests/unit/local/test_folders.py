"""Nothing is deleted that Isotherm did not make, and no folder of others is taken for sockets."""

import os
import socket
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
from isotherm.local.locks import command_lock
from isotherm.local.servers import hdfs
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


def test_a_folder_of_the_version_before_still_counts_as_ours(settings: Settings) -> None:
    settings.state_dir.mkdir()
    (settings.state_dir / "archive.json").write_text('{"archive": "noaa"}')
    require_our_state_dir(settings.state_dir)


@pytest.mark.parametrize("name", ["run/servers.json", "run/command.lock"])
def test_what_a_command_may_leave_anywhere_is_no_proof_that_a_folder_is_ours(
    settings: Settings, name: str
) -> None:
    path = settings.state_dir / name
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(SettingsError, match="was not made by Isotherm"):
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
    bound(settings.runtime_dir / "mysql.sock")
    claim_state_dir(settings)
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


def test_down_in_a_folder_of_somebody_else_touches_nothing_and_makes_it_not_ours(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.state_dir.mkdir()
    (settings.state_dir / "thesis.txt").write_text("ten years of work")
    assert not Stack(settings).stop()
    assert [one.name for one in settings.state_dir.iterdir()] == ["thesis.txt"]
    with pytest.raises(SettingsError, match="was not made by Isotherm"):
        reset(settings.state_dir, monkeypatch)
    with pytest.raises(SettingsError, match="was not made by Isotherm"):
        reset(settings.state_dir, monkeypatch)
    assert (settings.state_dir / "thesis.txt").read_text() == "ten years of work"


@pytest.mark.parametrize("content", ["[1, 2]", '{"boxes": 3}', "no JSON"])
def test_an_archive_json_of_somebody_else_is_not_replaced(settings: Settings, content: str) -> None:
    settings.state_dir.mkdir()
    theirs = settings.state_dir / "archive.json"
    theirs.write_text(content)
    assert not Stack(settings).stop()
    with pytest.raises(SettingsError, match=r"not a record of Isotherm's"):
        Stack(settings).start()
    with pytest.raises(SettingsError, match="was not made by Isotherm"):
        require_our_state_dir(settings.state_dir)
    assert theirs.read_text() == content
    assert len(list(settings.state_dir.iterdir())) == 1


def test_the_lock_of_a_command_goes_though_it_is_interrupted(settings: Settings) -> None:
    lock = settings.state_dir / "run" / "command.lock"

    def interrupted() -> None:
        with command_lock(settings, "up"):
            assert lock.exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not lock.exists()


def bound(path: Path) -> None:
    """A socket somebody left."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def test_down_removes_our_sockets_locks_and_link_by_their_kind(settings: Settings) -> None:
    make_runtime_dir(settings)
    for name in ("observation.sock", "mysql.sock", ".s.PGSQL.5432"):
        bound(settings.runtime_dir / name)
    for name in ("observation.lock", "mysql.sock.lock", ".s.PGSQL.5432.lock"):
        (settings.runtime_dir / name).touch()
    (settings.runtime_dir / "hdfs").symlink_to(settings.state_dir / "hdfs")
    clear_runtime_dir(settings)
    assert not settings.runtime_dir.exists()


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_the_user_calls_as_we_do_stays_and_down_ends_well(
    settings: Settings, tmp_path: Path, kind: str
) -> None:
    make_runtime_dir(settings)
    names = ["hdfs", "mysql.sock", "observation.lock"]
    for name in names if kind != "file" else names[:2]:
        path = settings.runtime_dir / name
        if kind == "folder":
            path.mkdir()
            (path / "kept").touch()
        elif kind == "file":
            path.write_text("kept")
        else:
            path.symlink_to(tmp_path / "elsewhere")
    before = sorted(settings.runtime_dir.rglob("*"))
    claim_state_dir(settings)
    assert not Stack(settings).stop()
    assert sorted(settings.runtime_dir.rglob("*")) == before


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_hdfs_does_not_put_its_link_in_the_place_of_something_else(tmp_path: Path, kind: str) -> None:
    settings = Settings(state_dir=tmp_path / "a state", runtime_dir=tmp_path / "sockets")
    theirs = settings.runtime_dir / "hdfs"
    settings.runtime_dir.mkdir(mode=0o700)
    theirs.mkdir() if kind == "folder" else theirs.write_text("kept")
    with pytest.raises(SettingsError, match="Move it away"):
        hdfs.link_data_folder(settings)
    assert theirs.is_dir() if kind == "folder" else theirs.read_text() == "kept"


def test_a_link_of_hdfs_that_is_right_is_left_alone(tmp_path: Path) -> None:
    """Its two servers are prepared side by side: neither may take it away from under the other."""
    settings = Settings(state_dir=tmp_path / "a state", runtime_dir=tmp_path / "sockets")
    hdfs.link_data_folder(settings)
    link = settings.runtime_dir / "hdfs"
    made_at = link.lstat().st_mtime_ns
    hdfs.link_data_folder(settings)
    assert link.lstat().st_mtime_ns == made_at
    link.unlink()
    link.symlink_to(tmp_path)
    hdfs.link_data_folder(settings)
    assert link.readlink() == settings.state_dir / "hdfs"
