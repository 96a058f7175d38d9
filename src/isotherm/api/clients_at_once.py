"""Answers that take long to send, of which only so many are sent at once."""

import fcntl
import tempfile
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from isotherm.api.problems import problem_response


class ClientsAtOnce:
    """How many are served now, over all workers.

    A place is a byte of a file without a name, locked by the process that holds it: those who have the
    file open since before they parted share the places, and what a killed one held is free.

    Args:
        most: as many as may.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the application
        self._held: set[int] = set()

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Whether there is a place; it is free again as soon as the answer ends, however it ends."""
        number = next(filter(self._take, range(self.most)), None)
        if number is None:
            yield False
            return
        try:
            yield True
        finally:
            self._held.remove(number)
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)

    def _take(self, number: int) -> bool:
        if number in self._held:
            return False
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except OSError:
            return False
        self._held.add(number)
        return True


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one too many is told: what is full and what else can be done, and when to ask again."""

    detail: str
    retry_after_s: int


class BoundedResponse(StreamingResponse):
    """A stream that takes a place among the clients for as long as it is sent.

    Args:
        content: what is sent, made as it is sent.
        clients: who are served at once.
        refusal: of one too many, a 503.
        media_type: of the content.
        headers: besides the media type.
    """

    def __init__(
        self,
        content: AsyncIterable[bytes] | Iterable[bytes],
        clients: ClientsAtOnce,
        refusal: Refusal,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(content, media_type=media_type, headers=headers)
        self._clients = clients
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client leaves, which is noticed between two parts too."""
        with self._clients.place() as is_admitted:
            if is_admitted:
                await super().__call__(scope, receive, send)
                return
            told = self._refusal
            headers = {"Retry-After": str(told.retry_after_s)}
            answer = problem_response(Request(scope), 503, told.detail, headers)
            await answer(scope, receive, send)
