"""All stations of a year in one tar.gz: found by its name, read as it comes, taken whole or not at all.

NOAA makes these anew now and then, under another name each time. Thousands of files cost one request.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Final

import structlog

from isotherm.archive.received_file import content_digest, keep_compressed, temporary_beside
from isotherm.archive.station_year import FetchedFile, StationYear
from isotherm.datasets.dataset import Dataset
from isotherm.errors import SourceError

log = structlog.get_logger(__name__)

_CHUNK_BYTES: Final = 1 << 20
# The largest psv of a year is 31 MB; beyond this a member is no station-year.
_LARGEST_MEMBER_BYTES: Final = 1 << 30
_TOLD_EVERY: Final = 100

OnProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class WantedYear:
    """What is taken of a year's archive, and where it goes.

    Attributes:
        dataset: whose archive it is.
        year: of it.
        station_ids: the others are passed over.
        folder: the files go there, under names of our own.
        on_progress: called now and then with the number of files taken.
    """

    dataset: Dataset
    year: int
    station_ids: Collection[str]
    folder: Path
    on_progress: OnProgress


@dataclass(frozen=True, slots=True)
class YearSource:
    """Where an archive comes from, and since when it is there (UTC; None = it does not say)."""

    origin: str
    published_at: datetime | None
    downloaded_at: datetime


def newest_by_year(names: Iterable[str], dataset: Dataset) -> dict[int, str]:
    """Of each year the archive of the newest version that was made last."""
    archives = dataset.layout.year_archives
    found: dict[int, tuple[tuple[int, ...], str, str]] = {}
    for name in names:
        match = archives.pattern.match(name) if archives else None
        if match is None:
            continue
        version = tuple(map(int, match["version"].split(".")))
        year, candidate = int(match["year"]), (version, match["made"], name)
        found[year] = max(found.get(year, candidate), candidate)
    return {year: name for year, (_, _, name) in found.items()}


def unpack_year(stream: IO[bytes], wanted: WantedYear, source: YearSource) -> list[FetchedFile]:
    """Take the wanted files of an archive; the others are read past. Nothing is held in memory whole.

    Nothing of the archive says where a file goes: of its names only the last part counts, and that only
    where it is a station-year's own.

    Raises:
        SourceError: the archive is cut off or damaged; then no file of it is kept.
    """
    taken: dict[str, FetchedFile] = {}
    try:
        for station_id, member, content in _members(stream, wanted):
            if station_id not in taken:
                file = _take(content, member, station_id, wanted, source)
                if file is None:
                    continue
                taken[station_id] = file
                if len(taken) % _TOLD_EVERY == 0:
                    wanted.on_progress(len(taken))
    except BaseException as error:
        for one in wanted.station_ids:
            _path(wanted, one).unlink(missing_ok=True)
        if isinstance(error, EOFError | gzip.BadGzipFile | tarfile.TarError | zlib.error):
            raise SourceError(
                f"{source.origin}: the archive is cut off or damaged ({error}). Nothing of it was "
                "taken; try again later."
            ) from error
        raise
    return list(taken.values())


def _members(stream: IO[bytes], wanted: WantedYear) -> Iterator[tuple[str, tarfile.TarInfo, IO[bytes]]]:
    """The wanted members, each to be read before the next; then the rest, so that its check is done."""
    with gzip.GzipFile(fileobj=stream) as plain:
        with tarfile.open(fileobj=plain, mode="r|") as members:
            for member in members:
                station_id = _station_of(member, wanted)
                content = members.extractfile(member) if station_id else None
                if station_id and content is not None:
                    yield station_id, member, content
        while plain.read(_CHUNK_BYTES):
            pass


def _station_of(member: tarfile.TarInfo, wanted: WantedYear) -> str | None:
    """The station a member is the wanted file of; None of links, folders, and everything else."""
    path = PurePosixPath(member.name)
    if not member.isreg() or path.is_absolute() or ".." in path.parts:
        return None
    if member.size > _LARGEST_MEMBER_BYTES:
        return None
    for form in wanted.dataset.layout.forms:
        match = form.pattern.match(path.name)
        if match is None or match[1] not in wanted.station_ids:
            continue
        if path.name.removesuffix(".gz") == form.file_name(match[1], wanted.year):
            return match[1]
    return None


def _take(
    content: IO[bytes],
    member: tarfile.TarInfo,
    station_id: str,
    wanted: WantedYear,
    source: YearSource,
) -> FetchedFile | None:
    """One member as a station-year file like any other: checked, with its digest, gzip.

    One that is no whole file of the dataset is left to be fetched alone.
    """
    target = _path(wanted, station_id)
    origin = f"{source.origin}: {PurePosixPath(member.name).name}"
    with temporary_beside(target) as temporary:
        with temporary.open("wb") as out:
            while chunk := content.read(_CHUNK_BYTES):
                out.write(chunk)
        try:
            sha256 = content_digest(temporary, wanted.dataset, origin)
        except SourceError as error:
            log.warning("a file of the archive is passed over", error=str(error))
            return None
        size_bytes = keep_compressed(temporary, target)
    return FetchedFile(
        station_year=StationYear(station_id, wanted.year, wanted.dataset.name),
        is_changed=True,
        path=target,
        sha256=sha256,
        size_bytes=size_bytes,
        published_at=_published_at(member, source),
        downloaded_at=source.downloaded_at,
        etag=None,
        origin=origin,
    )


def _path(wanted: WantedYear, station_id: str) -> Path:
    return wanted.folder / f"{wanted.dataset.name}-{wanted.year}-{station_id}"


def _published_at(member: tarfile.TarInfo, source: YearSource) -> datetime:
    """The member's own time, else the archive's; never after the download."""
    if 0 < member.mtime <= source.downloaded_at.timestamp():
        return datetime.fromtimestamp(int(member.mtime), UTC)
    return min(source.published_at or source.downloaded_at, source.downloaded_at)


class ChunkStream(io.RawIOBase):
    """Chunks as they come, as a file to be read once."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        """It is for nothing else."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """As much as there is at once; 0 at the end."""
        if not self._rest:
            self._rest = next(self._chunks, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count
