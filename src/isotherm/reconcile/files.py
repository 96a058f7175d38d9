"""The very versions of files that the batch layer read, brought from HDFS to the lane's feeder."""

import logging
from collections.abc import Iterable

from isotherm.archive.station_year import SourceFile
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.source_files import HeldVersion
from isotherm.stream.downloads import Downloads


def bring_files(
    store: HdfsStore, downloads: Downloads, files: Iterable[HeldVersion]
) -> list[SourceFile]:
    """Have them in the download folder; the archive is not asked, so a newer publication is no drift.

    Raises:
        StoreError: HDFS does not answer, or lacks a file.
    """
    # It tells of every request, which is a line per file.
    logging.getLogger("hdfs").setLevel(logging.WARNING)
    brought = []
    for one in files:
        version = SourceFile(one.station_year, one.sha256, one.published_at)
        downloads.put(version, store.read(one.hdfs_path))
        brought.append(version)
    return brought
