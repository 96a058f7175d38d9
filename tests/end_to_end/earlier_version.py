"""The product as an earlier revision has it: its code, its own tools, a state folder it made."""

import io
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from isotherm.settings import REPOSITORY_ROOT, load_settings

# No version has been released; this one has 54 migrations less than the newest.
RECORDED: Final = "4ddf2a6"
VARIABLE: Final = "ISOTHERM_TEST_UPGRADE"
_UP_TIMEOUT_S: Final = 3600


@dataclass(frozen=True)
class EarlierVersion:
    """The code of one revision in a folder, with tools beside it that stay for the next time."""

    revision: str
    folder: Path

    def run(self, state_dir: Path, port_base: int, archive: Path, *arguments: str) -> None:
        """Run one of its commands to its end, which must be a good one."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("ISOTHERM_", "PYTHON"))}
        environment = {
            **inherited,
            "ISOTHERM_TOOLS_DIR": str(self.folder / "tools"),
            "ISOTHERM_STATE_DIR": str(state_dir),
            "ISOTHERM_PORT_BASE": str(port_base),
            "ISOTHERM_ARCHIVE": str(archive),
        }
        ended = subprocess.run(
            [self.folder / "code" / "isotherm", *arguments],
            env=environment, capture_output=True, text=True, check=False, timeout=_UP_TIMEOUT_S,
        )  # fmt: skip
        assert ended.returncode == 0, f"{self.revision}: {ended.stdout}{ended.stderr}"


def earlier_version() -> EarlierVersion:
    """The one that is asked for; the test is skipped where none is, or the history has it not."""
    asked = os.environ.get(VARIABLE)
    if not asked:
        pytest.skip(f"twenty minutes: {VARIABLE}=last ./isotherm test, or a revision for `last`")
    revision = _revision(_last() if asked == "last" else asked)
    folder = load_settings().tools_dir.parent / "upgrade" / revision
    if not (folder / "code").exists():
        packed = subprocess.run(
            ["git", "archive", "--format=tar", revision],
            cwd=REPOSITORY_ROOT,
            capture_output=True,
            check=True,
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as files:
            files.extractall(folder / "code", filter="data")
    return EarlierVersion(revision, folder)


def _last() -> str:
    """The newest release before this commit, else the recorded revision."""
    return _git("describe", "--tags", "--abbrev=0", "--match=v*", "HEAD~1") or RECORDED


def _revision(name: str) -> str:
    found = _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if not found:
        pytest.skip(f"the revision {name} is not here: no git, or a checkout without history")
    return found


def _git(*arguments: str) -> str:
    """What git says; nothing where there is none, or it fails."""
    try:
        ended = subprocess.run(
            ["git", *arguments], cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""
