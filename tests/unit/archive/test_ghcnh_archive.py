"""GHCNh at NOAA's two addresses, played by real servers on loopback, and in a directory."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from ghcnh_rows import STATION, line, parquet_file, psv_file, row
from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.http_archive import HttpArchive
from isotherm.archive.http_client import RetryPolicy
from isotherm.archive.noaa_archive import NoaaArchive
from isotherm.archive.station_year import SourceFile, StationYear
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import SourceError
from scripted_server import ScriptedServer, body, serve, status

OHARE = StationYear(STATION, 2026, GHCNH.name)
PARQUET = f"/hourly/access/by-year/2026/parquet/GHCNh_{STATION}_2026.parquet"
PSV = f"/hourly/access/by-year/2026/psv/GHCNh_{STATION}_2026.psv"
LIST = "/hourly/doc/ghcnh-station-list.csv"
PSV_CONTENT = psv_file(line())
PARQUET_CONTENT = parquet_file(row())
POLICY = RetryPolicy(attempts=2, first_pause_s=0.01, longest_pause_s=0.02)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[ScriptedServer]:
    with serve(tmp_path / "mirror") as running:
        yield running


@pytest.fixture
def ncei(tmp_path: Path) -> Iterator[ScriptedServer]:
    with serve(tmp_path / "ncei") as running:
        yield running


@pytest.fixture
def archive(mirror: ScriptedServer, ncei: ScriptedServer) -> Iterator[NoaaArchive]:
    urls = (mirror.url, ncei.url)
    layout = replace(
        GHCNH.layout,
        noaa_access_urls=tuple(f"{url}/hourly/access/by-year" for url in urls),
        noaa_station_list_urls=tuple(f"{url}{LIST}" for url in urls),
        noaa_bucket_url=mirror.url,
    )
    opened = NoaaArchive(POLICY, [replace(GHCNH, layout=layout)], lambda: date(2026, 7, 1))
    yield opened
    opened.close()


def page(keys: dict[str, int], token: str = "") -> bytes:
    contents = "".join(
        f"<Contents><Key>{key}</Key><Size>{size}</Size></Contents>" for key, size in keys.items()
    )
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    is_truncated = "true" if token else "false"
    return (
        '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<IsTruncated>{is_truncated}</IsTruncated>{contents}{more}</ListBucketResult>"
    ).encode()


def origins(archive: NoaaArchive | HttpArchive, target: Path, known: SourceFile | None = None) -> str:
    fetched = archive.fetch(OHARE, target, known)
    assert fetched is not None
    return fetched.origin


def test_parquet_is_taken_where_there_is_one_and_nothing_else_is_asked(
    archive: NoaaArchive, mirror: ScriptedServer, ncei: ScriptedServer, tmp_path: Path
) -> None:
    mirror.script[PARQUET] = [body(PARQUET_CONTENT)]
    fetched = archive.fetch(OHARE, tmp_path / "x")
    assert fetched is not None
    assert fetched.path is not None
    assert gzip.decompress(fetched.path.read_bytes()) == PARQUET_CONTENT
    assert mirror.paths() == [PARQUET]
    assert ncei.paths() == []


def test_psv_of_the_mirror_comes_before_parquet_of_ncei(
    archive: NoaaArchive, mirror: ScriptedServer, ncei: ScriptedServer, tmp_path: Path
) -> None:
    mirror.script[PSV] = [body(PSV_CONTENT)]
    assert origins(archive, tmp_path / "x") == mirror.url + PSV
    assert mirror.paths() == [PARQUET, PSV]
    assert ncei.paths() == []


def test_where_the_mirror_fails_ncei_has_the_forms_and_the_last_word(
    archive: NoaaArchive, mirror: ScriptedServer, ncei: ScriptedServer, tmp_path: Path
) -> None:
    mirror.script[PARQUET] = [status(503)] * 2
    ncei.script[PSV] = [body(PSV_CONTENT)]
    assert origins(archive, tmp_path / "x") == ncei.url + PSV
    assert archive.fetch(OHARE, tmp_path / "x") is None
    assert ncei.paths() == [PARQUET, PSV, PARQUET, PSV]


@pytest.mark.parametrize("cut", [PARQUET_CONTENT[:-4], PARQUET_CONTENT[: len(PARQUET_CONTENT) // 2]])
def test_parquet_that_is_cut_off_is_refused(
    archive: NoaaArchive, mirror: ScriptedServer, ncei: ScriptedServer, tmp_path: Path, cut: bytes
) -> None:
    for server in (mirror, ncei):
        server.script[PARQUET] = [body(cut)] * 2
    with pytest.raises(SourceError, match="ends in the middle"):
        archive.fetch(OHARE, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_file_of_another_form_is_news_however_old_it_is(
    archive: NoaaArchive, mirror: ScriptedServer, tmp_path: Path
) -> None:
    mirror.script[PSV] = [body(PSV_CONTENT, ETag='"psv"')]
    first = archive.fetch(OHARE, tmp_path / "x")
    assert first is not None
    known = SourceFile(OHARE, first.sha256, first.published_at, first.etag, "psv")
    mirror.script[PARQUET] = [body(PARQUET_CONTENT, ETag='"parquet"')]
    second = archive.fetch(OHARE, tmp_path / "x", known)
    assert second is not None
    assert second.is_changed
    asked = dict(mirror.requests[-1][1])
    assert mirror.requests[-1][0] == PARQUET
    assert not {"If-None-Match", "If-Modified-Since"} & asked.keys()
    known = SourceFile(OHARE, second.sha256, second.published_at, second.etag, "parquet")
    mirror.script[PARQUET] = [status(304, ETag='"parquet"')]
    third = archive.fetch(OHARE, tmp_path / "x", known)
    assert third is not None
    assert not third.is_changed
    assert mirror.requests[-1][1]["If-None-Match"] == '"parquet"'


def test_the_bucket_is_listed_page_by_page_with_the_size_of_what_would_be_fetched(
    archive: NoaaArchive, mirror: ScriptedServer
) -> None:
    root = "hourly/access/by-year"
    keys = {f"{root}/2026/parquet/GHCNh_{STATION}_2026.parquet": 1000, f"{root}/2026/parquet/": 0}
    more = {
        f"{root}/2026/psv/GHCNh_{STATION}_2026.psv": 30_000,
        f"{root}/2026/psv/GHCNh_ACU55-00189_2026.psv": 500,
        f"{root}/2026/psv/index.html": 7,
    }
    token = "1/a+b="
    first = f"/?list-type=2&prefix={root}/2026/"
    mirror.script[first] = [body(page(keys, token))]
    mirror.script[f"{first}&continuation-token={quote(token, safe='')}"] = [body(page(more))]
    mirror.script[f"/?list-type=2&prefix={root}/2025/"] = [body(page({}))]
    assert archive.list_sizes(archive._datasets[GHCNH.name], 2025, 2030) == {
        OHARE: 1000,
        StationYear("ACU55-00189", 2026, GHCNH.name): 500,
    }


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>busy</html>",
        b"<Error><Code>SlowDown</Code></Error>",
        page({}, "t").replace(b"<NextContinuationToken>t</NextContinuationToken>", b""),
        page({})[:-10],
    ],
)
def test_without_a_whole_listing_every_listed_station_may_have_a_file(
    archive: NoaaArchive, mirror: ScriptedServer, ncei: ScriptedServer, answer: bytes
) -> None:
    mirror.script["/?list-type=2&prefix=hourly/access/by-year/2026/"] = [body(answer)] * 2
    ncei.script[LIST] = [body(b"GHCN_ID,LATITUDE,LONGITUDE\nUSW00094846,41.9,-87.9\n")]
    assert archive.list_sizes(archive._datasets[GHCNH.name], 2026, 2026) == {OHARE: None}


def test_a_directory_may_have_either_form_plain_or_gzipped(tmp_path: Path) -> None:
    access = tmp_path / GHCNH.layout.access_path / "2026"
    psv = access / f"psv/GHCNh_{STATION}_2026.psv.gz"
    psv.parent.mkdir(parents=True)
    psv.write_bytes(gzip.compress(PSV_CONTENT))
    archive = DirectoryArchive(tmp_path)
    assert archive.list_sizes(GHCNH, 2020, 2026) == {OHARE: psv.stat().st_size}
    assert archive.list_station_years(GLOBAL_HOURLY, 2020, 2026) == []
    fetched = archive.fetch(OHARE, tmp_path / "x")
    assert fetched is not None
    assert fetched.origin == str(psv)
    parquet = access / f"parquet/GHCNh_{STATION}_2026.parquet"
    parquet.parent.mkdir()
    parquet.write_bytes(PARQUET_CONTENT)
    assert archive.list_sizes(GHCNH, 2020, 2026) == {OHARE: len(PARQUET_CONTENT)}
    newer = archive.fetch(
        OHARE, tmp_path / "x", SourceFile(OHARE, fetched.sha256, fetched.published_at)
    )
    assert newer is not None
    assert (newer.is_changed, newer.origin) == (True, str(parquet))


def test_a_web_server_with_one_dataset_has_nothing_of_the_other(tmp_path: Path) -> None:
    psv = tmp_path / GHCNH.layout.access_path / f"2026/psv/GHCNh_{STATION}_2026.psv"
    psv.parent.mkdir(parents=True)
    psv.write_bytes(PSV_CONTENT)
    with serve(tmp_path) as server:
        archive = HttpArchive(server.url, POLICY)
        assert archive.list_station_years(GHCNH, 2026, 2026) == [OHARE]
        for year in (2024, 2025, 2026):
            assert archive.list_station_years(GLOBAL_HOURLY, year, year) == []
        asked = f"/{GLOBAL_HOURLY.layout.access_path}/"
        assert server.paths().count(asked) == 1
        assert archive.unreachable_reason() is None
        assert origins(archive, tmp_path / "x").endswith(".psv")
        archive.close()


def _without(*columns: str) -> bytes:
    return parquet_file(row(), without=columns)


BROKEN_PARQUET = {
    "a column is missing": (_without("temperature"), "no column temperature"),
    "cut, and closed again": (
        PARQUET_CONTENT[: len(PARQUET_CONTENT) // 2] + b"PAR1",
        "the Parquet file cannot be read",
    ),
    "a piece of it is lost": (
        PARQUET_CONTENT[:200] + PARQUET_CONTENT[900:],
        "the Parquet file cannot be read",
    ),
    "its footer is longer than it": (
        PARQUET_CONTENT[:-8] + b"\xff\xff\xff\x7fPAR1",
        "the Parquet file cannot be read",
    ),
}


@pytest.mark.parametrize("is_gzip", [False, True])
@pytest.mark.parametrize("kind", BROKEN_PARQUET)
def test_a_parquet_file_that_cannot_be_read_is_refused_when_it_comes(
    tmp_path: Path, kind: str, is_gzip: bool
) -> None:
    content, reason = BROKEN_PARQUET[kind]
    path = tmp_path / GHCNH.layout.access_path / GHCNH.layout.forms[0].path(STATION, 2026)
    path = path.with_name(f"{path.name}.gz") if is_gzip else path
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(content) if is_gzip else content)
    target = tmp_path / "target"
    with pytest.raises(SourceError, match=reason):
        DirectoryArchive(tmp_path).fetch(OHARE, target)
    assert not target.exists()
