"""What an image's build step copies is all that the step's program imports."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from compose_file import DOCKERFILES

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


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda one: one.stem)
def test_what_an_image_copies_is_sent_to_the_engine(dockerfile: Path) -> None:
    lines = (REPOSITORY_ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*", "all else is left out"
    sent = {one.removeprefix("!") for one in lines if one.startswith("!")}
    copies = [line.split()[1:-1] for line in dockerfile.read_text().splitlines() if line[:5] == "COPY "]
    ours = [words for words in copies if not words[0].startswith("--from=")]
    sources = {word for words in ours for word in words if not word.startswith("--")}
    assert {one for one in sources if one.split("/")[0] not in sent} == set()
    assert all((REPOSITORY_ROOT / one).exists() for one in sources)
