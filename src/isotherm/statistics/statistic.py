"""What a statistic of a period is: its name and unit, how it is taken, how it merges, how it is shown.

One object says everything; the fold (`isotherm.summarise`), the tables, the messages, the roll-ups and
the API's fields ask it. Nothing here imports an engine.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal


class Merge(StrEnum):
    """How the values of two parts of a period become that of the whole: associative, in any order."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    HISTOGRAM = "histogram"  # sparse counts by value, see `histogram`


Aggregate = Literal["count", "min", "max", "sum", "histogram"]
Shown = Literal["count", "value", "mean"]
# Bits of an integer column; a histogram is a text and has none.
Bits = Literal[0, 16, 32, 64]


@dataclass(frozen=True, slots=True)
class Unit:
    """What one step of an integer is.

    Attributes:
        name: of the whole unit, for people.
        steps: of the integer make one unit.
    """

    name: str
    steps: int = 1


@dataclass(frozen=True, slots=True)
class Taken:
    """How an hour's value comes from its readings: an aggregate over those that count under the rule.

    Attributes:
        column: of the reading, or made of others (see `derived`); nulls in it do not count.
        aggregate: over the column.
        made_of: the columns of the reading that a derived one is made of.
    """

    column: str
    aggregate: Aggregate
    made_of: tuple[str, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        """The columns of the reading it needs."""
        return self.made_of or (self.column,)


@dataclass(frozen=True, slots=True)
class ApiField:
    """How the API shows a statistic.

    Attributes:
        name: of the field.
        shown: `count` as it is, `value` in whole units, `mean` likewise and divided by `per`.
        per: for a mean, the statistic that counts what the sum is over.
        example: for the API's description.
    """

    name: str
    shown: Shown
    example: float
    per: str | None = None


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic of a period.

    Attributes:
        name: of its column and of its field in messages; the unit is its suffix.
        unit: of one step of the integer.
        meaning: a sentence for people.
        merge: how parts of a period join.
        taken: from the readings that count; None for a count of readings that do not, by reason.
        nullable: whether a period with observations may have none of it.
        hour_bits: width of the integer for an hour.
        period_bits: for a day and longer.
        api: how the API shows it; None = not by itself.
        in_periods: whether rows of days and longer hold it too.
    """

    name: str
    unit: Unit
    meaning: str
    merge: Merge
    taken: Taken | None
    nullable: bool
    hour_bits: Bits
    period_bits: Bits
    api: ApiField | None = None
    in_periods: bool = True


COUNT: Final = Unit("1")
TENTHS_C: Final = Unit("degree Celsius", 10)
TENTHS_HPA: Final = Unit("hectopascal", 10)
TENTHS_MS: Final = Unit("metre per second", 10)
MMS: Final = Unit("metre per second", 1000)
