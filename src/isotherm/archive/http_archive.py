"""An archive behind http(s), laid out as NOAA's site, found by reading its index pages."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

import structlog

from isotherm.archive.directory_archive import (
    ACCESS_PATH,
    FILE_NAME,
    STATION_HISTORY_PATH,
    YEAR_NAME,
    is_in_years,
    unchanged,
)
from isotherm.archive.http_client import PoliteClient, RetryPolicy, is_absent, published_at, write_body
from isotherm.archive.received_file import content_digest, keep_compressed, temporary_beside
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.datasets.global_hourly.csv_records import decompress
from isotherm.errors import SourceError

T = TypeVar("T")

_log = structlog.get_logger(__name__)

# A static server may hold X.csv as X.csv.gz; NOAA's own do not.
PLAIN_OR_GZIP: Final = ("", ".gz")


class HttpArchive:
    """See `Archive`.

    Args:
        root: address under which `data/global-hourly/access/` lies.
        policy: how patient to be.
    """

    is_simulated = False

    def __init__(self, root: str, policy: RetryPolicy | None = None) -> None:
        root = root.rstrip("/")
        self.label = root
        self._access_urls: Sequence[str] = (f"{root}/{ACCESS_PATH}",)
        self._history_urls: Sequence[str] = (f"{root}/{STATION_HISTORY_PATH}",)
        self._suffixes: Sequence[str] = PLAIN_OR_GZIP
        self._client = PoliteClient(policy)

    def list_station_years(
        self, first_year: int | None = None, last_year: int | None = None
    ) -> list[StationYear]:
        """Every station-year linked from the index pages, or those of the years."""
        url = f"{self._access_urls[0]}/"
        names = self._linked_names(url)
        if names is None:
            raise SourceError(
                f"{url}: not there. An archive address is the root under which {ACCESS_PATH}/ lies."
            )
        found = set()
        for year in sorted({int(name) for name in names if YEAR_NAME.match(name)}):
            if is_in_years(year, first_year, last_year):
                matches = map(FILE_NAME.match, self._linked_names(f"{url}{year}/") or [])
                found |= {StationYear(match[1], year) for match in matches if match}
        return sorted(found)

    def fetch(
        self, station_year: StationYear, target: Path, known: SourceFile | None = None
    ) -> FetchedFile | None:
        """Ask each address in turn; the last one's answer decides where none has the file."""
        return _first_answer(
            self._access_urls, lambda base: self._fetch_from(base, station_year, target, known)
        )

    def read_station_history(self) -> bytes | None:
        """The station list, from the first address that has it."""
        return _first_answer(self._history_urls, self._read_history_from)

    def unreachable_reason(self) -> str | None:
        """Whether the index page answers."""
        url = f"{self._access_urls[0]}/"
        reason = self._client.probe(url)
        return None if reason is None else f"{url}: {reason}"

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _read_history_from(self, base: str) -> bytes | None:
        for suffix in self._suffixes:
            content = self._client.read(f"{base}{suffix}")
            if content is not None:
                return decompress(content, f"{base}{suffix}")
        return None

    def _fetch_from(
        self, base: str, station_year: StationYear, target: Path, known: SourceFile | None
    ) -> FetchedFile | None:
        for suffix in self._suffixes:
            url = f"{base}/{station_year.year}/{station_year.file_name}{suffix}"
            download = partial(self._download, url, station_year, target, known)
            fetched = self._client.retry(url, download)
            if fetched is not None:
                return fetched
        return None

    def _download(
        self, url: str, station_year: StationYear, target: Path, known: SourceFile | None
    ) -> FetchedFile | None:
        downloaded_at = datetime.now(UTC).replace(microsecond=0)
        with temporary_beside(target) as temporary, self._client.open(url, known) as response:
            if is_absent(response):
                return None
            etag = response.headers.get("ETag")
            if known is not None and response.status_code == 304:
                return unchanged(known, downloaded_at, etag or known.etag, url)
            size_is_certain = write_body(response, temporary)
            sha256 = content_digest(temporary, url, size_is_certain=size_is_certain)
            if known is not None and known.sha256 == sha256:
                return unchanged(known, downloaded_at, etag, url)
            return FetchedFile(
                station_year=station_year,
                is_changed=True,
                path=target,
                sha256=sha256,
                size_bytes=keep_compressed(temporary, target),
                published_at=published_at(response, downloaded_at),
                downloaded_at=downloaded_at,
                etag=etag,
                origin=url,
            )

    def _linked_names(self, url: str) -> set[str] | None:
        """Last path parts of an index page's links; sort and parent links match no name we look for."""
        page = self._client.read(url)
        if page is None:
            return None
        links = _Links()
        links.feed(page.decode("utf-8", "replace"))
        return {unquote(urlsplit(link).path).rstrip("/").rsplit("/", 1)[-1] for link in links.found}


def _first_answer(addresses: Sequence[str], ask: Callable[[str], T | None]) -> T | None:
    """What the first address that has something answers; the last one's word decides where none has.

    Raises:
        SourceError: the last address failed; a failure before it is logged and passed over.
    """
    failure: SourceError | None = None
    for address in addresses:
        failure = None
        try:
            answer = ask(address)
        except SourceError as error:
            _log.warning("archive address failed", address=address, error=str(error))
            failure = error
            continue
        if answer is not None:
            return answer
    if failure is not None:
        raise failure
    return None


class _Links(HTMLParser):
    """The link targets of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]
