"""The state folder: what killed downloads left, what old feeds left, logs of old runs."""

import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from isotherm.ingest.transfer_folder import abandoned
from isotherm.maintenance.removal import Removal
from isotherm.settings import Settings
from isotherm.stream.clean_up import OLD_AFTER_DAYS

_DAY_S: Final = 86_400
_BLOCK_BYTES: Final = 512


def clean_folders(settings: Settings, *, runs_kept_days: int, dry_run: bool) -> list[Removal]:
    """Remove files nobody has touched for long; what a running task or stream writes is never old."""
    state = settings.state_dir
    feeds = f"touched within {OLD_AFTER_DAYS} days"
    runs = f"touched within {runs_kept_days} days"
    parts: list[tuple[str, str, Iterable[Path]]] = [
        ("folders of killed downloads", "those in use", abandoned(state / "transfers")),
        ("downloads of feeds", feeds, _old_files(state / "downloads", OLD_AFTER_DAYS)),
        ("positions of feeds", feeds, _old_files(state / "feeds", OLD_AFTER_DAYS)),
        ("checkpoints", feeds, _old_folders(_checkpoints(settings), OLD_AFTER_DAYS)),
        ("logs of Airflow's tasks", runs, _old_runs(state / "airflow" / "logs", runs_kept_days)),
    ]
    return [_remove(what, kept, list(paths), dry_run=dry_run) for what, kept, paths in parts]


def size_of(path: Path) -> int:
    """Bytes on disk of a file, or of all files below a folder; what goes away meanwhile counts 0."""
    try:
        if not path.is_dir() or path.is_symlink():
            return path.lstat().st_blocks * _BLOCK_BYTES
        return sum(size_of(one) for one in path.iterdir())
    except FileNotFoundError:
        return 0


def _remove(what: str, kept: str, paths: list[Path], *, dry_run: bool) -> Removal:
    paths = [path for path in paths if path.exists()]
    freed = sum(map(size_of, paths))
    if not dry_run:
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    return Removal(what, kept, len(paths), freed)


def _checkpoints(settings: Settings) -> Path:
    """Their folder; one that is in another store is the stream's to clean, whose Spark knows it."""
    address = urlsplit(settings.checkpoint_uri)
    return Path(unquote(address.path)) if address.scheme == "file" else Path("/nonexistent")


def _old_files(folder: Path, days: int) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and _touched_at(path) < time.time() - days * _DAY_S:
            yield path


def _old_folders(folder: Path, days: int) -> Iterator[Path]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.is_dir() and _touched_at(path) < time.time() - days * _DAY_S:
                yield path


def _old_runs(logs: Path, days: int) -> Iterator[Path]:
    """Folders of the logs of runs, and of the dag-processor's days."""
    for folder in [*sorted(logs.glob("dag_id=*")), logs / "dag_processor"]:
        yield from _old_folders(folder, days)


def _touched_at(path: Path) -> float:
    """When a file, or anything below a folder, was changed last; seconds since 1970."""
    inside = path.rglob("*") if path.is_dir() else ()
    times = [path.lstat().st_mtime]
    for one in inside:
        try:
            times.append(one.lstat().st_mtime)
        except FileNotFoundError:
            continue
    return max(times)
