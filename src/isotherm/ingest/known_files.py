"""What the platform has of the files a task asks for: in the ledger, and really in HDFS."""

import gzip
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import Final, Self

from sqlalchemy import Engine

from isotherm.archive.station_year import StationYear
from isotherm.datasets.registry import dataset_named
from isotherm.ingest.report import log
from isotherm.stores import source_files
from isotherm.stores.hdfs_layout import raw_folder, raw_path
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.source_files import KnownFile

_MAGIC_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class KnownFiles:
    """The ledger's files of some years, and one listing of each year's raw folder."""

    files: dict[StationYear, KnownFile]
    names: dict[tuple[str, int], frozenset[str]]

    @classmethod
    def read(cls, engine: Engine, store: HdfsStore, wanted: Collection[StationYear]) -> Self:
        """Look at the years these station-years are of.

        Raises:
            StoreError: HDFS does not answer.
        """
        folders = {(one.dataset, one.year) for one in wanted}
        names = {folder: frozenset(store.list(raw_folder(*folder))) for folder in sorted(folders)}
        known = cls(in_ledger(engine, wanted), names)
        known._tell_losses()
        return known

    def of(self, station_year: StationYear) -> KnownFile | None:
        """What the ledger says of one file."""
        return self.files.get(station_year)

    def is_lost(self, station_year: StationYear) -> bool:
        """Whether the ledger has a file that HDFS has not."""
        known = self.files.get(station_year)
        if known is None:
            return False
        return known.hdfs_path.rpartition("/")[2] not in self.raw_names(station_year)

    def raw_names(self, station_year: StationYear) -> Collection[str]:
        """Names in the raw folder of its year, as they were when the task began."""
        return self.names[station_year.dataset, station_year.year]

    def _tell_losses(self) -> None:
        lost: Sequence[StationYear] = [one for one in self.files if self.is_lost(one)]
        if lost:
            first = lost[0]
            log.warning(
                f"HDFS has lost {len(lost)} raw files that the ledger knows, the first is that of "
                f"{first.dataset} {first.year} {first.station_id}. They are fetched again."
            )


def in_ledger(engine: Engine, wanted: Collection[StationYear]) -> dict[StationYear, KnownFile]:
    """Those of these files that the ledger has."""
    folders = sorted({(one.dataset, one.year) for one in wanted})
    files: dict[StationYear, KnownFile] = {}
    with engine.connect() as connection:
        for dataset, group in groupby(folders, key=lambda folder: folder[0]):
            years = [year for _, year in group]
            files |= source_files.read_known_files(connection, dataset, years)
    return {one: files[one] for one in wanted if one in files}


def find_lost_sources(engine: Engine, store: HdfsStore) -> list[StationYear]:
    """The files Spark is to read, of any year, whose raw file HDFS has lost: to be fetched first.

    Raises:
        StoreError: HDFS does not answer.
    """
    with engine.connect() as connection:
        pending = source_files.read_pending(connection)
    lost = []
    for folder, group in groupby(pending, key=lambda one: (one.dataset, one.year)):
        names = frozenset(store.list(raw_folder(*folder)))
        lost += [
            StationYear(one.station_id, one.year, one.dataset)
            for one in group
            if one.hdfs_path.rpartition("/")[2] not in names
        ]
    return lost


def file_stem(key: StationYear) -> str:
    """What the names of all versions of a raw file begin with, before a dot."""
    name = dataset_named(key.dataset).layout.forms[0].file_name(key.station_id, key.year)
    return name.rpartition(".")[0]


def version_path(key: StationYear, sha256: str, content: bytes) -> str:
    """Where one version of a file lies in HDFS; its name ends as its form's does.

    Args:
        key: whose file it is.
        sha256: of its uncompressed content.
        content: gzip.
    """
    with gzip.open(BytesIO(content)) as plain:
        form = dataset_named(key.dataset).layout.form_of(plain.read(_MAGIC_BYTES))
    file_name = form.file_name(key.station_id, key.year)
    return raw_path(key.dataset, key.year, file_name, sha256)
