"""Other units than those the platform counts in: exact ratios, by which finished integers are shown.

A value is converted from its integers and rounded once, to hundredths, halves to the even one; nothing
is converted that was rounded before. A tenth of a degree Celsius is 0.18 degrees Fahrenheit, so lowest
and highest temperatures are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from isotherm.statistics.statistic import TENTHS_C, TENTHS_HPA, TENTHS_MS, ApiField, Unit

UnitsName = Literal["metric", "imperial"]
DEFAULT_UNITS: Final[UnitsName] = "metric"


@dataclass(frozen=True, slots=True)
class Scale:
    """Another unit: a value in it is `value * numerator / denominator + offset`.

    Attributes:
        unit: for people.
        metric_suffix: what the names of fields in the metric unit end with.
        suffix: what they end with instead.
        numerator: of the ratio.
        denominator: of the ratio.
        offset: in the other unit.
    """

    unit: str
    metric_suffix: str
    suffix: str
    numerator: int
    denominator: int
    offset: int = 0

    @property
    def formula(self) -> str:
        """What is done to a metric value, in words of arithmetic."""
        return f" * {self.numerator} / {self.denominator}" + (
            f" + {self.offset}" if self.offset else ""
        )


_FAHRENHEIT: Final = Scale("degree Fahrenheit", "_c", "_f", 9, 5, 32)
# 25.4 mm of mercury of 13 595.1 kg/m3 under 9.80665 m/s2 are 33.8638815789 hectopascal.
_INCH_OF_MERCURY: Final = Scale("inch of mercury", "_hpa", "_inhg", 10**10, 338_638_815_789)
# A mile is 1 609.344 m.
_MILE_PER_HOUR: Final = Scale("mile per hour", "_ms", "_mph", 3_600_000, 1_609_344)
_SYSTEMS: Final[Mapping[UnitsName, Mapping[str, Scale]]] = {
    "metric": {},
    "imperial": {
        TENTHS_C.name: _FAHRENHEIT,
        TENTHS_HPA.name: _INCH_OF_MERCURY,
        TENTHS_MS.name: _MILE_PER_HOUR,
    },
}


def scale_of(unit: Unit, units: UnitsName) -> Scale | None:
    """How a unit is shown; None: as it is."""
    return _SYSTEMS[units].get(unit.name)


def name_of(field: ApiField, unit: Unit, units: UnitsName) -> str:
    """A field's name, which ends with the unit it is shown in."""
    scale = scale_of(unit, units)
    return field.name if scale is None else field.name.removesuffix(scale.metric_suffix) + scale.suffix
