"""A year of all stations in one tar.gz: listed, streamed, checked; taken whole or not at all."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ghcnh_rows import line, parquet_file, psv_file, row
from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.station_year import FetchedFile, StationYear
from isotherm.archive.year_archive import WantedYear, newest_by_year
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import SourceError
from scripted_server import ScriptedServer, body, serve

POLICY = RetryPolicy(attempts=2, first_pause_s=0.01, longest_pause_s=0.02)
NAME = "ghcn-hourly_v1.1.0_d2001_c20260707.tar.gz"
IDS = ("USW00094846", "ACU55-00189", "AAI0000tn_A")
MADE_S = 1_780_000_000
assert GHCNH.layout.year_archives is not None
FOLDER = GHCNH.layout.year_archives.path


def psv_of(station_id: str) -> bytes:
    return psv_file(line(STATION=station_id, DATE="2001-02-03T04:51:00"))


def tar_of(members: dict[str, bytes], *, links: dict[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), MADE_S
            tar.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return out.getvalue()


def whole() -> bytes:
    return tar_of({f"2001/psv/GHCNh_{one}_2001.psv": psv_of(one) for one in IDS})


def wanted(folder: Path, *station_ids: str) -> WantedYear:
    return WantedYear(GHCNH, 2001, frozenset(station_ids or IDS), folder, lambda _: None)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ScriptedServer]:
    with serve(tmp_path / "served") as running:
        yield running


@pytest.fixture
def archive(server: ScriptedServer) -> Iterator[HttpArchive]:
    opened = HttpArchive(server.url, POLICY)
    yield opened
    opened.close()


def publish(server: ScriptedServer, content: bytes, times: int = 1) -> None:
    index = f'<html><a href="{NAME}">x</a></html>'.encode()
    server.script[f"/{FOLDER}/"] = [body(index) for _ in range(9)]
    server.script[f"/{FOLDER}/{NAME}"] = [body(content) for _ in range(times)]


def contents(found: list[FetchedFile]) -> dict[str, bytes]:
    return {
        one.station_year.station_id: gzip.decompress(one.path.read_bytes())
        for one in found
        if one.path is not None
    }


def test_the_newest_version_made_last_is_taken_of_each_year() -> None:
    names = [
        NAME,
        "ghcn-hourly_v1.1.0_d2001_c20260101.tar.gz",
        "ghcn-hourly_v1.0.9_d2001_c20260801.tar.gz",
        "ghcn-hourly_v1.10.0_d2002_c20250101.tar.gz",
        "ghcn-hourly_v1.9.0_d2002_c20260101.tar.gz",
        "ghcn-hourly_v1.1.0_d2003_c20260707.tar.gz.part",
    ]
    assert newest_by_year(names, GHCNH) == {2001: NAME, 2002: names[3]}
    assert newest_by_year(names, GLOBAL_HOURLY) == {}


def test_each_wanted_member_becomes_a_file_like_any_other(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    publish(server, whole())
    assert archive.list_year_archives(GHCNH) == {2001: NAME}
    found = archive.fetch_year(wanted(tmp_path / "out", "USW00094846", "AAI0000tn_A", "NOI0000ENJA"))
    assert contents(found) == {one: psv_of(one) for one in ("USW00094846", "AAI0000tn_A")}
    assert {one.published_at for one in found} == {datetime.fromtimestamp(MADE_S, UTC)}
    single = tmp_path / GHCNH.layout.access_path / "2001/psv/GHCNh_USW00094846_2001.psv"
    single.parent.mkdir(parents=True)
    single.write_bytes(psv_of("USW00094846"))
    alone = DirectoryArchive(tmp_path).fetch(
        StationYear("USW00094846", 2001, GHCNH.name), tmp_path / "alone"
    )
    assert alone is not None
    assert alone.sha256 in {one.sha256 for one in found}


def test_names_decide_nothing_but_which_station_year_a_member_is(tmp_path: Path) -> None:
    good = f"GHCNh_{IDS[0]}_2001.psv"
    archive = tmp_path / FOLDER / NAME
    archive.parent.mkdir(parents=True)
    members = {
        f"../../{good}": b"x", f"/tmp/{good}": b"x", f"GHCNh_{IDS[0]}_2002.psv": b"x",
        "readme.txt": b"x", f"psv/{good}.gz": gzip.compress(psv_of(IDS[0])), f"again/{good}": b"x",
        f"GHCNh_{IDS[1]}_2001.psv": b"no file of this dataset",
        f"parquet/GHCNh_{IDS[2]}_2001.parquet": parquet_file(row()),
    }  # fmt: skip
    archive.write_bytes(tar_of(members, links={f"a/{good}": "/etc/passwd"}))
    before = set(tmp_path.rglob("*"))
    found = DirectoryArchive(tmp_path).fetch_year(wanted(tmp_path / "out"))
    assert contents(found) == {IDS[0]: psv_of(IDS[0]), IDS[2]: parquet_file(row())}
    new = set(tmp_path.rglob("*")) - before - {tmp_path / "out"}
    assert {path.parent for path in new} == {tmp_path / "out"}
    assert len(new) == 2


@pytest.mark.parametrize("damage", ["cut", "end", "check", "web page", "empty"])
def test_of_a_cut_or_damaged_archive_nothing_is_kept(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path, damage: str
) -> None:
    content = whole()
    damaged = {
        "cut": content[: len(content) * 2 // 3],
        "end": content[:-9],
        # Only the checksum at its end tells.
        "check": content[:-8] + b"\0\0\0\0" + content[-4:],
        "web page": b"<html>busy</html>",
        "empty": b"",
    }[damage]
    publish(server, damaged, times=2)
    with pytest.raises(SourceError, match="cut off or damaged"):
        archive.fetch_year(wanted(tmp_path / "out"))
    assert not list((tmp_path / "out").glob("*"))


def test_a_broken_transfer_is_tried_again(
    server: ScriptedServer, archive: HttpArchive, tmp_path: Path
) -> None:
    publish(server, whole())
    script = server.script[f"/{FOLDER}/{NAME}"]
    script.insert(0, body(whole()[:300], announced=len(whole())))
    assert len(archive.fetch_year(wanted(tmp_path / "out"))) == 3


def test_a_year_without_an_archive_is_told(archive: HttpArchive, tmp_path: Path) -> None:
    assert archive.list_year_archives(GHCNH) == {}
    with pytest.raises(SourceError, match="no archive of ghcnh 2001"):
        archive.fetch_year(wanted(tmp_path))
