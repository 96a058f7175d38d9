"""The API's fields of a period's statistics, as the catalogue describes them: names, types, values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import Field

from isotherm.statistics.catalogue import MAX, MIN, OBSERVATION_COUNT, STATISTICS, SUM
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


def names_of(fields: Iterable[Shown]) -> tuple[str, ...]:
    """The fields' names."""
    return tuple(field.name for _, field in fields)


def values_of(shown: Shown, columns: Columns) -> Sequence[Any]:
    """A field's values, row by row; None where the period has nothing of it.

    Args:
        shown: a field, and the statistic it shows.
        columns: integers as the tables hold them, of the statistic and of what it is divided by.
    """
    statistic, field = shown
    values = columns[statistic.name]
    if field.shown == "count":
        return values
    if field.per is None:
        return [None if value is None else value / statistic.unit.steps for value in values]
    return means_of(values, columns[field.per], statistic.unit.steps)


def means_of(
    sums: Sequence[int | None], counts: Sequence[int], steps_per_unit: int
) -> list[float | None]:
    """Means to `MEAN_DECIMALS` places, halves to the even digit, decided in integers.

    Args:
        sums: exact, in steps; None where there is nothing.
        counts: what each sum is over.
        steps_per_unit: 10 for sums of tenths.
    """
    made: dict[tuple[int | None, int], float | None] = {}
    means = []
    for pair in zip(sums, counts, strict=True):
        if pair not in made:
            made[pair] = _mean(*pair, steps_per_unit)
        means.append(made[pair])
    return means


def _mean(total: int | None, count: int, steps_per_unit: int) -> float | None:
    if not count or total is None:
        return None
    return _rounded(total * _MEAN_STEPS, count * steps_per_unit) / _MEAN_STEPS


def _rounded(dividend: int, divisor: int) -> int:
    """The whole number nearest to a quotient; of two equally near ones the even one."""
    quotient, rest = divmod(dividend, divisor)
    return quotient + (2 * rest > divisor or (2 * rest == divisor and quotient % 2))


def model_fields(fields: Iterable[Shown]) -> dict[str, tuple[Any, Any]]:
    """The fields as pydantic's `create_model` takes them."""
    return {field.name: _model_field(one, field) for one, field in fields}


def _model_field(statistic: Statistic, field: ApiField) -> tuple[Any, Any]:
    is_count = field.shown == "count"
    kind = int if is_count else float
    details: dict[str, Any] = {"ge": 0} if is_count else {}
    return (
        kind | None if statistic.nullable else kind,
        Field(description=_description(statistic, field), examples=[field.example], **details),
    )


def _description(statistic: Statistic, field: ApiField) -> str:
    meaning = statistic.meaning[0].upper() + statistic.meaning[1:]
    if field.per is None:
        return meaning
    sum_in_units = f"{statistic.name} / {field.per} / {statistic.unit.steps}"
    return f"`{sum_in_units}`, to {MEAN_DECIMALS} decimals: {meaning.lower()}"


def units_of(fields: Iterable[Shown]) -> dict[str, str]:
    """The unit of each field and of the times."""
    units = {field.name: one.unit.name for one, field in fields}
    return {**units, "time": "UTC"}
