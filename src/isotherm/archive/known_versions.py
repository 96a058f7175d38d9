"""The versions of a station-year that need not be sent: the one we have, and the one we refused."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from isotherm.archive.station_year import FetchedFile, SourceFile

_MAX_SENT: Final = 1024


@dataclass(frozen=True, slots=True)
class KnownVersions:
    """What is known of one station-year before its archive is asked.

    Attributes:
        kept: the version we have.
        refused: a newer version that was refused, which the archive may still have.
    """

    kept: SourceFile | None = None
    refused: SourceFile | None = None

    def of_form(self, ending: str) -> "KnownVersions":
        """Those that came in this form, or may have: only these may a server call unmodified.

        A file of another form may be older than the version we have, and still news.
        """
        kept, refused = (
            one if one is not None and one.ending in ("", ending) else None
            for one in (self.kept, self.refused)
        )
        return KnownVersions(kept, refused)

    def of_etag(self, etag: str | None) -> SourceFile | None:
        """The version with this mark, by the weak comparison of RFC 9110."""
        if etag is None:
            return None
        return next((one for one in self._all if one.etag and _weak(one.etag) == _weak(etag)), None)

    def of_content(self, sha256: str) -> SourceFile | None:
        """The version with this content."""
        return next((one for one in self._all if one.sha256 == sha256), None)

    def of_unmodified(self, etag: str | None) -> SourceFile:
        """The version a server means that answers "not modified": by its mark, else the newest.

        To be asked only where one is known.
        """
        return self.of_etag(etag) or max(self._all, key=lambda one: one.published_at)

    @property
    def conditions(self) -> dict[str, str]:
        """Request headers that ask for the file unless it is one of these."""
        if not self._all:
            return {}
        newest = max(one.published_at for one in self._all).astimezone(UTC)
        headers = {"If-Modified-Since": format_datetime(newest, usegmt=True)}
        # One too long for a request is left out: the server would refuse it.
        if etags := [one.etag for one in self._all if one.etag and len(one.etag) <= _MAX_SENT]:
            headers["If-None-Match"] = ", ".join(dict.fromkeys(etags))
        return headers

    def unchanged(
        self, version: SourceFile, *, downloaded_at: datetime, etag: str | None, origin: str
    ) -> FetchedFile:
        """The answer that the archive has a version we know.

        It keeps the publication time we know: the rows read from it carry it in their revision.
        """
        return FetchedFile(
            station_year=version.station_year,
            is_changed=False,
            path=None,
            sha256=version.sha256,
            size_bytes=0,
            published_at=version.published_at,
            downloaded_at=downloaded_at,
            etag=etag or version.etag,
            origin=origin,
            is_refused_again=version is self.refused,
        )

    @property
    def _all(self) -> list[SourceFile]:
        return [one for one in (self.kept, self.refused) if one is not None]


def _weak(etag: str) -> str:
    return etag.removeprefix("W/")
