"""The folder of downloaded files, each with a note of its version, shared by all feeds."""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Self

import structlog

from isotherm.archive.archives import (
    Archive,
    SourceFile,
    StationYear,
    download_path,
    fetch_all,
)
from isotherm.errors import SourceError
from isotherm.files import write_whole
from isotherm.settings import Settings

log = structlog.get_logger()


class Downloads:
    """The folder of downloaded files, shared with whoever reads the same archive."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it need not exist yet."""
        self._folder = folder

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The folder of this installation."""
        return cls(settings.state_dir / "downloads")

    def bring(self, archive: Archive, station_years: Iterable[StationYear]) -> list[SourceFile]:
        """Have the newest version of each file; returns the versions of those that exist.

        Raises:
            SourceError: one could not be had; those before it are in place.
        """

        def fail(error: SourceError) -> None:
            raise error

        return self.bring_what_can_be_had(archive, station_years, fail)

    def bring_what_can_be_had(
        self,
        archive: Archive,
        station_years: Iterable[StationYear],
        on_error: Callable[[SourceError], None],
    ) -> list[SourceFile]:
        """The same, where one that could not be had is told of and left out."""
        wanted = list(station_years)
        known = {one: note for one in wanted if (note := self._read_note(one)) is not None}
        present: list[SourceFile] = []
        for outcome in fetch_all(archive, wanted, self._folder, known):
            if outcome.error is not None:
                on_error(outcome.error)
                continue
            if outcome.fetched is None:
                log.debug("no_such_file", year=outcome.station_year.year,
                         station_id=outcome.station_year.station_id)  # fmt: skip
                continue
            fetched = outcome.fetched
            note = SourceFile(outcome.station_year, fetched.sha256, fetched.published_at, fetched.etag)
            self._write_note(note)
            # One that is known keeps its time of long ago, and old files of no feed are removed.
            os.utime(self._path(note.station_year))
            present.append(note)
        return present

    def put(self, file: SourceFile, content: bytes) -> None:
        """Have this version of a file, whatever the archive has now.

        Args:
            file: the version, with the checksum of the plain content.
            content: gzipped.
        """
        write_whole(self._path(file.station_year), content)
        self._write_note(file)

    def has(self, station_year: StationYear) -> bool:
        """Whether a whole version of this file is here."""
        return self._read_note(station_year) is not None

    def version(self, station_year: StationYear) -> SourceFile:
        """The version its note says; `read` finds out whether the file agrees.

        Raises:
            SourceError: there is no note.
        """
        note = self._note(station_year)
        if note is None:
            raise self._is_missing(station_year)
        return note

    def read(self, station_year: StationYear) -> tuple[bytes, SourceFile]:
        """A file and its version.

        Raises:
            SourceError: it is not there, or not the version its note says.
        """
        note, content = self._note(station_year), self._content(station_year)
        if note is None or content is None or hashlib.sha256(content).hexdigest() != note.sha256:
            raise self._is_missing(station_year)
        return content, note

    def _path(self, one: StationYear) -> Path:
        return download_path(self._folder, one)

    def _is_missing(self, one: StationYear) -> SourceError:
        return SourceError(f"{self._path(one)}: not downloaded. Start the feed again.")

    def _read_note(self, one: StationYear) -> SourceFile | None:
        """The version of a file; None unless file and note are there and agree."""
        try:
            return self.read(one)[1]
        except SourceError:
            return None

    def _note(self, one: StationYear) -> SourceFile | None:
        try:
            note = json.loads(self._path(one).with_suffix(".json").read_text())
            published_at = datetime.fromisoformat(note["published_at"])
            return SourceFile(one, note["sha256"], published_at, note["etag"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _content(self, one: StationYear) -> bytes | None:
        """The file without its compression."""
        try:
            return gzip.decompress(self._path(one).read_bytes())
        except (OSError, EOFError, ValueError, zlib.error):
            return None

    def _write_note(self, note: SourceFile) -> None:
        values = {
            "sha256": note.sha256,
            "published_at": note.published_at.isoformat(),
            "etag": note.etag,
        }
        write_whole(self._path(note.station_year).with_suffix(".json"), json.dumps(values))
