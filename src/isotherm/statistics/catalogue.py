"""Every statistic of the product, in the order of columns and fields.

To add one: an entry here. Columns are added by the next migration run, files are summarised again
because `made_by` changes, messages, roll-ups and the API follow; then `npm run generate` in
`dashboard/` and a line in docs/data_dictionary.md.
"""

from typing import Final

from isotherm.quality import Reason
from isotherm.statistics.statistic import (
    COUNT,
    MMS,
    TENTHS_C,
    TENTHS_HPA,
    TENTHS_MS,
    ApiField,
    Merge,
    Statistic,
    Taken,
    Unit,
)

OBSERVATION_COUNT: Final = Statistic(
    "observation_count",
    COUNT,
    "observations that count under the rule",
    Merge.SUM,
    Taken("air_temperature_tenths", "count"),
    nullable=False,
    hour_bits=32,
    period_bits=32,
    api=ApiField("observation_count", "count", 3),
)
MIN: Final = Statistic(
    "min_tenths",
    TENTHS_C,
    "lowest air temperature",
    Merge.MIN,
    Taken("air_temperature_tenths", "min"),
    nullable=False,
    hour_bits=16,
    period_bits=16,
    api=ApiField("min_c", "value", -11.1),
)
MAX: Final = Statistic(
    "max_tenths",
    TENTHS_C,
    "highest air temperature",
    Merge.MAX,
    Taken("air_temperature_tenths", "max"),
    nullable=False,
    hour_bits=16,
    period_bits=16,
    api=ApiField("max_c", "value", -11.0),
)
SUM: Final = Statistic(
    "sum_tenths",
    TENTHS_C,
    "sum of the air temperatures, from which the mean is made",
    Merge.SUM,
    Taken("air_temperature_tenths", "sum"),
    nullable=False,
    hour_bits=32,
    period_bits=64,
    api=ApiField("mean_c", "mean", -11.066666666666666, per="observation_count"),
)
DEW_POINT_COUNT: Final = Statistic(
    "dew_point_count",
    COUNT,
    "observations among them that have a dew point",
    Merge.SUM,
    Taken("dew_point_tenths", "count"),
    nullable=False,
    hour_bits=32,
    period_bits=32,
    api=ApiField("dew_point_count", "count", 3),
)
DEW_POINT_SUM: Final = Statistic(
    "dew_point_sum_tenths",
    TENTHS_C,
    "sum of the dew points, from which their mean is made; null where none was reported",
    Merge.SUM,
    Taken("dew_point_tenths", "sum"),
    nullable=True,
    hour_bits=32,
    period_bits=64,
    api=ApiField("mean_dew_point_c", "mean", -14.4, per="dew_point_count"),
)
HISTOGRAM: Final = Statistic(
    "temperature_histogram",
    TENTHS_C,
    "how often each air temperature occurred; null of an hour that the other statistics tell in full",
    Merge.HISTOGRAM,
    Taken("air_temperature_tenths", "histogram"),
    nullable=True,
    hour_bits=0,
    period_bits=0,
    in_periods=False,
)


def _count(name: str, column: str, meaning: str) -> Statistic:
    """How many of the observations that count have another element."""
    taken = Taken(column, "count")
    return Statistic(
        name, COUNT, meaning, Merge.SUM, taken, nullable=False, hour_bits=32, period_bits=32
    )


def _sum(name: str, unit: Unit, meaning: str, taken: Taken, api: ApiField) -> Statistic:
    """The sum of another element over the observations that count; null where none was reported."""
    return Statistic(
        name,
        unit,
        f"{meaning}; null where none was reported",
        Merge.SUM,
        taken,
        nullable=True,
        hour_bits=32,
        period_bits=64,
        api=api,
    )


_WIND: Final = ("wind_speed_tenths_ms", "wind_direction_deg")
PRESSURE_COUNT: Final = _count(
    "pressure_count",
    "sea_level_pressure_tenths_hpa",
    "observations among them that have a pressure at sea level",
)
PRESSURE_SUM: Final = _sum(
    "pressure_sum_tenths_hpa",
    TENTHS_HPA,
    "sum of the pressures at sea level, from which their mean is made",
    Taken("sea_level_pressure_tenths_hpa", "sum"),
    ApiField("mean_pressure_hpa", "mean", 1016.3, per="pressure_count"),
)
WIND_COUNT: Final = _count(
    "wind_count", _WIND[0], "observations among them that have a wind speed, calm ones too"
)
WIND_SPEED_SUM: Final = _sum(
    "wind_speed_sum_tenths_ms",
    TENTHS_MS,
    "sum of the wind speeds, from which their mean is made",
    Taken(_WIND[0], "sum"),
    ApiField("mean_wind_speed_ms", "mean", 5.1, per="wind_count"),
)
# The vector of where the air goes: a wind from the west has a positive part to the east. Calm and
# variable winds have no direction, and count as a vector of 0.
WIND_EAST_SUM: Final = _sum(
    "wind_east_sum_mms",
    MMS,
    "sum of the winds' parts towards the east, 0 of a wind of no direction; of it the mean is made",
    Taken("wind_east_mms", "sum", made_of=_WIND),
    ApiField("mean_wind_east_ms", "mean", 4.42, per="wind_count"),
)
WIND_NORTH_SUM: Final = _sum(
    "wind_north_sum_mms",
    MMS,
    "sum of the winds' parts towards the north, 0 of a wind of no direction; of it the mean is made",
    Taken("wind_north_mms", "sum", made_of=_WIND),
    ApiField("mean_wind_north_ms", "mean", -2.55, per="wind_count"),
)
_REASON_MEANINGS: Final = {
    Reason.MISSING: "observations without a temperature",
    Reason.SUMMARY_OF_DAY: "summaries of a day or month, which are no observations",
    Reason.SPECIAL: "specials, which cluster in bad weather",
    Reason.SUPERSEDED: "observations that another one of the hour or minute stands for",
    Reason.BAD_QUALITY: "observations the publisher calls suspect or erroneous",
    Reason.OUT_OF_RANGE: "temperatures outside the dataset's plausible range",
    Reason.MALFORMED: "temperatures that cannot be read",
}
REASON_STATISTICS: Final = tuple(
    Statistic(
        f"{reason}_count",
        COUNT,
        meaning,
        Merge.SUM,
        None,
        nullable=False,
        hour_bits=32,
        period_bits=32,
        api=ApiField(f"{reason}_count", "count", 0),
    )
    for reason, meaning in _REASON_MEANINGS.items()
)

MEASURED: Final = (
    OBSERVATION_COUNT,
    MIN,
    MAX,
    SUM,
    DEW_POINT_COUNT,
    DEW_POINT_SUM,
    PRESSURE_COUNT,
    PRESSURE_SUM,
    WIND_COUNT,
    WIND_SPEED_SUM,
    WIND_EAST_SUM,
    WIND_NORTH_SUM,
    HISTOGRAM,
)
# Those of the first version: rows and messages that are older than another one lack it, so whatever is
# added is a count, which is 0 there, or nullable.
FIRST_STATISTICS: Final = (OBSERVATION_COUNT, MIN, MAX, SUM, *REASON_STATISTICS)
STATISTICS: Final = (*MEASURED, *REASON_STATISTICS)
# Of days and longer.
PERIOD_STATISTICS: Final = tuple(one for one in STATISTICS if one.in_periods)
STATISTIC_NAMES: Final = tuple(one.name for one in STATISTICS)
REASON_COUNTS: Final = tuple(one.name for one in REASON_STATISTICS)
_TAKEN: Final = tuple(one.taken for one in MEASURED if one.taken)
# What is aggregated: columns of a reading, and those made of them (see `derived`).
TAKEN_COLUMNS: Final = tuple(dict.fromkeys(one.column for one in _TAKEN))
# The columns of a reading that some statistic is taken from.
MEASURED_COLUMNS: Final = tuple(dict.fromkeys(name for one in _TAKEN for name in one.read))
