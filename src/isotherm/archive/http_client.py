"""Asking a public archive politely: identified, few at once, patient, and never fooled by half a file.

Transient answers (408, 425, 429, 5xx, broken connections) and answers that are not the file (a web
page, a body shorter than announced) are tried again with growing pauses; a server's Retry-After is
honoured. A refusal (401, 403, ...) is not asked twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Final, TypeVar

import httpx
import stamina

from isotherm import __version__
from isotherm.archive.station_year import SourceFile
from isotherm.errors import SourceError

USER_AGENT: Final = f"Isotherm/{__version__} (self-hosted archive of hourly air temperature)"
MAX_CONCURRENT_DOWNLOADS: Final = 4

_TRANSIENT_STATUS: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_ABSENT_STATUS: Final = frozenset({404, 410})
_PROBE_TIMEOUT_S: Final = 5.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient to be; seconds. NOAA's own pages slow down hard after many requests."""

    attempts: int = 5
    total_s: float = 300.0
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0
    longest_retry_after_s: float = 120.0
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0


class BusyError(SourceError):
    """A transient answer; `retry_after_s` is what the server asked for, if it did."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RefusedError(SourceError):
    """An answer that asking again will not change."""


class PoliteClient:
    """An HTTP client for archives; safe to share between threads."""

    def __init__(self, policy: RetryPolicy | None = None) -> None:
        self.policy = policy or RetryPolicy()
        self._client = httpx.Client(
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(self.policy.read_timeout_s, connect=self.policy.connect_timeout_s),
            limits=httpx.Limits(max_connections=MAX_CONCURRENT_DOWNLOADS),
            follow_redirects=True,
        )

    def retry(self, url: str, work: Callable[[], T]) -> T:
        """Do the work, again after a pause where the fault may pass.

        Raises:
            SourceError: the last fault, with the number of attempts.
        """
        policy = self.policy
        attempts = stamina.retry_context(
            on=self._pause_before_retry,
            attempts=policy.attempts,
            timeout=policy.total_s,
            wait_initial=policy.first_pause_s,
            wait_max=policy.longest_pause_s,
            wait_jitter=policy.first_pause_s,
        )
        number = 0
        try:
            for attempt in attempts:
                with attempt:
                    number = attempt.num
                    return work()
        except RefusedError:
            raise
        except (SourceError, httpx.HTTPError) as error:
            what = error if isinstance(error, SourceError) else f"{url}: {_describe(error)}"
            raise SourceError(f"{what} Gave up after attempt {number}.") from error
        raise AssertionError("stamina either returns or raises")  # pragma: no cover

    def _pause_before_retry(self, error: Exception) -> bool | float:
        if isinstance(error, RefusedError):
            return False
        if isinstance(error, BusyError) and error.retry_after_s is not None:
            return min(error.retry_after_s, self.policy.longest_retry_after_s)
        return isinstance(error, SourceError | httpx.TransportError)

    @contextmanager
    def open(self, url: str, known: SourceFile | None = None) -> Iterator[httpx.Response]:
        """One request; the response is 200, 304 (only when `known` was given) or absent.

        Raises:
            BusyError: a transient answer.
            RefusedError: any other.
        """
        with self._client.stream("GET", url, headers=_conditions(known)) as response:
            status = response.status_code
            if status in _TRANSIENT_STATUS:
                retry_after = _retry_after_s(response.headers.get("Retry-After"))
                raise BusyError(f"{url}: the server answered {status}. Try again later.", retry_after)
            if status not in (200, *_ABSENT_STATUS) and not (status == 304 and known):
                raise RefusedError(f"{url}: the server answered {status}. Check the archive's address.")
            yield response

    def read(self, url: str) -> bytes | None:
        """A small resource, with retries; None = absent."""

        def once() -> bytes | None:
            with self.open(url) as response:
                return None if is_absent(response) else response.read()

        return self.retry(url, once)

    def probe(self, url: str) -> str | None:
        """None when the server answers sensibly, else why not; one attempt, a few seconds."""
        try:
            status = self._client.head(url, timeout=_PROBE_TIMEOUT_S).status_code
        except httpx.HTTPError as error:
            return _describe(error)
        return None if status < 400 else f"The server answered {status}."

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def is_absent(response: httpx.Response) -> bool:
    """Whether there is no such resource."""
    return response.status_code in _ABSENT_STATUS


def write_body(response: httpx.Response, path: Path) -> bool:
    """Write the body as sent; whether the server had announced its size.

    Raises:
        BusyError: fewer or more bytes than announced came.
    """
    with path.open("wb") as file:
        for chunk in response.iter_raw():
            file.write(chunk)
        received = file.tell()
    announced: str = response.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) != received:
        raise BusyError(f"{response.url}: {received} of {announced} bytes came. Try again later.")
    return announced.isdigit()


def published_at(response: httpx.Response, otherwise: datetime) -> datetime:
    """The Last-Modified of a response in UTC, or the other time where it has none to read."""
    try:
        moment = parsedate_to_datetime(response.headers["Last-Modified"])
    except (KeyError, ValueError):
        return otherwise
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _conditions(known: SourceFile | None) -> dict[str, str]:
    if known is None:
        return {}
    headers = {"If-Modified-Since": format_datetime(known.published_at.astimezone(UTC), usegmt=True)}
    if known.etag:
        headers["If-None-Match"] = known.etag
    return headers


def _retry_after_s(value: str | None) -> float | None:
    """Retry-After as seconds: it is a number, or a date."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _describe(error: httpx.HTTPError) -> str:
    return f"no answer ({type(error).__name__}: {error}). Check the network and the address."
