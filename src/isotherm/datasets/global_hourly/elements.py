"""The elements of a global-hourly row as numbers: temperature, dew point, pressure, wind.

Cells as the format describes them are read a column at a time; any other cell one by one, leniently
where its meaning is beyond doubt (spaces, a sign left out), else as nothing.

Source: NOAA, Federal Climate Complex Data Documentation for Integrated Surface Data, 2018-01-12.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from isotherm.datasets.global_hourly.csv_records import printable
from isotherm.datasets.global_hourly.quality import QUALITY
from isotherm.datasets.global_hourly.shapes import Matched, Shape
from isotherm.quality import Limits

MISSING_TEMPERATURE: Final = 9999

_SHOWN_TEXT: Final = 60  # characters of an unreadable value quoted in a reason

_TMP: Final = Shape("sdddd,q")
# A quality code by its byte.
_CODES: Final = pl.Series([None, *map(chr, range(1, 128))], dtype=pl.String)
_IS_BAD: Final = np.isin(np.arange(256), [ord(code) for code in QUALITY.bad_codes])


@dataclass(frozen=True, slots=True)
class Number:
    """One number of an element; outside the limits of its field it is missing or wrong.

    Attributes:
        field: of the canonical observation.
        start: of its digits in a cell of the element's shape; of its sign where it has one.
        end: of its digits.
        code_at: where its quality code stands.
        part: which of the cell's comma-separated parts it is, from 0.
        code_part: which of them its quality code is.
        is_signed: whether it begins with a sign.
    """

    field: str
    start: int
    end: int
    code_at: int
    part: int
    code_part: int
    is_signed: bool = False

    @property
    def limits(self) -> Limits:
        """Lowest and highest, inclusive."""
        return QUALITY.limits_beside[self.field]


@dataclass(frozen=True, slots=True)
class Element:
    """A column of numbers beside the temperature."""

    column: str
    shape: Shape
    numbers: tuple[Number, ...]


ELEMENTS: Final = (
    Element(
        "DEW",
        _TMP,
        (Number("dew_point_tenths", 0, 5, 6, 0, 1, is_signed=True),),
    ),
    Element(
        "SLP",
        Shape("ddddd,q"),
        (Number("sea_level_pressure_tenths_hpa", 0, 5, 6, 0, 1),),
    ),
    Element(
        "WND",
        Shape("ddd,q,q,dddd,q"),
        (
            Number("wind_speed_tenths_ms", 8, 12, 13, 3, 4),
            Number("wind_direction_deg", 0, 3, 4, 0, 1),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Temperatures:
    """What the TMP column holds: tenths, quality codes, and why a cell could not be read, by row."""

    tenths: pl.Series
    codes: pl.Series
    malformed: dict[int, str]


def read_temperatures(column: pa.BinaryArray) -> Temperatures:
    """The temperature of each row, read as a whole: half of a cell is no temperature."""
    matched = _TMP.match(column)
    values, is_null = np.zeros(len(column), np.int32), np.ones(len(column), np.bool_)
    codes = np.zeros(len(column), np.uint8)
    tenths = matched.signed(0, 5)
    is_missing = tenths == MISSING_TEMPERATURE
    is_good = _is_within(tenths, QUALITY.min_plausible_tenths, QUALITY.max_plausible_tenths)
    values[matched.rows], is_null[matched.rows] = tenths, ~is_good
    codes[matched.rows] = np.where(is_good | is_missing, matched.cells[:, 6], 0)
    malformed: dict[int, str] = {}
    outside = matched.rows[~(is_good | is_missing)]
    for row in map(int, (*outside, *matched.others)):
        text = column[row].as_py().decode("utf-8", "replace")
        found = _careful_temperature(text)
        if isinstance(found, str):
            malformed[row] = found
            continue
        value, code = found
        codes[row] = ord(code)
        if value is not None:
            values[row], is_null[row] = value, False
    quality = _CODES.gather(pl.Series(codes))
    return Temperatures(_nullable(values, is_null), quality, malformed)


def read_numbers(element: Element, column: pa.BinaryArray) -> dict[str, pl.Series]:
    """The numbers of one element by field; null when missing, unreadable, outside, suspect or wrong."""
    matched = element.shape.match(column)
    others = {}
    for row in map(int, matched.others):
        found = element.shape.text.fullmatch(column[row].as_py().decode("utf-8", "replace"))
        if found is not None:
            others[row] = found.groups()
    return {one.field: _read_number(one, matched, others, len(column)) for one in element.numbers}


def _read_number(
    one: Number, matched: Matched, others: dict[int, tuple[str, ...]], count: int
) -> pl.Series:
    values, is_null = np.zeros(count, np.int32), np.ones(count, np.bool_)
    read = matched.signed if one.is_signed else matched.number
    found = read(one.start, one.end)
    is_bad = ~_is_within(found, *one.limits) | _IS_BAD[matched.cells[:, one.code_at]]
    values[matched.rows], is_null[matched.rows] = found, is_bad
    for row, parts in others.items():
        value = _careful_number(one, parts)
        if value is not None:
            values[row], is_null[row] = value, False
    return _nullable(values, is_null)


def _careful_number(one: Number, parts: tuple[str, ...]) -> int | None:
    if parts[one.code_part] in QUALITY.bad_codes:
        return None
    value = int(parts[one.part])
    lowest, highest = one.limits
    return value if lowest <= value <= highest else None


def _careful_temperature(text: str) -> tuple[int | None, str] | str:
    """Tenths (None = missing) and the quality code, or why it cannot be read, quoted."""
    found = _TMP.text.fullmatch(text)
    if found is None:
        return f"TMP is not +dddd,q: '{printable(text)[:_SHOWN_TEXT]}'" if text else "TMP is blank"
    tenths = int(found[1])
    if tenths == MISSING_TEMPERATURE:
        return None, found[2]
    low, high = QUALITY.min_plausible_tenths, QUALITY.max_plausible_tenths
    if not low <= tenths <= high:
        return f"TMP is outside {low / 10} to +{high / 10} C: '{printable(text)[:_SHOWN_TEXT]}'"
    return tenths, found[2]


def _is_within(values: npt.NDArray[np.int32], low: int, high: int) -> npt.NDArray[np.bool_]:
    return (values >= low) & (values <= high)


def _nullable(values: npt.NDArray[np.int32], is_null: npt.NDArray[np.bool_]) -> pl.Series:
    return pl.Series(values).set(pl.Series(is_null), None)
