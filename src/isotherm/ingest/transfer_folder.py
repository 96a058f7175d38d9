"""The folder downloads go through: one per task, locked, and gone with it, also after kill -9."""

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from isotherm.errors import LockedError
from isotherm.files import hold_lock
from isotherm.ingest.report import log

_LOCK_SUFFIX: Final = ".lock"
# Whoever cleans up may hold a lock that was just made, for a moment.
_LOCK_WAIT_S: Final = 10.0
# A lock that was just made may not be held yet.
_SETTLED_AFTER_S: Final = 3600


@contextmanager
def transfer_folder(root: Path) -> Iterator[Path]:
    """A new folder below `root`; those that killed tasks left there are removed first."""
    remove_abandoned(root)
    folder = root / uuid.uuid4().hex[:12]
    lock = folder.with_name(f"{folder.name}{_LOCK_SUFFIX}")
    with hold_lock(lock, wait_s=_LOCK_WAIT_S):
        try:
            folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)


def remove_abandoned(root: Path) -> int:
    """Remove the folders nobody holds; a lock ends with its process, however that ends.

    Returns:
        How many there were.
    """
    removed = 0
    for lock in sorted(root.glob(f"*{_LOCK_SUFFIX}")):
        with suppress(LockedError), hold_lock(lock):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
            removed += 1
    if removed:
        log.info(f"Removed what {removed} killed downloads had left.")
    return removed


def abandoned(root: Path) -> list[Path]:
    """The folders nobody holds and has for an hour not, with their locks: no name comes twice."""
    found = []
    for lock in sorted(root.glob(f"*{_LOCK_SUFFIX}")):
        with suppress(LockedError, FileNotFoundError):
            if time.time() - lock.stat().st_mtime > _SETTLED_AFTER_S:
                with hold_lock(lock):
                    found += [lock.with_suffix(""), lock]
    return found
