"""Files are whole or absent, folders private, locks held by one, and only ours is ours."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from isotherm.errors import LockedError, SettingsError
from isotherm.files import MARKER, hold_lock, is_ours, make_private_folder, mark_as_ours, write_whole

NOBODY = 65534


def test_a_written_file_has_its_content_and_leaves_nothing_beside(tmp_path: Path) -> None:
    write_whole(tmp_path / "deep" / "one.json", "grün")
    write_whole(tmp_path / "deep" / "one.json", b"\x00\xff")
    assert (tmp_path / "deep" / "one.json").read_bytes() == b"\x00\xff"
    assert [one.name for one in (tmp_path / "deep").iterdir()] == ["one.json"]


def test_a_private_file_has_its_mode_whatever_the_umask_and_the_old_file_say(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o666)
    previous = os.umask(0)
    try:
        write_whole(path, "new", mode=0o600)
        write_whole(tmp_path / "public", "all")
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "public").stat().st_mode) == 0o666


def test_a_failed_write_keeps_the_old_file_and_leaves_no_part(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "inside").touch()
    with pytest.raises(OSError, match="one"):
        write_whole(tmp_path / "one", "text")  # a folder is not replaced by a file
    assert [one.name for one in tmp_path.iterdir()] == ["one"]


def test_a_reader_sees_the_old_or_the_new_file_also_when_the_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "counted"
    program = (
        "import sys\nfrom pathlib import Path\nfrom isotherm.files import write_whole\n"
        "while True:\n    for one in 'ab': write_whole(Path(sys.argv[1]), one * 300_000)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", program, str(path)])
    while not path.exists():
        time.sleep(0.01)
    until = time.monotonic() + 1
    while time.monotonic() < until:
        assert set(path.read_text()) in ({"a"}, {"b"})
        assert len(path.read_text()) == 300_000
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert len(path.read_text()) == 300_000


def test_a_private_folder_is_closed_to_others_and_an_open_one_is_closed(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "new" / "one")
    (tmp_path / "open").mkdir(mode=0o755)
    make_private_folder(tmp_path / "open")
    for name in ("new/one", "open"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700


def test_a_link_and_a_file_are_not_taken_for_a_private_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    for name, why in (("link", "symbolic link"), ("dangling", "symbolic link"), ("file", "no folder")):
        with pytest.raises(SettingsError, match=rf"{name} is .*{why}.*ISOTHERM_RUNTIME_DIR"):
            make_private_folder(tmp_path / name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_takes_no_folder_of_another_user(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", NOBODY, NOBODY)
    with pytest.raises(SettingsError, match=r"another user \(number 65534\)"):
        make_private_folder(tmp_path / "theirs")


def test_a_lock_admits_one_and_ends_with_a_killed_holder(tmp_path: Path) -> None:
    path = tmp_path / "run" / "one.lock"
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom isotherm.files import hold_lock\n"
        "with hold_lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(600)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(LockedError, match=r"one\.lock"), hold_lock(path):
        pass
    holder.send_signal(signal.SIGKILL)
    with hold_lock(path, wait_s=10) as lock:
        lock.write("mine")
        lock.flush()
    holder.wait()
    with hold_lock(path) as lock:
        lock.seek(0)
        assert lock.read() == "mine"


def test_a_lock_whose_file_its_holder_deletes_still_admits_one(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    with hold_lock(path):
        path.unlink()
        with hold_lock(path), pytest.raises(LockedError), hold_lock(path):
            pass


def test_only_a_marked_folder_is_ours(tmp_path: Path) -> None:
    assert not is_ours(tmp_path)
    assert not is_ours(tmp_path / "nowhere")
    mark_as_ours(tmp_path)
    mark_as_ours(tmp_path)
    assert is_ours(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / MARKER).symlink_to(tmp_path / MARKER)
    (tmp_path / "link").symlink_to(tmp_path)
    assert not is_ours(tmp_path / "other")
    assert not is_ours(tmp_path / "link")
