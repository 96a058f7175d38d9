"""Records as columns: what the stream writes is read quickly, anything else field by field.

The quick way takes nothing that the contract (`messages.decode_summaries`) does not take. What it
leaves goes through the contract itself, which either takes it or says what is wrong with it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
import polars as pl
from confluent_kafka import Message

from isotherm.datasets.facts import FACTS
from isotherm.errors import MessageFormatError
from isotherm.message_fields import (
    EARLIEST_YEAR,
    HISTOGRAM_PATTERN,
    LATEST_YEAR,
    MAX_HISTOGRAM_LENGTH,
    limits_of_statistic,
)
from isotherm.messages import (
    ALWAYS_MEASURED,
    HOUR_SCHEMA_VERSION,
    SummaryHead,
    decode_summaries,
)
from isotherm.quality import RULE_NAMES
from isotherm.sink.dead_letters import INVALID, Poison
from isotherm.station import STATION_ID_PATTERN
from isotherm.statistics.catalogue import STATISTIC_NAMES, STATISTICS
from isotherm.statistics.statistic import COUNT, Merge, Statistic
from isotherm.utc import to_naive

# What names an hour within its layer, in the order of the tables' primary key.
KEY: Final = ("station_id", "rule", "hour_start", "dataset")
GUARD: Final = ("received", "version")
# Of a record within its batch.
RECORD: Final = "record"
_FIELDS: Final = (*KEY, *STATISTIC_NAMES, *GUARD)
# What each message says once, as the quick way reads it.
_HOUR_SCHEMA: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(("station_id", "hour_start", "dataset"), pl.String()),
    **dict.fromkeys(GUARD, pl.Int64()),
}
_HISTOGRAMS: Final = tuple(one.name for one in STATISTICS if one.merge is Merge.HISTOGRAM)
_TEXTS: Final = ("station_id", "rule", "dataset", *_HISTOGRAMS)
# The only form of a time that is read quickly; the stream writes it.
_WHOLE_HOUR: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00Z$"
_ISO: Final = "%Y-%m-%dT%H:%M:%SZ"


def _column_type(name: str) -> pl.DataType:
    if name == "hour_start":
        return pl.Datetime("us")
    return pl.String() if name in _TEXTS else pl.Int64()


SCHEMA: Final = pl.Schema({name: _column_type(name) for name in (*_FIELDS, RECORD)})
# A struct of them becomes one tuple; those of numbers come first, and are made columns all at once.
_NUMBERS: Final = tuple(one for one in STATISTICS if one.merge is not Merge.HISTOGRAM)
_NULLABLE: Final = tuple(one.name for one in _NUMBERS if one.unit != COUNT)
# Of a number that is not there; the quick way leaves the least of 64 bits to the contract.
_MISSING: Final = -(2**63)


def _quick_field(one: Statistic) -> tuple[Any, ...]:
    """Like the contract's, but for null in place of a number and for a histogram's form."""
    if one.merge is Merge.HISTOGRAM:
        return (one.name, Annotated[str, msgspec.Meta(max_length=MAX_HISTOGRAM_LENGTH)] | None, None)
    low, high = limits_of_statistic(one)
    kind = Annotated[int, msgspec.Meta(ge=max(low, _MISSING + 1), le=high)]
    return (one.name, kind, 0 if one.unit == COUNT else _MISSING)


def _quick_type(name: str, fields: Iterable[Any]) -> type[msgspec.Struct]:
    return msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True, gc=False)


_QuickStatistics: Final = _quick_type(
    "_QuickStatistics",
    map(_quick_field, (*_NUMBERS, *(one for one in STATISTICS if one not in _NUMBERS))),
)
_QuickRules: Final = _quick_type("_QuickRules", [(rule, _QuickStatistics) for rule in RULE_NAMES])
_QuickHour: Final = _quick_type(
    "_QuickHour",
    [
        ("schema_version", Literal[HOUR_SCHEMA_VERSION], HOUR_SCHEMA_VERSION),
        *((name, str) for name in ("station_id", "hour_start", "dataset")),
        ("received", Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]),
        ("version", Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]),
        ("rules", _QuickRules),
        # The stream says these too, and nobody asks.
        *((name, str, "") for name in ("feed_id", "layer")),
    ],
)
_read_quickly: Final = msgspec.json.Decoder(_QuickHour).decode
_in_order: Final[Callable[[msgspec.Struct], tuple[Any, ...]]] = msgspec.structs.astuple
_values: Final[Callable[[object], tuple[Any, ...]]] = attrgetter(*_FIELDS)


@dataclass(frozen=True, slots=True)
class Decoded:
    """Records told apart.

    Attributes:
        summaries: what can be written, in order of the key and, of each key, of arrival: `SCHEMA`,
            times UTC without a zone. A record of all rules has a row for each.
        poison: what cannot.
    """

    summaries: pl.DataFrame
    poison: list[Poison]


def decode_records(records: Sequence[Message]) -> Decoded:
    """Read every record; one that cannot be used never stops the others."""
    hours: list[Any] = []
    numbers: list[int] = []
    left: list[int] = []
    for number, record in enumerate(records):
        value = record.value() or b""
        try:
            # The contract tells the forms of a message by this text.
            if b'"rules"' not in value:
                left.append(number)
                continue
            hours.append(_read_quickly(value))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            left.append(number)
        else:
            numbers.append(number)
    taken, more_left = _as_columns(hours, numbers)
    if not left and not more_left:
        return Decoded(_in_order_of_key(taken), [])
    slow, poison = _decode_slowly(records, sorted([*left, *more_left]))
    return Decoded(_in_order_of_key(pl.concat([taken, slow])), poison)


def _in_order_of_key(summaries: pl.DataFrame) -> pl.DataFrame:
    """Here, beside a batch that is being written, and not by who writes."""
    return summaries.sort(*KEY, RECORD)


def _as_columns(hours: Sequence[Any], numbers: Sequence[int]) -> tuple[pl.DataFrame, list[int]]:
    """Quickly read hours as rows, and the numbers of those that are not as agreed."""
    heads = pl.DataFrame(
        {name: pl.Series([getattr(one, name) for one in hours], dtype=kind)
         for name, kind in _HOUR_SCHEMA.items()}
    ).with_columns(
        pl.Series(RECORD, numbers, dtype=SCHEMA[RECORD]),
        pl.col("hour_start").str.to_datetime(_ISO, time_unit="us", strict=False).alias("time"),
        _has_agreed_texts().alias("is_agreed"),
    )  # fmt: skip
    rows = _statistics_of(hours)
    of_rules = rows.select(_statistics_agree().fill_null(value=False)).to_series().to_numpy()
    is_agreed = (
        heads["is_agreed"]
        & heads["time"].dt.year().is_between(EARLIEST_YEAR, LATEST_YEAR)
        & pl.Series(of_rules.reshape(-1, len(RULE_NAMES)).all(axis=1), dtype=pl.Boolean())
    ).fill_null(value=False)
    every_rule = pl.Series(np.repeat(np.arange(len(hours)), len(RULE_NAMES)))
    found = pl.concat(
        [heads.with_columns(is_agreed=is_agreed, hour_start="time")[every_rule], rows],
        how="horizontal",
    )
    if is_agreed.all():
        return found.select(SCHEMA.names()), []
    return found.filter("is_agreed").select(SCHEMA.names()), heads.filter(~is_agreed)[RECORD].to_list()


def _statistics_of(hours: Sequence[Any]) -> pl.DataFrame:
    """The statistics of each hour's rules, one after the other, and the rules' names."""
    by_rule = chain.from_iterable(_in_order(one.rules) for one in hours)
    values = chain.from_iterable(map(_in_order, by_rule))
    count = len(hours) * len(RULE_NAMES) * len(STATISTICS)
    cells = np.fromiter(values, dtype=object, count=count).reshape(-1, len(STATISTICS))
    integers = cells[:, : len(_NUMBERS)].T.astype(np.int64, order="C")
    columns = [pl.Series(one.name, column) for one, column in zip(_NUMBERS, integers, strict=True)]
    texts = cells[:, len(_NUMBERS) :].T
    columns += [
        pl.Series(name, list(column), dtype=pl.String())
        for name, column in zip(_HISTOGRAMS, texts, strict=True)
    ]
    rules = pl.Series("rule", RULE_NAMES)[np.tile(np.arange(len(RULE_NAMES)), len(hours))]
    return pl.DataFrame([*columns, rules]).with_columns(
        pl.when(pl.col(name) != _MISSING).then(name) for name in _NULLABLE
    )


def as_frame(summaries: Iterable[tuple[int, SummaryHead]]) -> pl.DataFrame:
    """Checked messages, each with the number of its record, as `Decoded.summaries` has them."""
    rows = [(*_values(one), number) for number, one in summaries]
    at = _FIELDS.index("hour_start")
    naive = [(*row[:at], to_naive(row[at]), *row[at + 1 :]) for row in rows]
    return _in_order_of_key(pl.DataFrame(naive, schema=SCHEMA, orient="row"))


def _decode_slowly(
    records: Sequence[Message], numbers: Iterable[int]
) -> tuple[pl.DataFrame, list[Poison]]:
    valid: list[tuple[int, SummaryHead]] = []
    poison: list[Poison] = []
    for number in numbers:
        try:
            valid += [(number, one) for one in decode_summaries(records[number].value())]
        except MessageFormatError as error:
            poison.append(Poison(records[number], INVALID, str(error)))
    return as_frame(valid), poison


def _has_agreed_texts() -> pl.Expr:
    return pl.all_horizontal(
        pl.col("station_id").str.contains(STATION_ID_PATTERN),
        pl.col("dataset").is_in([one.name for one in FACTS]),
        pl.col("hour_start").str.contains(_WHOLE_HOUR),
    )


def _statistics_agree() -> pl.Expr:
    count, total = pl.col("observation_count"), pl.col("sum_tenths")
    low, high = pl.col("min_tenths"), pl.col("max_tenths")
    measured = [pl.col(name) for name in ALWAYS_MEASURED]
    agree = (
        pl.when(count == 0)
        .then(pl.all_horizontal(one.is_null() for one in measured))
        .otherwise(
            pl.all_horizontal(one.is_not_null() for one in measured)
            & total.is_between(low * count, high * count)
        )
    )
    histograms = [
        pl.col(name).is_null() | pl.col(name).str.contains(HISTOGRAM_PATTERN) for name in _HISTOGRAMS
    ]
    return pl.all_horizontal(agree, *histograms)
