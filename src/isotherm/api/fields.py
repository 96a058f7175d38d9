"""The API's fields of a period's statistics, as the catalogue describes them: names, types, values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from pydantic import Field

from isotherm.api.units import DEFAULT_UNITS, Scale, UnitsName, name_of, scale_of
from isotherm.climatology.months import rounded
from isotherm.statistics.catalogue import (
    MAX,
    MIN,
    OBSERVATION_COUNT,
    REASON_STATISTICS,
    STATISTICS,
    SUM,
)
from isotherm.statistics.statistic import ApiField, Statistic

# Name of a column of the tables -> its values, row by row.
Columns = Mapping[str, Sequence[Any]]
Shown = tuple[Statistic, ApiField]


def _shown(statistics: Iterable[Statistic]) -> tuple[Shown, ...]:
    return tuple((one, one.api) for one in statistics if one.api is not None)


STATION_FIELDS: Final = _shown(STATISTICS)
# Over many stations; the mean is that of the stations' means and has a column of its own.
GLOBAL_FIELDS: Final = _shown((OBSERVATION_COUNT, MIN, MAX, SUM))
_DIVISORS: Final = {field.per for _, field in STATION_FIELDS}
# A reading is good to a tenth. In hundredths every mean of up to ten readings, as many as an hour has,
# is told from every other; further digits of longer periods would be digits of the division.
MEAN_DECIMALS: Final = 2
_MEAN_STEPS: Final = 10**MEAN_DECIMALS
# What has to be read to show them, in the order of the columns.
READ_STATISTICS: Final = tuple(
    one for one in STATISTICS if one.api is not None or one.name in _DIVISORS
)


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Statistics that are read together, and the fields they are shown as: an element, the reasons."""

    statistics: tuple[Statistic, ...]
    fields: tuple[Shown, ...]


def _groups() -> Iterator[FieldGroup]:
    """Each begins with what means are divided by, or the first reason; in the order of the columns."""
    begins = [
        number
        for number, one in enumerate(READ_STATISTICS)
        if one.name in _DIVISORS or one is REASON_STATISTICS[0]
    ]
    for first, end in pairwise((*begins, len(READ_STATISTICS))):
        yield FieldGroup(READ_STATISTICS[first:end], _shown(READ_STATISTICS[first:end]))


FIELD_GROUPS: Final = tuple(_groups())


def names_of(fields: Iterable[Shown], units: UnitsName = DEFAULT_UNITS) -> tuple[str, ...]:
    """The fields' names, in these units."""
    return tuple(name_of(field, one.unit, units) for one, field in fields)


def values_of(shown: Shown, columns: Columns, units: UnitsName = DEFAULT_UNITS) -> Sequence[Any]:
    """A field's values, row by row; None where the period has nothing of it.

    Args:
        shown: a field, and the statistic it shows.
        columns: integers as the tables hold them, of the statistic and of what it is divided by.
        units: in which they are given.
    """
    statistic, field = shown
    values, steps = columns[statistic.name], statistic.unit.steps
    if field.shown == "count":
        return values
    scale = scale_of(statistic.unit, units)
    if field.per is not None:
        return means_of(values, columns[field.per], steps, scale)
    if scale is not None:
        return means_of(values, [1] * len(values), steps, scale)
    return [None if value is None else value / steps for value in values]


def means_of(
    sums: Sequence[int | None],
    counts: Sequence[int],
    steps_per_unit: int,
    scale: Scale | None = None,
) -> list[float | None]:
    """Means to `MEAN_DECIMALS` places, halves to the even digit, decided in integers.

    Args:
        sums: exact, in steps; None where there is nothing.
        counts: what each sum is over.
        steps_per_unit: 10 for sums of tenths.
        scale: another unit to give them in.
    """
    made: dict[tuple[int | None, int], float | None] = {}
    means = []
    for pair in zip(sums, counts, strict=True):
        if pair not in made:
            made[pair] = _mean(*pair, steps_per_unit, scale)
        means.append(made[pair])
    return means


def _mean(
    total: int | None, count: int, steps_per_unit: int, scale: Scale | None = None
) -> float | None:
    if not count or total is None:
        return None
    divisor = count * steps_per_unit
    if scale is not None:
        divisor *= scale.denominator
        total = total * scale.numerator + scale.offset * divisor
    return rounded(total * _MEAN_STEPS, divisor) / _MEAN_STEPS


def model_fields(
    fields: Iterable[Shown], units: UnitsName = DEFAULT_UNITS
) -> dict[str, tuple[Any, Any]]:
    """The fields as pydantic's `create_model` takes them."""
    return {
        name_of(field, one.unit, units): _model_field(one, field, scale_of(one.unit, units))
        for one, field in fields
    }


def _model_field(statistic: Statistic, field: ApiField, scale: Scale | None) -> tuple[Any, Any]:
    is_count = field.shown == "count"
    kind = int if is_count else float
    details: dict[str, Any] = {"ge": 0} if is_count else {}
    example = field.example
    if scale is not None:
        example = round(example * scale.numerator / scale.denominator + scale.offset, MEAN_DECIMALS)
    return (
        kind | None if statistic.nullable else kind,
        Field(description=_description(statistic, field, scale), examples=[example], **details),
    )


def _description(statistic: Statistic, field: ApiField, scale: Scale | None) -> str:
    meaning = statistic.meaning[0].upper() + statistic.meaning[1:]
    if field.per is None and scale is None:
        return meaning
    divided = f"{statistic.name} / {field.per}" if field.per else statistic.name
    sum_in_units = f"{divided} / {statistic.unit.steps}{scale.formula if scale else ''}"
    return f"`{sum_in_units}`, to {MEAN_DECIMALS} decimals: {meaning.lower()}"


def units_of(
    fields: Iterable[Shown], units: UnitsName = DEFAULT_UNITS, time_zone: str = "UTC"
) -> dict[str, str]:
    """The unit of each field and of the times."""
    named = {}
    for one, field in fields:
        scale = scale_of(one.unit, units)
        named[name_of(field, one.unit, units)] = one.unit.name if scale is None else scale.unit
    return {**named, "time": time_zone}
