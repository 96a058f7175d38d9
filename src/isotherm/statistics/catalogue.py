"""Every statistic of the product, in the order of columns and fields.

To add one: an entry here. Columns are added by the next migration run, files are summarised again
because `made_by` changes, messages, roll-ups and the API follow; then `npm run generate` in
`dashboard/` and a line in docs/data_dictionary.md.
"""

from typing import Final

from isotherm.quality import Reason
from isotherm.statistics.statistic import COUNT, TENTHS_C, ApiField, Merge, Statistic, Taken

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
    api=ApiField("min_c", "tenths", -11.1),
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
    api=ApiField("max_c", "tenths", -11.0),
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
    api=ApiField("mean_c", "mean_of_tenths", -11.066666666666666, per="observation_count"),
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
    api=ApiField("mean_dew_point_c", "mean_of_tenths", -14.4, per="dew_point_count"),
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

MEASURED: Final = (OBSERVATION_COUNT, MIN, MAX, SUM, DEW_POINT_COUNT, DEW_POINT_SUM, HISTOGRAM)
# Those of the first version: rows and messages that are older than another one lack it, so whatever is
# added is a count, which is 0 there, or nullable.
FIRST_STATISTICS: Final = (OBSERVATION_COUNT, MIN, MAX, SUM, *REASON_STATISTICS)
STATISTICS: Final = (*MEASURED, *REASON_STATISTICS)
# Of days and longer.
PERIOD_STATISTICS: Final = tuple(one for one in STATISTICS if one.in_periods)
STATISTIC_NAMES: Final = tuple(one.name for one in STATISTICS)
REASON_COUNTS: Final = tuple(one.name for one in REASON_STATISTICS)
# The columns of a reading that some statistic is taken from.
TAKEN_COLUMNS: Final = tuple(dict.fromkeys(one.taken.column for one in MEASURED if one.taken))
