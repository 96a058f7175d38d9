"""The routes of dead letters: messages that could not be used, and what became of each."""

import base64
from datetime import datetime
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel, Field

from isotherm.api import models
from isotherm.api.attribution import source_meta
from isotherm.api.database import EngineDep, SettingsDep
from isotherm.api.parameters import Format, From, Limit, To, cursor_of, read_range
from isotherm.api.problems import PROBLEMS, UNCHANGED, Problem
from isotherm.api.render import Listing, ListPage, Wanted, respond_list, respond_object
from isotherm.api.series_routes import csv_response
from isotherm.stores.dead_letters import LetterState, read_letters
from isotherm.stores.tables import dead_letter
from isotherm.utc import iso_time

router = APIRouter()
DEFAULT_LIMIT: Final = 100
# When the last one of a page was refused, and its number.
_PLACE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{1,18}$"
_TABLE: Final = dead_letter


class LetterRow(BaseModel):
    """A message that could not be used, and what became of it."""

    letter_id: int = Field(description="Its number; newer ones have higher ones", examples=[17])
    state: LetterState = Field(
        description="new; set_aside: a row its feeder kept apart, nobody has to work it; sending: a "
        "run is at it; replayed: sent again, not known yet what came of it; counted: it stands in an "
        "hour; late: it came too late for the stream; refused_again: another letter says why; "
        "dropped: by an operator",
        examples=["new"],
    )
    reason: str = Field(description="Why it was refused, as a code", examples=["future"])
    detail: str = Field(
        description="Why it was refused, in words",
        examples=["temperature is not a number of the format"],
    )
    topic: str = Field(
        description="Where it was or should have been", examples=["isotherm.observation"]
    )
    partition: int | None = Field(
        description="Its place there; null: it never reached its topic", examples=[2]
    )
    offset: int | None = Field(examples=[48211])
    feed_id: str | None = Field(
        description="The feed it came with, where known", examples=["2014-01-01_2014-01-31_100"]
    )
    station_id: str | None = Field(
        description="Where the message can be read so far", examples=["72530094846"]
    )
    payload_bytes: int = Field(ge=0, description="How long the message was", examples=[412])
    refused_at: str = Field(examples=["2026-01-01T00:00:00Z"])
    state_at: str = Field(
        description="Since when it is in this state", examples=["2026-11-25T08:12:00Z"]
    )
    worked_by: str | None = Field(
        description="The run that repaired, replayed or dropped it",
        examples=["repair_dead_letters manual__2026-11-25T08:11:40"],
    )
    repair_rule: str | None = Field(description="How it was repaired", examples=["as_is"])
    outcome: str | None = Field(
        description="What came of it", examples=["counted in 2014-01-01T05:00:00Z"]
    )


class LetterWhole(LetterRow):
    """One of them with what it held, as far as it is kept, and what was sent in its place."""

    payload: str = Field(
        description="What it held: text, or base64 where it is none",
        examples=['{"station_id": "72530094846"}'],
    )
    encoding: str = Field(description="utf-8 or base64", examples=["utf-8"])
    is_whole: bool = Field(description="Whether all of it is kept; else it is the beginning")
    replayed_payload: str | None = Field(
        description="What was sent in its place", examples=['{"station_id": "72530094846"}']
    )
    replay_partition: int | None = Field(description="Where that stands in the topic", examples=[2])
    replay_offset: int | None = Field(examples=[50277])


class LetterCount(BaseModel):
    """How many letters of one reason are in one state."""

    state: LetterState = Field(examples=["new"])
    reason: str = Field(examples=["malformed"])
    count: int = Field(ge=1, examples=[4])


class LetterMeta(models.Meta):
    """What holds for every letter."""

    counts: list[LetterCount] = Field(description="All letters that are kept, by state and reason")
    kept_days: int = Field(
        description="A letter is kept for so long; counts by reason stay", examples=[30]
    )


class OneLetter(BaseModel):
    """The answer about one letter."""

    data: LetterWhole
    meta: models.Meta


Reason = Annotated[
    str | None,
    Query(description="Only of this reason", pattern=r"^[!-~]{1,32}$", examples=["future"]),
]
State = Annotated[LetterState | None, Query(description="Only those in this state")]
_COLUMNS: Final = tuple(
    _TABLE.c[{"partition": "message_partition", "offset": "message_offset"}.get(name, name)].label(name)
    for name in LetterRow.model_fields
)


@router.get(
    "/dead-letters",
    summary="Messages that could not be used",
    response_model=models.Page[LetterRow, LetterMeta],
    responses={**csv_response("One page"), **PROBLEMS},
    tags=["pipeline"],
)
def dead_letters(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    reason: Reason = None,
    state: State = None,
    start: From = None,
    to: To = None,
    limit: Limit = None,
    cursor: Annotated[str | None, cursor_of(_PLACE)] = None,
    format: Format = "json",  # noqa: A002 - the parameter's public name
) -> Response:
    """Dead letters of the stream and the sink, newest first, and what became of each.

    `from` and `to` are about when a message was refused. In Airflow `repair_dead_letters` repairs and
    replays them.
    """
    first, end = read_range(start, to)
    wanted = [
        *([] if reason is None else [_TABLE.c.reason == reason]),
        *([] if state is None else [_TABLE.c.state == state.value]),
        *([] if first is None else [_TABLE.c.refused_at >= first]),
        *([] if end is None else [_TABLE.c.refused_at < end]),
    ]

    def read(after: str | None, limit: int) -> ListPage:
        with engine.connect() as connection:
            return _page(connection, wanted, after, limit)

    with engine.connect() as connection:
        counts = _count(connection)
    meta = {**source_meta(settings), "counts": counts, "kept_days": 30}
    listing = Listing("isotherm-dead-letters", tuple(LetterRow.model_fields), meta, read)
    return respond_list(request, listing, Wanted(format, cursor, limit), DEFAULT_LIMIT)


@router.get(
    "/dead-letters/{letter_id}",
    summary="One message that could not be used",
    response_model=OneLetter,
    responses={**UNCHANGED, 404: {"model": Problem, "description": "No such letter"}, **PROBLEMS},
    tags=["pipeline"],
)
def one_dead_letter(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    letter_id: Annotated[int, Path(ge=1, lt=2**63, description="Its number", examples=[1])],
) -> Response:
    """A dead letter whole: what the message held, what was sent in its place, and what came of it."""
    with engine.connect() as connection:
        found = read_letters(connection, [letter_id])
    if not found:
        raise HTTPException(
            404, f"No dead letter {letter_id}. GET /api/v1/dead-letters lists those that are kept."
        )
    return respond_object(request, {"data": _whole(found[0]), "meta": source_meta(settings)})


def _page(
    connection: sa.Connection, wanted: list[sa.ColumnElement[bool]], after: str | None, limit: int
) -> ListPage:
    statement = sa.select(*_COLUMNS).where(*wanted)
    if after is not None:
        moment, _, number = after.partition(",")
        place = sa.tuple_(_TABLE.c.refused_at, _TABLE.c.letter_id)
        at = _time(moment)
        statement = statement.where(_TABLE.c.refused_at <= at, place < sa.tuple_(at, int(number)))
    newest_first = statement.order_by(_TABLE.c.refused_at.desc(), _TABLE.c.letter_id.desc())
    rows = [dict(row) for row in connection.execute(newest_first.limit(limit + 1)).mappings()]
    is_more = len(rows) > limit
    rows = rows[:limit]
    following = f"{rows[-1]['refused_at'].isoformat()},{rows[-1]['letter_id']}" if is_more else None
    return ListPage([_shown(one) for one in rows], following)


def _time(text: str) -> datetime:
    """As the cursor has it; what is no time of any calendar comes after everything."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime(1000, 1, 1)  # noqa: DTZ001 - UTC without a zone, as MySQL holds it


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "refused_at": iso_time(row["refused_at"]), "state_at": iso_time(row["state_at"])}


def _count(connection: sa.Connection) -> list[dict[str, Any]]:
    """By state and reason, from an index alone."""
    by = (_TABLE.c.state, _TABLE.c.reason)
    statement = sa.select(*by, sa.func.count().label("count")).where(_TABLE.c.state > "")
    rows = connection.execute(statement.group_by(*by).order_by(*by)).mappings()
    return [dict(row) for row in rows]


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    shown = {column.name: row[column.element.name] for column in _COLUMNS}
    payload, encoding = _text(row["payload"])
    replayed = row["replayed_payload"]
    return {
        **_shown(shown),
        "payload": payload,
        "encoding": encoding,
        "is_whole": row["payload_bytes"] == len(row["payload"]),
        "replayed_payload": None if replayed is None else _text(replayed)[0],
        "replay_partition": row["replay_partition"],
        "replay_offset": row["replay_offset"],
    }


def _text(content: bytes) -> tuple[str, str]:
    try:
        return content.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(content).decode(), "base64"
