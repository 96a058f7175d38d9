"""Removes what feeds leave behind once it is of no use: downloads, positions, locks.

Kafka keeps a feed's messages for 7 days; a month later nothing of it can be resumed. Checkpoints may
lie in another store, which Spark knows: see `checkpoints`.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from isotherm.settings import Settings
from isotherm.spark.scratch import remove_scratch
from isotherm.stream.feeder_files import ROWS_ENDING

OLD_AFTER_DAYS: Final = 30
_LOCKS: Final = ("stream-*.lock", "feeder-*.lock")
_DAY_S: Final = 86_400


def old_before() -> float:
    """Seconds since 1970: what was touched last before this is old."""
    return time.time() - OLD_AFTER_DAYS * _DAY_S


def remove_old(settings: Settings, feed_id: str) -> dict[str, int]:
    """Remove files of feeds that nothing has touched for 30 days, but this feed's; returns how many.

    Called before its stream starts, while no other runs: what killed ones needed goes too.
    """
    state = settings.state_dir
    remove_scratch(settings)
    return {
        "downloads": _remove(_files(state / "downloads"), feed_id),
        "feeds": _remove(_files_of_feeds(state / "feeds", feed_id), feed_id),
        "locks": sum(_remove((state / "run").glob(one), feed_id) for one in _LOCKS),
    }


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _files_of_feeds(folder: Path, feed_id: str) -> Iterable[Path]:
    """Of a feed that goes on also an old file may be what it knows: its folder stays whole."""
    living = {one.stem for one in folder.glob("*.json") if one.lstat().st_mtime >= old_before()}
    kept = {f"{one}{ROWS_ENDING}" for one in (*living, feed_id)}
    return (path for path in _files(folder) if path.relative_to(folder).parts[0] not in kept)


def _remove(paths: Iterable[Path], feed_id: str) -> int:
    limit = old_before()
    old = [one for one in paths if feed_id not in one.name and one.lstat().st_mtime < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
