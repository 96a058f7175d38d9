"""Which observations count, as data: three named rules and the reasons to leave one out.

`unfiltered` takes every temperature, as the first version of this product did. `qc` leaves out what
NOAA's checks call suspect or erroneous, values outside the format's limits, and summaries of a day or
month. `routine` also leaves out specials, which cluster in bad weather and bias an hour's mean; where
an aviation report exists the others only repeat it; and of one minute one value counts.

The rules are the same for every dataset; what a dataset calls bad or special is its own `QualityRule`.
`isotherm.summarise` applies both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

# Lowest and highest, both inclusive, in the unit of the observation's field.
Limits = tuple[int, int]


class Reason(StrEnum):
    """Why an observation does not count under a rule."""

    MISSING = "missing"
    SUMMARY_OF_DAY = "summary_of_day"
    SPECIAL = "special"
    SUPERSEDED = "superseded"
    BAD_QUALITY = "bad_quality"
    OUT_OF_RANGE = "out_of_range"
    MALFORMED = "malformed"


# Of ISD's format, which lie beyond the world's records; a wind of no direction is calm or variable.
ISD_LIMITS_BESIDE: Final[Mapping[str, Limits]] = {
    "dew_point_tenths": (-982, 368),
    "sea_level_pressure_tenths_hpa": (8600, 10900),
    "wind_speed_tenths_ms": (0, 900),
    "wind_direction_deg": (1, 360),
}

# Not selected is no fault of the observation; rejected is.
NOT_SELECTED: Final = (Reason.MISSING, Reason.SUMMARY_OF_DAY, Reason.SPECIAL, Reason.SUPERSEDED)
REJECTED: Final = (Reason.BAD_QUALITY, Reason.OUT_OF_RANGE, Reason.MALFORMED)


@dataclass(frozen=True, slots=True)
class SourceCodes:
    """Quality codes that are bad where the value came from one of these sources."""

    sources: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QualityRule:
    """What one dataset calls bad, what it can plausibly hold, and which of its report types are what.

    Attributes:
        bad_codes: quality codes of a suspect or erroneous temperature, whatever its source.
        bad_codes_of_sources: those that are bad of some sources only.
        min_plausible_tenths: tenths of a degree Celsius, inclusive.
        max_plausible_tenths: tenths of a degree Celsius, inclusive.
        limits_beside: what the fields beside the temperature can hold; outside it nothing is read.
        summary_report_types: summaries of a day or month.
        special_report_types: reports beside the routine, made in bad weather.
        aviation_report_types: in order of preference where two share a minute.
    """

    bad_codes: tuple[str, ...]
    min_plausible_tenths: int
    max_plausible_tenths: int
    limits_beside: Mapping[str, Limits] = field(hash=False)
    summary_report_types: tuple[str, ...]
    special_report_types: tuple[str, ...]
    aviation_report_types: tuple[str, ...]
    bad_codes_of_sources: tuple[SourceCodes, ...] = ()

    @property
    def limits(self) -> dict[str, Limits]:
        """What each number of an observation can plausibly hold, by field."""
        temperature = (self.min_plausible_tenths, self.max_plausible_tenths)
        return {"air_temperature_tenths": temperature, **self.limits_beside}


@dataclass(frozen=True, slots=True)
class SelectionRule:
    """One named rule: what it leaves out beside missing and malformed temperatures."""

    name: str
    rejects_bad_quality: bool
    leaves_out_summaries: bool
    leaves_out_specials: bool
    prefers_aviation: bool


RULES: Final = (
    SelectionRule("unfiltered", False, False, False, False),
    SelectionRule("qc", True, True, False, False),
    SelectionRule("routine", True, True, True, True),
)
RULE_NAMES: Final = tuple(rule.name for rule in RULES)
DEFAULT_RULE: Final = "routine"
