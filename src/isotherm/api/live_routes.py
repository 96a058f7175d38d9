"""Hours as they change, as server-sent events."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
import structlog
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from isotherm.api.clients_at_once import BoundedResponse, ClientsAtOnce, Refusal
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.live import EVENT_TIME, LiveFollower
from isotherm.api.parameters import DEFAULT_RULE_NAME, Rule
from isotherm.api.parted_rows import Record
from isotherm.api.problems import STATION_PROBLEMS, Problem
from isotherm.api.station_lookup import resolve_station
from isotherm.api.stream_routes import read_stream

router = APIRouter()
log = structlog.get_logger(__name__)
_POLL_S: Final = 1.0
_POLLS_PER_HEARTBEAT: Final = 15
_EVENT_ID: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
# Of all workers that serve one port. A dashboard open in a browser is one.
MAX_LIVE_CLIENTS: Final = 100
_REFUSAL: Final = Refusal(
    f"{MAX_LIVE_CLIENTS} clients follow the live hours, which is as many as may. Try again later, or "
    "ask for the hours themselves: GET /api/v1/global/hourly?layer=speed.",
    retry_after_s=30,
)


@router.get(
    "/live",
    summary="Hours as they change (server-sent events)",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `hour`: a row as of `/stations/{station}/hourly`, layer speed, and "
            "`changed`: true. Events `received`: `station_id`, `hour_start`, `layer`, `rule`, "
            "`dataset` and `changed`: false, of an hour that came in again and is the same as before, "
            "as in a replay. The id of both is the time of the change or receipt and may be sent back "
            "as `Last-Event-ID`. Events `stream`: as `/stream`, at the beginning and whenever it says "
            "something new. A comment line every 15 seconds keeps the connection open.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **STATION_PROBLEMS,
        503: {
            "model": Problem,
            "description": "MySQL is away, or as many clients listen as may; see `Retry-After`",
        },
    },
    tags=["live"],
)
def live(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    station_id: Annotated[
        str | None, Query(description="Only this station (id or code)", max_length=40)
    ] = None,
    rule: Rule = DEFAULT_RULE_NAME,
    last_event_id: Annotated[str | None, Header(description="Resume after this event")] = None,
) -> StreamingResponse:
    """Every hour of the speed layer that comes in, from now on or from the event named."""
    if station_id is not None:
        with engine.connect() as connection:
            station_id = resolve_station(connection, station_id)
    follower = LiveFollower(engine, rule, station_id)
    follower.start(_read_event_id(last_event_id))
    watch = StreamWatch(lambda: read_stream(engine, settings))
    clients: ClientsAtOnce = request.app.state.live_clients
    return BoundedResponse(_events(follower, watch), clients, _REFUSAL, "text/event-stream", _HEADERS)


def _read_event_id(text: str | None) -> datetime | None:
    """An id that is not ours starts from now, as a first connection does."""
    if text is None or not _EVENT_ID.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, EVENT_TIME)  # noqa: DTZ007 - UTC without a zone
    except ValueError:
        return None


class StreamWatch:
    """What one client was told of the stream's run."""

    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        self._read = read
        self._told: dict[str, Any] | None = None

    def news(self) -> list[bytes]:
        """An event where the run says something else than it did."""
        state = self._read()
        if state == self._told:
            return []
        self._told = state
        return [b"event: stream\ndata: " + msgspec.json.encode(state) + b"\n\n"]


def look(follower: LiveFollower, watch: StreamWatch, events: list[bytes]) -> None:
    """Add all events since the last look; those that were read stay when MySQL then goes away."""
    events += watch.news()
    changes, received = follower.read()
    events += [_event("received", at, msgspec.json.encode(hour)) for at, hour in received]
    events += [_event("hour", at, _changed(record)) for at, record in changes]


async def _events(follower: LiveFollower, watch: StreamWatch) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    quiet = 0
    while True:
        events: list[bytes] = []
        try:
            await run_in_threadpool(look, follower, watch, events)
        except SQLAlchemyError as error:
            log.warning("live events wait for MySQL", error=str(error).splitlines()[0])
        if events:
            yield b"".join(events)
        quiet = 0 if events else quiet + 1
        if quiet == _POLLS_PER_HEARTBEAT:
            yield b": still here\n\n"
            quiet = 0
        await asyncio.sleep(_POLL_S)


def _changed(record: Record) -> bytes:
    return b'{"changed":true,' + msgspec.json.encode(record)[1:]


def _event(name: str, time: datetime, data: bytes) -> bytes:
    return f"event: {name}\nid: {time.strftime(EVENT_TIME)}\ndata: ".encode() + data + b"\n\n"
