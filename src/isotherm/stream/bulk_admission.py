"""`admission.admit` for many messages at once: what is plainly right is read fast, the rest one by one.

The fast way only ever says yes, and only where `admit` would say the same with the same values: plain
ASCII without escapes, no unknown field, every field of its type and bounds, times in the one form our
own writers use. Whatever is odd in any way is left to `admit`, which alone refuses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
import polars as pl

from isotherm.datasets.facts import FACTS
from isotherm.datasets.observations import FUTURE_TOLERANCE
from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.message_fields import EARLIEST_YEAR, LATEST_YEAR
from isotherm.messages import ObservationHead
from isotherm.observation import FIELDS, FieldType
from isotherm.station import STATION_ID_PATTERN
from isotherm.stream.admission import LAST_MS, Refusal, admit, clock_of
from isotherm.summarise import READING_COLUMNS

# What an admitted message is to the stream.
ADMITTED_COLUMNS: Final = ("feed_id", "dataset", *READING_COLUMNS)

_TEXT: Final = Annotated[str, msgspec.Meta(max_length=1024)]
_TYPES: Final[dict[FieldType, Any]] = {
    "text": _TEXT,
    "timestamp": str,
    "int": Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)],
    "bigint": Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)],
}
_Plain: Final = msgspec.defstruct(
    "_Plain",
    [
        ("schema_version", Literal[1]),
        ("feed_id", str),
        *((one.name, _TYPES[one.type]) for one in FIELDS if not one.nullable),
        *((one.name, _TYPES[one.type] | None, None) for one in FIELDS if one.nullable),
    ],
    forbid_unknown_fields=True,
    gc=False,
)
_decode: Final = msgspec.json.Decoder(_Plain).decode
_SCHEMA: Final = pl.Schema(
    {
        "feed_id": pl.String(),
        "published_at": pl.String(),
        "dataset": pl.String(),
        **{name: POLARS_SCHEMA[name] for name in READING_COLUMNS},
        "observed_at": pl.String(),
    }
)
_fields: Final = attrgetter(*_SCHEMA.names())
_ISO: Final = "%Y-%m-%dT%H:%M:%SZ"
# A time that is read and in this form is written again as it is: a quarter of writing it to see.
_WRITTEN: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\dZ$"
_PATTERNS: Final = {
    "feed_id": re.compile(r"[0-9A-Za-z._-]{1,64}"),
    "station_id": re.compile(STATION_ID_PATTERN.removeprefix("^").removesuffix("$")),
    "dataset": re.compile("|".join(re.escape(one.name) for one in FACTS)),
}


@dataclass(frozen=True, slots=True)
class Admitted:
    """What became of messages: `ADMITTED_COLUMNS` and `row`, their place, of those that may enter."""

    readings: pl.DataFrame
    refusals: list[tuple[int, Refusal]]


def admit_many(values: Sequence[bytes | None], written_ms: Sequence[int]) -> Admitted:
    """Judge messages, each at its record's time; raises nothing, whatever the bytes are.

    Args:
        values: the records' values.
        written_ms: Kafka's timestamps of them.
    """
    plain = _read_plain(values, written_ms)
    if plain.height == len(values):
        return Admitted(plain, [])
    odd = np.ones(len(values), dtype=bool)
    odd[plain["row"].to_numpy()] = False
    rows, refusals = [], []
    for row in np.flatnonzero(odd).tolist():
        found = admit(values[row], clock_of(written_ms[row]))
        if isinstance(found, ObservationHead):
            rows.append((row, *(getattr(found, name) for name in ADMITTED_COLUMNS)))
        else:
            refusals.append((row, found))
    others = pl.DataFrame(rows, schema=plain.schema, orient="row")
    return Admitted(pl.concat([plain, others]), refusals)


def _read_plain(values: Sequence[bytes | None], written_ms: Sequence[int]) -> pl.DataFrame:
    """The messages that are right beyond doubt."""
    places = _plain_bytes(values)
    found = [_decoded(values[row]) for row in places]
    kept = [one for one in found if one is not None]
    columns = zip(*map(_fields, kept), strict=True) if kept else [()] * len(_SCHEMA)
    frame = pl.DataFrame(
        [
            pl.Series(name, values, dtype, strict=True)
            for (name, dtype), values in zip(_SCHEMA.items(), columns, strict=True)
        ]
    )
    rows = [row for row, one in zip(places, found, strict=True) if one is not None]
    clocks = pl.Series("clock", written_ms, pl.Int64).clip(0, LAST_MS).gather(rows)
    frame = frame.with_columns(
        pl.Series("row", rows, pl.Int64),
        clocks.cast(pl.Datetime("ms", "UTC")),
        _time("observed_at").alias("time"),
    )
    is_right = _is_time("observed_at", pl.col("time")) & _is_named(frame) & _is_plausible()
    is_past = pl.col("time") <= pl.col("clock") + FUTURE_TOLERANCE
    # The time in place of its text.
    right = frame.filter(is_right & is_past).drop("observed_at").rename({"time": "observed_at"})
    return right.select("row", *ADMITTED_COLUMNS)


def _plain_bytes(values: Sequence[bytes | None]) -> Sequence[int]:
    """Places of the values that are ASCII without a backslash; control signs the decoder refuses."""
    content = b"".join(value or b"" for value in values)
    if content.isascii() and b"\\" not in content:
        return range(len(values))
    return [
        row
        for row, value in enumerate(values)
        if value is not None and value.isascii() and b"\\" not in value
    ]


def _decoded(value: bytes | None) -> Any:  # noqa: ANN401 - a `_Plain`
    try:
        return _decode(value or b"")
    except (msgspec.MsgspecError, RecursionError):
        return None


def _time(name: str) -> pl.Expr:
    return pl.col(name).str.to_datetime(_ISO, time_unit="us", time_zone="UTC", strict=False)


def _is_time(name: str, time: pl.Expr) -> pl.Expr:
    """Whether a text is a time of the product's years in the form in which it is written again."""
    is_written = pl.col(name).str.contains(_WRITTEN)
    return is_written & time.dt.year().is_between(EARLIEST_YEAR, LATEST_YEAR).fill_null(value=False)


def _is_named(frame: pl.DataFrame) -> pl.Expr:
    """Whether ids, names and times of publication are what they may be; few differ."""
    known = {
        name: [one for one in frame[name].unique() if pattern.fullmatch(one)]
        for name, pattern in _PATTERNS.items()
    }
    published = frame.select(pl.col("published_at").unique())
    is_time = _is_time("published_at", _time("published_at"))
    known["published_at"] = published.filter(is_time).to_series().to_list()
    return pl.all_horizontal(pl.col(name).is_in(values) for name, values in known.items())


def _is_plausible() -> pl.Expr:
    """`admission`'s bounds of each dataset; a missing value is in them."""
    return pl.any_horizontal(
        pl.all_horizontal(
            pl.col("dataset") == one.name,
            *(
                pl.col(name).is_between(*limits).fill_null(value=True)
                for name, limits in one.quality.limits.items()
            ),
        )
        for one in FACTS
    )
