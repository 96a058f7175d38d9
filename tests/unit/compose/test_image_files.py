"""What an image's build step copies is all that the step's program imports."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from isotherm.settings import REPOSITORY_ROOT

_COPY = re.compile(r"^COPY (?P<sources>(?:\S+ )+)(?P<target>\S+)$", re.MULTILINE)


def test_the_program_that_fetches_hdfs_jars_has_every_module_it_imports(tmp_path: Path) -> None:
    stage = (REPOSITORY_ROOT / "docker" / "hdfs.Dockerfile").read_text().partition("\nFROM ")[2]
    first_stage = stage.partition("\nFROM ")[0]
    for found in _COPY.finditer(first_stage):
        target = tmp_path / found["target"]
        target.mkdir(parents=True, exist_ok=True)
        for source in found["sources"].split():
            shutil.copy(REPOSITORY_ROOT / source, target)
    done = subprocess.run(
        # The stage has Debian's Python, without packages.
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path[:0] = ['.']; import fetch_jars"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
