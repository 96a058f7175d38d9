"""Downloads leave nothing behind, also when their process was killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from isotherm.ingest.transfer_folder import remove_abandoned, transfer_folder

KILLED = """
import os, signal, sys
from pathlib import Path
from isotherm.ingest.transfer_folder import transfer_folder
with transfer_folder(Path(sys.argv[1])) as folder:
    (folder / "half.csv.gz").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_folder_goes_with_its_task_also_when_that_fails(tmp_path: Path) -> None:
    def fail_half_way() -> None:
        with transfer_folder(tmp_path) as folder:
            (folder / "half.csv.gz").write_bytes(b"half")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_task_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -9
    assert len(list(tmp_path.rglob("half.csv.gz"))) == 1
    with transfer_folder(tmp_path) as folder:
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == [folder]


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    with transfer_folder(tmp_path) as folder:
        assert remove_abandoned(tmp_path) == 0
        assert folder.is_dir()
