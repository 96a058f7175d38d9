"""GHCNh on real servers: two forms of a file, years at once, reports of other places, no stale rows."""

import os
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select

from ghcnh_rows import STATION, line, parquet_file, psv_file, row
from isotherm.archive.station_year import StationYear
from isotherm.audit.files import settle_files
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.ingest.transfer import Transfer
from isotherm.ingest.transfer_report import TransferReport
from isotherm.ingest.workplace import Workplace
from isotherm.stores import tables
from isotherm.stores.bucket_tables import read_bucket
from isotherm.stores.hdfs_layout import OBSERVATION_ROOT, bucket_of, raw_folder
from real_files import real_root
from servers.hdfs_fixture import Hdfs
from servers.ingest_fixture import (
    Published,
    empty,
    place_of,
    summarise_pending,
    transfer_of,
)

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

YEAR = StationYear(STATION, 2026, GHCNH.name)
IDS = (STATION, "ACU55-00189", "AAI0000tn_A")
TAR = "ghcn-hourly_v1.1.0_d2001_c20260707.tar.gz"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def place(servers: Hdfs, root: Path) -> Iterator[Workplace]:
    found = place_of(servers, Published(root))
    empty(found)
    yield found
    found.engine.dispose()


@pytest.fixture
def transfer(place: Workplace) -> Transfer:
    return transfer_of(place)


def publish(root: Path, content: bytes, form: int, key: StationYear, at_s: int = 1_775_000_000) -> None:
    """Put a file into the archive: of form 0, Parquet, or 1, psv."""
    layout = GHCNH.layout
    path = root / layout.access_path / layout.forms[form].path(key.station_id, key.year)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at_s, at_s))


def psv_of_2001(station_id: str) -> bytes:
    return psv_file(line(STATION=station_id, DATE="2001-02-03T04:51:00"))


def publish_year(
    root: Path, tmp_path: Path, station_ids: tuple[str, ...], cut: int | None = None
) -> None:
    assert GHCNH.layout.year_archives is not None
    target = root / GHCNH.layout.year_archives.path / TAR
    target.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target, "w:gz") as tar:
        for one in station_ids:
            member = tmp_path / f"GHCNh_{one}_2001.psv"
            member.write_bytes(psv_of_2001(one))
            tar.add(member, f"2001/{member.name}")
    target.write_bytes(target.read_bytes()[:cut])


def counts(report: TransferReport) -> dict[str, int]:
    return {outcome: count for outcome, count in report.counts.items() if count}


def observations(place: Workplace) -> pl.DataFrame:
    table = read_bucket(place.store, OBSERVATION_ROOT, GHCNH.name, 2026, bucket_of(STATION))
    assert table is not None
    return table.rows


def routine_hours(place: Workplace) -> list[tuple[int, int]]:
    """Count and sum of each hour in MySQL."""
    table = tables.hourly_summary
    statement = select(table.c.observation_count, table.c.sum_tenths).where(table.c.rule == "routine")
    with place.engine.connect() as connection:
        return [tuple(one) for one in connection.execute(statement.order_by(table.c.hour_start))]


def load(place: Workplace) -> None:
    assert summarise_pending(place) == 1
    place.loader.load_changes()


def test_a_new_version_in_another_form_replaces_every_row_of_the_older_one(
    place: Workplace, transfer: Transfer, root: Path
) -> None:
    older = [
        line(DATE="2026-02-03T04:51:00", temperature="-11.1"),
        line(DATE="2026-02-03T05:51:00", temperature="-11.2"),
        line(DATE="2026-02-03T05:53:00", temperature="-19.0", temperature_Report_Type="FM12"),
    ]
    publish(root, psv_file(*older), 1, YEAR)
    assert counts(transfer.run([YEAR])) == {"changed": 1}
    load(place)
    assert routine_hours(place) == [(1, -111), (1, -112)]
    # The same minutes under other sources and report types: merged by these, each would be there twice.
    other = {"temperature_Source_Code": "223", "temperature_Quality_Code": "1"}
    newer = [
        row(DATE="2026-02-03T04:51:00", temperature="-12.1", temperature_Report_Type="FM12", **other),
        row(DATE="2026-02-03T05:51:00", temperature="-12.2", **other),
        row(DATE="2026-02-03T05:53:00", temperature="-12.4", temperature_Report_Type="FM16", **other),
    ]
    publish(root, parquet_file(*newer), 0, YEAR, at_s=1_775_100_000)
    assert counts(transfer.run([YEAR])) == {"changed": 1}
    load(place)
    assert observations(place)["source"].unique().to_list() == ["223"]
    assert observations(place).height == 3
    assert routine_hours(place) == [(1, -121), (1, -122)]
    endings = [name.split(".", 2)[2] for name in place.store.list(raw_folder(GHCNH.name, 2026))]
    assert sorted(endings) == ["parquet.gz", "psv.gz"]
    assert counts(transfer.run([YEAR])) == {"unchanged": 1}


def test_a_report_of_another_place_is_kept_with_its_reason_and_the_ledger_balances(
    place: Workplace, transfer: Transfer, root: Path
) -> None:
    texts = ("-3.0", "-3.1", "-2.9", "-2.5", "27.4", "-2.0", "-1.8", "-1.5", "-1.0")
    hours = [
        line(DATE=f"2026-02-03T{hour:02}:00:00", temperature=text) for hour, text in enumerate(texts)
    ]
    publish(root, psv_file(*hours), 1, YEAR)
    transfer.run([YEAR])
    load(place)
    assert [total for _, total in routine_hours(place)] == [-30, -31, -29, -25, -20, -18, -15, -10]
    with place.engine.connect() as connection:
        kept = connection.execute(
            select(tables.rejected_observation.c.source_line, tables.rejected_observation.c.reason)
        ).all()
        count = connection.execute(
            select(tables.rejection_count.c.origin, tables.rejection_count.c.rejected).where(
                tables.rejection_count.c.reason == "unlike_neighbours"
            )
        ).all()
        rows = connection.scalar(select(tables.source_file.c.row_count))
    assert [tuple(one) for one in kept] == [(5, "unlike_neighbours")]
    assert [tuple(one) for one in count] == [(GHCNH.name, 1)]
    audit = settle_files(place.engine, place.store, "test")
    assert all(one.is_balanced for one in audit.lines)
    assert {(one.fed, one.dead_lettered) for one in audit.lines} == {(9, 1)}
    # The file covers all of its reports: the next version is not taken for one that has shrunk.
    assert rows == 9
    publish(root, psv_file(*hours, line(DATE="2026-02-03T09:00:00")), 1, YEAR, at_s=1_775_200_000)
    assert counts(transfer.run([YEAR])) == {"changed": 1}


PAIRS = {("USW00094846", 2014): "72530094846", ("NOI0000ENJA", 2024): "01001099999"}


def test_real_years_of_both_datasets_are_the_same_hours_in_mysql(servers: Hdfs) -> None:
    place = place_of(servers, Published(real_root()))
    empty(place)
    newer = [StationYear(one, year, GHCNH.name) for one, year in PAIRS]
    older = [StationYear(one, year, GLOBAL_HOURLY.name) for (_, year), one in PAIRS.items()]
    assert counts(transfer_of(place).run([*newer, *older])) == {"changed": 4}
    assert summarise_pending(place) == 4
    table = tables.hourly_summary
    place.loader.load_changes()
    names = ("rule", "hour_start", "observation_count", "min_tenths", "max_tenths", "sum_tenths")
    with place.engine.connect() as connection:
        for (newer_id, _), older_id in PAIRS.items():
            newer_hours, older_hours = (
                connection.execute(
                    select(*(table.c[name] for name in names))
                    .where(table.c.station_id == station_id)
                    .order_by(table.c.rule, table.c.hour_start)
                ).all()
                for station_id in (newer_id, older_id)
            )
            assert len(newer_hours) > 18_000
            assert newer_hours == older_hours
    place.engine.dispose()


def test_files_of_the_version_before_reach_mysql_hour_by_hour(
    place: Workplace, transfer: Transfer, root: Path
) -> None:
    """NOAA's samples of 1.0.1, which has other columns, split into the years they hold."""
    expected: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    files: dict[StationYear, list[str]] = defaultdict(list)
    for sample in sorted((real_root() / "ghcnh").glob("v1.0.1_GHCNh_*_por.psv")):
        head, *lines = sample.read_text().splitlines()
        for text in (one for one in lines if "|" in one):
            values = dict(zip(head.split("|"), text.split("|"), strict=True))
            key = StationYear(values["Station_ID"], int(values["Year"]), GHCNH.name)
            files[key] = [*(files[key] or [head]), text]
            time = [int(values[name]) for name in ("Year", "Month", "Day", "Hour")]
            if values["temperature"]:
                tenths = round(float(values["temperature"]) * 10)
                expected[key.station_id, datetime(*time)].append(tenths)  # type: ignore[arg-type,misc] # noqa: DTZ001
    assert (len(files), len(expected)) == (6, 11)
    for key, some in files.items():
        publish(root, "\n".join([*some, ""]).encode(), 1, key)
    assert counts(transfer.run(list(files))) == {"changed": len(files)}
    assert summarise_pending(place) == len(files)
    place.loader.load_changes()
    hour = tables.hourly_summary.c
    with place.engine.connect() as connection:
        found = connection.execute(
            select(hour.station_id, hour.hour_start, hour.observation_count, hour.sum_tenths).where(
                hour.rule == "unfiltered"
            )
        ).all()
    assert {tuple(one) for one in found} == {
        (*key, len(some), sum(some)) for key, some in expected.items()
    }
    assert all(one.is_balanced for one in settle_files(place.engine, place.store, "test").lines)


def test_many_new_files_of_a_year_come_from_its_archive_and_the_rest_alone(
    place: Workplace, transfer: Transfer, root: Path, tmp_path: Path
) -> None:
    wanted = [StationYear(one, 2001, GHCNH.name) for one in IDS]
    publish_year(root, tmp_path, IDS[:2])
    publish(root, psv_of_2001(IDS[2]), 1, wanted[2])
    assert counts(replace(transfer, year_archive_from=4).run(wanted)) == {"changed": 1, "absent": 2}
    empty(place)
    by_year = replace(transfer, year_archive_from=3)
    assert by_year.year_archives.years_of(wanted) == [(GHCNH.name, 2001)]
    assert counts(by_year.run(wanted)) == {"changed": 3}
    assert len(place.store.list(raw_folder(GHCNH.name, 2001))) == 3
    assert not list(transfer.folder.rglob("*ghcnh*"))


def test_an_archive_that_is_cut_off_is_told_and_its_files_come_one_by_one(
    place: Workplace,
    transfer: Transfer,
    root: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    wanted = [StationYear(one, 2001, GHCNH.name) for one in IDS]
    publish_year(root, tmp_path, IDS, cut=300)
    for one in wanted[1:]:
        publish(root, psv_of_2001(one.station_id), 1, one)
    report = replace(transfer, year_archive_from=3).run(wanted)
    assert counts(report) == {"changed": 2, "absent": 1}
    assert "cut off or damaged" in "".join(capfd.readouterr())
