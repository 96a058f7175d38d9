"""Files of HDFS to a folder and back: the models, and where asked for the whole archive."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from isotherm.backup.manifest import HDFS, FileSum, Manifest, Report
from isotherm.errors import BackupError
from isotherm.files import PRIVATE_FILE, write_whole
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, MODEL_ROOT, OBSERVATION_ROOT, RAW_ROOT
from isotherm.stores.hdfs_store import HdfsStore

ARCHIVE_ROOTS: Final = (RAW_ROOT, OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT)


def copy_out(
    store: HdfsStore, folder: Path, *, with_archive: bool, report: Report
) -> dict[str, FileSum]:
    """Copy files to `folder/hdfs`; returns them by their paths in the back-up.

    A file that is deleted meanwhile is left out: what deleted it has changed MySQL's rows too.

    Raises:
        StoreError: HDFS did not answer.
    """
    copied: dict[str, FileSum] = {}
    for root in (MODEL_ROOT, *(ARCHIVE_ROOTS if with_archive else ())):
        for path in files_below(store, root):
            content = store.read_if_exists(path)
            if content is None:
                continue
            write_whole(folder / f"{HDFS}{path}", content, mode=PRIVATE_FILE)
            copied[f"{HDFS}{path}"] = _sum(content)
            report(f"copying HDFS, {len(copied)} files: {path}")
    return copied


def copy_in(store: HdfsStore, folder: Path, manifest: Manifest, report: Report) -> None:
    """Put the back-up's files where they were, and read each once more.

    Raises:
        StoreError: HDFS did not take them.
        BackupError: HDFS gives another content back.
    """
    paths = manifest.hdfs_files
    for count, path in enumerate(paths, start=1):
        report(f"copying to HDFS, {count} of {len(paths)} files: {path}")
        store.write(path, folder / f"{HDFS}{path}")
        if _sum(store.read(path)) != manifest.files[f"{HDFS}{path}"]:
            raise BackupError(
                f"HDFS gives {path} back other than it was written. See `./isotherm logs "
                "hdfs-datanode` and the disk below it, then restore again."
            )


def files_below(store: HdfsStore, folder: str) -> Iterator[str]:
    """Paths of all files below a folder, sorted, without those being written.

    Raises:
        StoreError: HDFS did not answer.
    """
    for entry in sorted(store.entries(folder), key=lambda one: one.name):
        if entry.name.startswith((".", "_")):
            continue
        path = f"{folder}/{entry.name}"
        if entry.is_folder:
            yield from files_below(store, path)
        else:
            yield path


def _sum(content: bytes) -> FileSum:
    return FileSum(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
