"""The stores of the batch layer, an archive whose files can be replaced, and runs without Airflow."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.datasets.registry import configured
from isotherm.ingest import batch_tasks, day_tasks
from isotherm.ingest.day_ranges import days_of
from isotherm.ingest.stations import StationDirectory
from isotherm.ingest.transfer import Transfer
from isotherm.ingest.workplace import Workplace
from isotherm.settings import load_settings
from isotherm.spark.batch import tasks_of
from isotherm.spark.bucket_work import do_bucket
from isotherm.stores import source_files, tables
from isotherm.stores.hdfs_store import HdfsAddress, HdfsStore
from isotherm.stores.mysql import create_engine
from servers.hdfs_fixture import Hdfs

STATION = "01001099999"
HEADER = "STATION,DATE,SOURCE,LATITUDE,LONGITUDE,ELEVATION,NAME,REPORT_TYPE,CALL_SIGN,QUALITY_CONTROL"
HEADER += ",WND,CIG,VIS,TMP,DEW,SLP\n"


def csv_of(hours: int, station: str = STATION, *, year: int = 2014, tenths: int = -70) -> bytes:
    """A file of so many hours from the beginning of the year, one observation each."""
    rows = [
        f'"{station}","{year}-01-{1 + hour // 24:02d}T{hour % 24:02d}:00:00","4","70.93","-8.66","9.0",'
        '"JAN MAYEN NOR NAVY, NO","FM-12","99999","V020","999,9,9,9999,9","99999,9,9,N",'
        f'"999999,9,9,9","{tenths:+05d},1","+9999,9","99999,9"\n'
        for hour in range(hours)
    ]
    return (HEADER + "".join(rows)).encode()


@dataclass
class Published:
    """A directory archive whose files can be replaced by newer ones."""

    root: Path
    _time: int = field(default=1_700_000_000)

    def put(self, content: bytes, station: str = STATION, year: int = 2014) -> None:
        """Publish a file, an hour after the one before."""
        path = self.path(station, year)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self._time += 3600
        os.utime(path, (self._time, self._time))

    def path(self, station: str = STATION, year: int = 2014) -> Path:
        """Where a file lies."""
        return self.root / f"data/global-hourly/access/{year}/{station}.csv"


def place_of(servers: Hdfs, published: Published) -> Workplace:
    """The workplace of a task, on this archive."""
    engine = create_engine(servers.settings, local_files=True)
    transfers = servers.folder / "transfers"
    return Workplace(DirectoryArchive(published.root), HdfsStore(servers.settings), engine, transfers)


def transfer_of(place: Workplace) -> Transfer:
    """The place's transfer, with short pauses."""
    directory = StationDirectory(place.archive)
    return Transfer(place.archive, place.store, place.engine, directory, place.transfers, pause_s=0.05)


def empty(place: Workplace) -> None:
    """Forget everything."""
    with place.engine.begin() as connection:
        for table in tables.metadata.tables.values():
            if table.name not in ("layer_lock", "ledger"):
                connection.execute(delete(table))
    place.store.delete("/isotherm")


def summarise_pending(place: Workplace) -> int:
    """What the Spark job does, in this process; returns how many files it read."""
    with place.engine.begin() as connection:
        files = source_files.read_pending(connection)
        address = HdfsAddress(place.store._url, place.store._user)
        for task in tasks_of(files, address, configured(load_settings())):
            result = do_bucket(task)
            assert result.failure is None, result.failure
            source_files.record_summarised(connection, result.contents, result.code)
    return len(files)


def load_and_tell(run_id: str = "run") -> list[str]:
    """Load and tell; returns the days that were told."""
    loaded = batch_tasks.load_changes(run_id=run_id)
    batch_tasks.forget_told_days(run_id=run_id)
    return list(days_of(loaded["days"]))


def run_left(place: Workplace) -> list[str]:
    """What a run does after its download; returns the days that were told."""
    if batch_tasks.prepare_and_find_work().is_pending:
        summarise_pending(place)
    told = load_and_tell()
    assert batch_tasks.settle_ledger(run_label="test") is None
    return told


def run_day(place: Workplace, day: str, **form: Any) -> list[str]:  # noqa: ANN401 - a form's values
    """A whole run by hand; returns the days that were told."""
    return run_left(place) if day_tasks.download_day(form={"day": day, **form}) else []


def use_settings_of(servers: Hdfs, published: Published, patch: pytest.MonkeyPatch) -> None:
    """Let the tasks of this process find these servers and this archive, as Airflow's do."""
    patch.setenv("ISOTHERM_STATE_DIR", str(servers.folder))
    patch.setenv("ISOTHERM_PORT_BASE", str(servers.settings.port_base))
    patch.setenv("ISOTHERM_ARCHIVE", str(published.root))
    load_settings.cache_clear()
