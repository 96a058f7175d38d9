"""Asking a public archive politely: identified, few at once, patient, and never fooled by half a file.

Transient answers (408, 425, 429, 5xx, broken connections) and answers that are not the file (a web
page, a body shorter than announced) are tried again with growing pauses; a server's Retry-After is
honoured. A refusal (401, 403, ...) is not asked twice.
"""

import gzip
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import httpx
import stamina

from isotherm import __version__
from isotherm.archive.deadline import deadline, keep_deadlines
from isotherm.archive.responses import ABSENT_STATUS, is_absent, retry_after_s
from isotherm.certificates import hint, trusting_context
from isotherm.errors import SourceError

USER_AGENT: Final = f"Isotherm/{__version__} (self-hosted archive of hourly air temperature)"
MAX_CONCURRENT_DOWNLOADS: Final = 4

NOT_MODIFIED: Final = 304
_TRANSIENT_STATUS: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_PROBE_TIMEOUT_S: Final = 5.0
# An address that cannot be read is no HTTPError to httpx; nor is a host no name server can be asked
# for, or a port beyond all ports.
_NO_ANSWER: Final = (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OverflowError)
_GZIP_NAMES: Final = ("gzip", "x-gzip")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient to be; seconds. NOAA's own pages slow down hard after many requests.

    Attributes:
        lowest_rate_bytes_s: a body that comes more slowly, averaged over `rate_window_s`, fails.
        read_timeout_s: of a single read; connecting, redirects and headers together may take as long
            as this and `connect_timeout_s`.
        longest_download_s: limit of one body, however fast it comes.
    """

    attempts: int = 5
    total_s: float = 300.0
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0
    longest_retry_after_s: float = 120.0
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    lowest_rate_bytes_s: float = 1000.0
    rate_window_s: float = 60.0
    longest_download_s: float = 1800.0


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
            verify=trusting_context(),
        )
        keep_deadlines(self._client)

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
        except (SourceError, *_NO_ANSWER) as error:
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
    def open(
        self,
        url: str,
        conditions: Mapping[str, str] | None = None,
        *,
        within_s: float | None = None,
    ) -> Iterator[httpx.Response]:
        """One request; the response is 200, 304 (only where conditions were given) or absent.

        Args:
            url: its address.
            conditions: headers.
            within_s: limit of the body; default: the policy's.

        Raises:
            BusyError: a transient answer.
            RefusedError: any other.
        """
        policy = self.policy
        with (
            deadline(policy.connect_timeout_s + policy.read_timeout_s) as limit,
            self._client.stream("GET", url, headers=dict(conditions or {})) as response,
        ):
            limit.set(within_s or policy.longest_download_s)
            status = response.status_code
            if status in _TRANSIENT_STATUS:
                retry_after = retry_after_s(response.headers.get("Retry-After"))
                raise BusyError(f"{url}: the server answered {status}. Try again later.", retry_after)
            if status not in (200, *ABSENT_STATUS) and not (status == NOT_MODIFIED and conditions):
                raise RefusedError(f"{url}: the server answered {status}. Check the archive's address.")
            yield response

    def read(self, url: str, use: Callable[[bytes], T]) -> T | None:
        """What is made of a small resource, with retries; None = absent.

        Args:
            url: its address.
            use: reads it; raises SourceError where it is not whole, or not what it should be.
        """

        def once() -> T | None:
            with self.open(url) as response:
                if is_absent(response):
                    return None
                encoded = b"".join(self._watched(response, response.iter_raw()))
                content = _decoded(response, encoded)
            return use(content)

        return self.retry(url, once)

    def write_body(self, response: httpx.Response, path: Path) -> None:
        """Write the body as sent.

        Raises:
            BusyError: fewer or more bytes than announced came, or they came too slowly.
        """
        with path.open("wb") as file:
            for chunk in self.chunks(response):
                file.write(chunk)

    def chunks(self, response: httpx.Response) -> Iterator[bytes]:
        """The body as it comes, as sent.

        Raises:
            BusyError: fewer or more bytes than announced came, or they came too slowly.
        """
        received = 0
        for chunk in self._watched(response, response.iter_raw()):
            received += len(chunk)
            yield chunk
        announced: str = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced) != received:
            raise BusyError(f"{response.url}: {received} of {announced} bytes came. Try again later.")

    def probe(self, url: str) -> str | None:
        """None when the server answers sensibly, else why not; one attempt, a few seconds.

        It asks by GET and reads no body: there are servers that answer every GET and no HEAD.
        """
        try:
            with (
                deadline(_PROBE_TIMEOUT_S),
                self._client.stream("GET", url, timeout=_PROBE_TIMEOUT_S) as response,
            ):
                status = response.status_code
        except _NO_ANSWER as error:
            return _describe(error)
        return None if status < 400 else f"The server answered {status}."

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _watched(self, response: httpx.Response, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks as they come, watched as a whole; `deadline` watches the total.

        Raises:
            BusyError: they come more slowly than the policy allows.
        """
        policy = self.policy
        window_began = time.monotonic()
        window_bytes = 0
        for chunk in chunks:
            yield chunk
            window_bytes += len(chunk)
            now = time.monotonic()
            window_s = now - window_began
            if window_s < policy.rate_window_s:
                continue
            if window_bytes < policy.lowest_rate_bytes_s * window_s:
                raise BusyError(
                    f"{response.url}: {window_bytes / window_s:.0f} bytes a second came, fewer than "
                    f"{policy.lowest_rate_bytes_s:g}. Try again later."
                )
            window_began, window_bytes = now, 0


def _decoded(response: httpx.Response, encoded: bytes) -> bytes:
    """The content without its encoding; httpx takes what there is of a gzip stream for all of it.

    Raises:
        BusyError: the gzip stream is cut off or damaged.
    """
    if response.headers.get("Content-Encoding", "").strip().lower() not in _GZIP_NAMES:
        return httpx.Response(200, headers=response.headers, content=encoded).content
    try:
        return gzip.decompress(encoded)
    except (EOFError, OSError, zlib.error) as error:
        raise BusyError(
            f"{response.url}: the gzip stream is cut off or damaged ({error}). Try again later."
        ) from error


def _describe(error: Exception) -> str:
    what = f"no answer ({type(error).__name__}: {error})"
    return f"{what}. Check the network and the address.{hint(str(error))}"
