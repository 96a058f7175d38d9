"""An archive behind http(s), laid out as NOAA's site, found by reading its index pages."""

import io
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

import structlog

from isotherm.archive.http_client import NOT_MODIFIED, PoliteClient, RetryPolicy
from isotherm.archive.known_versions import KnownVersions
from isotherm.archive.listing import FIRST_YEAR, LAST_YEAR, station_years_among, years_among
from isotherm.archive.received_file import content_digest, keep_compressed, temporary_beside
from isotherm.archive.responses import entity_tag, is_absent, published_at
from isotherm.archive.station_year import FetchedFile, SourceFile, StationYear
from isotherm.archive.year_archive import (
    ChunkStream,
    WantedYear,
    YearSource,
    newest_by_year,
    unpack_year,
)
from isotherm.datasets.dataset import Dataset, ListedStation
from isotherm.datasets.registry import DATASETS
from isotherm.errors import SourceError

T = TypeVar("T")

_log = structlog.get_logger(__name__)

# A static server may hold X.csv as X.csv.gz; NOAA's own do not.
PLAIN_OR_GZIP: Final = ("", ".gz")
# Whether an archive answers at all; looking up a name alone may take half a minute where there is none.
PROBE_WITHIN_S: Final = 8.0
# Some 15 GB at 1 MB a second.
YEAR_ARCHIVE_WITHIN_S: Final = 4 * 3600.0


class HttpArchive:
    """See `Archive`.

    Args:
        root: address under which each dataset's access folder lies, as `data/global-hourly/access/`.
        policy: how patient to be.
        datasets: what it may be asked for.
    """

    is_simulated = False
    _suffixes: Sequence[str] = PLAIN_OR_GZIP

    def __init__(
        self, root: str, policy: RetryPolicy | None = None, datasets: Sequence[Dataset] = DATASETS
    ) -> None:
        self.label = self._root = root.rstrip("/")
        self._datasets = {one.name: one for one in datasets}
        self._client = PoliteClient(policy)
        # Datasets it has nothing of: asked once, not once for each year.
        self._absent: set[str] = set()

    def list_first_visit(self, dataset: Dataset) -> list[StationYear]:
        """Every station-year linked from the index pages."""
        return self.list_station_years(dataset, FIRST_YEAR, LAST_YEAR)

    def list_station_years(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> list[StationYear]:
        """The station-years linked from the index pages."""
        url = f"{self._access_urls(dataset)[0]}/"
        found: set[StationYear] = set()
        for year in years_among(self._year_names(dataset), first_year, last_year):
            for form in dataset.layout.forms:
                linked = self._linked_names(f"{url}{form.year_folder(year)}/") or ()
                found |= station_years_among(linked, dataset, form, year)
        return sorted(found)

    def list_sizes(
        self, dataset: Dataset, first_year: int, last_year: int
    ) -> dict[StationYear, int | None]:
        """Index pages say no sizes."""
        return dict.fromkeys(self.list_station_years(dataset, first_year, last_year))

    def fetch(
        self,
        station_year: StationYear,
        target: Path,
        known: SourceFile | None = None,
        refused: SourceFile | None = None,
    ) -> FetchedFile | None:
        """Ask each address in turn, for each form; the last one's answer decides where none has it."""
        dataset = self._datasets[station_year.dataset]
        paths = [one.path(station_year.station_id, station_year.year) for one in dataset.layout.forms]
        versions = KnownVersions(known, refused)

        def ask(base: str) -> FetchedFile | None:
            asked = (
                self._fetch_from(f"{base}/{path}", station_year, target, versions) for path in paths
            )
            return next((one for one in asked if one is not None), None)

        return _first_answer(self._access_urls(dataset), ask)

    def list_year_archives(self, dataset: Dataset) -> dict[int, str]:
        """Those linked from the index page of their folder."""
        urls = self._year_archive_urls(dataset)
        return newest_by_year(self._linked_names(f"{urls[0]}/") or (), dataset) if urls else {}

    def fetch_year(self, wanted: WantedYear) -> list[FetchedFile]:
        """Ask each address in turn for the newest archive of the year."""
        name = self.list_year_archives(wanted.dataset).get(wanted.year)
        label = f"{wanted.dataset.name} {wanted.year}"
        if name is None:
            raise SourceError(f"{self.label} has no archive of {label}.")

        def ask(base: str) -> list[FetchedFile] | None:
            url = f"{base}/{name}"
            return self._client.retry(url, partial(self._unpack, url, wanted))

        found = _first_answer(self._year_archive_urls(wanted.dataset), ask)
        if found is None:
            raise SourceError(f"{name}, the archive of {label}, is listed and not there.")
        return found

    def read_station_list(self, dataset: Dataset) -> list[ListedStation]:
        """The station list, from the first address that has one to be read."""
        return _first_answer(self._list_urls(dataset), partial(self._read_list_from, dataset)) or []

    def unreachable_reason(self) -> str | None:
        """None when a dataset's index page answers."""
        urls = [f"{self._access_urls(one)[0]}/" for one in self._datasets.values()]
        return self._probe_any(urls)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _year_names(self, dataset: Dataset) -> Collection[str]:
        """Names in a dataset's access folder; none where only other datasets are there.

        Raises:
            SourceError: there is no dataset at all.
        """
        if dataset.name in self._absent:
            return ()
        url = f"{self._access_urls(dataset)[0]}/"
        if (names := self._linked_names(url)) is not None:
            return names
        others = [one for one in self._datasets.values() if one.name != dataset.name]
        if all(self._linked_names(f"{self._access_urls(one)[0]}/") is None for one in others):
            paths = " or ".join(f"{one.layout.access_path}/" for one in (*others, dataset))
            raise SourceError(
                f"{url}: not there. An archive address is the root under which {paths} lies."
            )
        self._absent.add(dataset.name)
        return ()

    def _access_urls(self, dataset: Dataset) -> Sequence[str]:
        return (f"{self._root}/{dataset.layout.access_path}",)

    def _year_archive_urls(self, dataset: Dataset) -> Sequence[str]:
        archives = dataset.layout.year_archives
        return (f"{self._root}/{archives.path}",) if archives else ()

    def _list_urls(self, dataset: Dataset) -> Sequence[str]:
        return (f"{self._root}/{dataset.layout.station_list_path}",)

    def _probe_any(self, urls: Sequence[str]) -> str | None:
        """None when one of them answers, else why none does; all at once, within `PROBE_WITHIN_S`."""
        answers: Queue[tuple[str, str | None]] = Queue()

        def ask(url: str) -> None:
            with suppress(RuntimeError):  # the client was closed meanwhile
                answers.put((url, self._client.probe(url)))

        # Daemons: nothing ends the look-up of a name, and nobody is to wait for it.
        for url in urls:
            Thread(target=ask, args=(url,), daemon=True).start()
        reasons = dict.fromkeys(urls, f"no answer within {PROBE_WITHIN_S:.0f} s.")
        ends_at = time.monotonic() + PROBE_WITHIN_S
        for _ in urls:
            try:
                url, reason = answers.get(timeout=max(0.0, ends_at - time.monotonic()))
            except Empty:
                break
            if reason is None:
                return None
            reasons[url] = reason
        return " ".join(f"{url}: {reason}" for url, reason in reasons.items())

    def _read_list_from(self, dataset: Dataset, base: str) -> list[ListedStation] | None:
        for suffix in self._suffixes:
            stations = self._client.read(f"{base}{suffix}", dataset.read_station_list)
            if stations is not None:
                return stations
        return None

    def _fetch_from(
        self, address: str, station_year: StationYear, target: Path, versions: KnownVersions
    ) -> FetchedFile | None:
        for suffix in self._suffixes:
            url = f"{address}{suffix}"
            download = partial(self._download, url, station_year, target, versions)
            fetched = self._client.retry(url, download)
            if fetched is not None:
                return fetched
        return None

    def _download(
        self, url: str, station_year: StationYear, target: Path, versions: KnownVersions
    ) -> FetchedFile | None:
        downloaded_at = datetime.now(UTC).replace(microsecond=0)
        of_form = versions.of_form(url.removesuffix(".gz").rpartition(".")[2])
        unchanged = partial(versions.unchanged, downloaded_at=downloaded_at, origin=url)
        with (
            temporary_beside(target) as temporary,
            self._client.open(url, of_form.conditions) as response,
        ):
            if is_absent(response):
                return None
            etag = entity_tag(response)
            if response.status_code == NOT_MODIFIED:
                return unchanged(of_form.of_unmodified(etag), etag=etag)
            self._client.write_body(response, temporary)
            sha256 = content_digest(temporary, self._datasets[station_year.dataset], url)
            if version := versions.of_content(sha256):
                return unchanged(version, etag=etag)
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

    def _unpack(self, url: str, wanted: WantedYear) -> list[FetchedFile] | None:
        downloaded_at = datetime.now(UTC).replace(microsecond=0)
        with self._client.open(url, within_s=YEAR_ARCHIVE_WITHIN_S) as response:
            if is_absent(response):
                return None
            source = YearSource(url, published_at(response, downloaded_at), downloaded_at)
            with io.BufferedReader(ChunkStream(self._client.chunks(response))) as stream:
                return unpack_year(stream, wanted, source)

    def _linked_names(self, url: str) -> set[str] | None:
        """Last path parts of an index page's links; sort and parent links match no name we look for."""
        return self._client.read(url, partial(_names_linked_from, url))


def _names_linked_from(url: str, page: bytes) -> set[str]:
    """As `_linked_names`; a page ends with its closing tag, a part of one with a tag or a line end.

    Raises:
        SourceError: it is cut off, or no page.
    """
    text = page.decode("utf-8", "replace")
    is_page, is_closed = (tag in text.lower() for tag in ("<html", "</html"))
    if (is_page and not is_closed) or (text and not text.endswith((">", "\n", "\r"))):
        raise SourceError(f"{url}: the index page is cut off. Try again later.")
    links = _Links()
    try:
        links.feed(text)
        links.close()
    except AssertionError as error:  # so html.parser says of some declarations that are none
        raise SourceError(f"{url}: no index page that can be read ({error}).") from error
    return {_last_part(link) for link in links.found}


def _last_part(link: str) -> str:
    try:
        path = urlsplit(link).path
    except ValueError:
        return ""  # no address at all
    return unquote(path).rstrip("/").rsplit("/", 1)[-1]


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
