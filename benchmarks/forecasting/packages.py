"""The peers' packages: installed beside the product's, when a benchmark first asks for them.

They are in a lock of their own, so that nobody who only runs the product downloads them.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from isotherm.local.packages import install, lock_for_this_python
from isotherm.settings import load_settings

_BENCHMARKS: Final = Path(__file__).resolve().parents[1]


def ensure_peers() -> None:
    """Make scikit-learn and LightGBM importable.

    Raises:
        SetupError: they could not be installed.
    """
    lock = lock_for_this_python(_BENCHMARKS, "requirements")
    target = load_settings().tools_dir / "benchmarks"
    stamp = target / ".lock"
    if not stamp.is_file() or stamp.read_bytes() != lock.read_bytes():
        print(f"Installing the peers of {lock.name}.", flush=True)
        install(lock, target)
        shutil.copyfile(lock, stamp)
    sys.path.append(str(target))
