"""What the status and headers of an archive's response say."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from isotherm.utc import to_aware

ABSENT_STATUS: Final = frozenset({404, 410})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def is_absent(response: httpx.Response) -> bool:
    """Whether there is no such resource."""
    return response.status_code in ABSENT_STATUS


def entity_tag(response: httpx.Response) -> str | None:
    """The server's mark of this version; None where it has none, or none that can be sent back."""
    etag: str | None = response.headers.get("ETag")
    return etag if etag and etag.isascii() else None


def published_at(response: httpx.Response, downloaded_at: datetime) -> datetime:
    """The Last-Modified of a response in UTC, or its download time where it has none to read.

    One later than the download would outrank every correction published until then.
    """
    try:
        moment = to_aware(parsedate_to_datetime(response.headers["Last-Modified"]))
    except (KeyError, ValueError, OverflowError):
        return downloaded_at
    return min(moment, downloaded_at) if moment >= _EPOCH else downloaded_at


def retry_after_s(value: str | None) -> float | None:
    """Retry-After as seconds: it is a number, or a date."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = to_aware(parsedate_to_datetime(value))
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
