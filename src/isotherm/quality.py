"""Which observations count, as data: three named rules and the reasons to leave one out.

`unfiltered` takes every temperature, as the first version of this product did. `qc` leaves out what
NOAA's checks call suspect or erroneous, values outside the format's limits, and summaries of a day or
month. `routine` also leaves out specials, which cluster in bad weather and bias an hour's mean; where
an aviation report exists the others only repeat it; and of one minute one value counts.

Source: NOAA, Federal Climate Complex Data Documentation for Integrated Surface Data, 2018-01-12 (TMP,
quality codes and report types). Rendered to Spark columns in `isotherm.spark.summarise`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why an observation does not count under a rule."""

    MISSING = "missing"
    SUMMARY_OF_DAY = "summary_of_day"
    SPECIAL = "special"
    SUPERSEDED = "superseded"
    BAD_QUALITY = "bad_quality"
    OUT_OF_RANGE = "out_of_range"
    MALFORMED = "malformed"


# Not selected is no fault of the observation; rejected is.
NOT_SELECTED: Final = (Reason.MISSING, Reason.SUMMARY_OF_DAY, Reason.SPECIAL, Reason.SUPERSEDED)
REJECTED: Final = (Reason.BAD_QUALITY, Reason.OUT_OF_RANGE, Reason.MALFORMED)

# 2, 6 suspect; 3, 7 erroneous (of the two families of checks).
BAD_QUALITY_CODES: Final = ("2", "3", "6", "7")
SUMMARY_REPORT_TYPES: Final = ("SOD", "SOM")
SPECIAL_REPORT_TYPES: Final = ("FM-16", "SAOSP")
# In order of preference where two share a minute.
AVIATION_REPORT_TYPES: Final = ("FM-15", "SAO", "SY-MT", "SY-SA", "SA-AU", "S-S-A", "AERO")
# The format's own limits of TMP, tenths of a degree Celsius.
MIN_PLAUSIBLE_TENTHS: Final = -932
MAX_PLAUSIBLE_TENTHS: Final = 618


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
