"""The peers' packages: installed beside the product's, when a benchmark first asks for them.

They are in a lock of their own, so that nobody who only runs the product downloads them.
"""

import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from isotherm.settings import load_settings

_BENCHMARKS: Final = Path(__file__).resolve().parents[1]


def ensure_peers() -> None:
    """Make scikit-learn and LightGBM importable.

    Raises:
        SystemExit: they could not be installed.
    """
    version = ".".join(platform.python_version_tuple()[:2])
    lock = _BENCHMARKS / f"requirements-{version}.lock"
    target = load_settings().tools_dir / "benchmarks"
    stamp = target / ".lock"
    if not stamp.is_file() or stamp.read_bytes() != lock.read_bytes():
        print(f"Installing the peers of {lock.name}.", flush=True)
        shutil.rmtree(target, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--require-hashes", "--target", str(target), "-r", str(lock)]
        if subprocess.run(command, check=False).returncode:
            raise SystemExit(f"The packages of {lock} could not be installed.")
        shutil.copyfile(lock, stamp)
    sys.path.append(str(target))
