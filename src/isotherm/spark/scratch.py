"""A folder for what a long-lived driver needs while it runs: copies of its state, what Java unpacks.

Spark removes them itself where it ends in peace. A driver that was killed leaves up to 30 MB behind,
which nobody would know for ours in a folder of the system.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from isotherm.settings import Settings

_PREFIX: Final = "spark-"


@contextmanager
def scratch_folder(settings: Settings, name: str) -> Iterator[Path]:
    """An empty folder; it goes with the driver. Whoever calls is the only one of this name."""
    folder = settings.state_dir / "run" / f"{_PREFIX}{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_scratch(settings: Settings) -> None:
    """Remove what drivers have left; none may run."""
    for folder in (settings.state_dir / "run").glob(f"{_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)
