"""Observations to hourly summaries: the one function both layers run, in pure Columns.

The state of a station-hour is the *set* of its distinct readings. Sorted, the last reading of each
key is the newest, so order, repetition and replay cannot change a result. All three selection rules
are folded from that one set, so the stream keeps one state row per station-hour.

For every rule: distinct newest readings = observation_count + the sum of its reason counts.
"""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from isotherm.hourly_summary import MERGE
from isotherm.quality import (
    AVIATION_REPORT_TYPES,
    BAD_QUALITY_CODES,
    MAX_PLAUSIBLE_TENTHS,
    MIN_PLAUSIBLE_TENTHS,
    RULES,
    SPECIAL_REPORT_TYPES,
    SUMMARY_REPORT_TYPES,
    Reason,
    SelectionRule,
)

HOUR_KEY = ("station_id", "dataset", "hour")
# A verdict is 0 (counts) or the place of its reason, from 1: small integers sort, compare and remove
# several times faster inside arrays than texts do.
COUNTS = 0
VERDICTS = {reason: place for place, reason in enumerate(Reason, 1)}


def summarise_hours(observations: DataFrame, *delivery: Column) -> DataFrame:
    """Summarise every station-hour under every selection rule.

    Works on a batch and, in update mode, on a stream whose `observed_at` carries a watermark.

    Args:
        observations: canonical observations; of their columns only the key, dataset, revision,
            air_temperature_tenths, quality_code and malformed are read.
        delivery: named aggregates over all rows of the hour, repeats included, for example
            `F.count("*").alias("received")`; appended as columns, the same under each rule.

    Returns:
        One row per (station_id, hour_start, dataset, rule): observation_count, min_tenths, max_tenths
        and sum_tenths (null where nothing counts), one `<reason>_count` per reason, and `delivery`.
    """
    hours = observations.groupBy(
        "station_id", "dataset", F.window("observed_at", "1 hour").alias("hour")
    ).agg(F.array_sort(F.collect_set(_reading())).alias("readings"), *delivery)
    delivered = [name for name in hours.columns if name not in (*HOUR_KEY, "readings")]
    kept = ["station_id", "dataset", "hour.start", *delivered]
    # Each step is a select of its own: Spark then computes an array once, not once per use.
    newest = hours.select(*kept, F.filter("readings", _is_newest).alias("newest"))
    kept = ["station_id", "dataset", "start", *delivered]
    judged = newest.select(*kept, F.transform("newest", _judge).alias("judged"))
    for choose in (_candidates, _kept_tenths):
        choices = [choose(rule).alias(rule.name) for rule in RULES]
        judged = judged.select(*kept, "judged", *choices)
    summaries = judged.select(*kept, F.inline(F.array(*[_summary_of(rule) for rule in RULES])))
    hour_start = F.col("start").alias("hour_start")
    result: DataFrame = summaries.select(
        "station_id", hour_start, "dataset", "rule", *MERGE, *delivered
    )
    return result


def _reading() -> Column:
    """What the state keeps of one observation: the key, then what orders its versions.

    Nulls in the key would make `!=` null and lose the row, so they become empty texts.
    """
    return F.struct(
        "observed_at",
        F.coalesce("report_type", F.lit("")).alias("report_type"),
        F.coalesce("source", F.lit("")).alias("source"),
        "revision",
        F.col("air_temperature_tenths").alias("tenths"),
        "quality_code",
        "malformed",
    )


def _is_newest(reading: Column, index: Column) -> Column:
    following = F.get("readings", index + 1)
    return (
        following.isNull()
        | (following.observed_at != reading.observed_at)
        | (following.report_type != reading.report_type)
        | (following.source != reading.source)
    )


def _judge(reading: Column) -> Column:
    """A reading with its verdict under each rule, ordered so that the last of a minute is preferred."""
    return F.struct(
        F.date_trunc("minute", reading.observed_at).alias("minute"),
        _preference(reading.report_type).alias("preference"),
        reading.revision.alias("revision"),
        reading.tenths.alias("tenths"),
        *[_verdict(reading, rule).alias(rule.name) for rule in RULES],
    )


def _preference(report_type: Column) -> Column:
    """0 for a report that is not from aviation, else higher the earlier it is named."""
    ranks = list(enumerate(reversed(AVIATION_REPORT_TYPES), 1))
    preference = F.lit(0)
    for rank, name in ranks:
        preference = F.when(report_type == name, rank).otherwise(preference)
    return preference.cast("tinyint")


def _verdict(reading: Column, rule: SelectionRule) -> Column:
    """The first reason not to count this reading under this rule, or `COUNTS`."""
    tenths, report_type = reading.tenths, reading.report_type
    verdict = F.when(reading.malformed.isNotNull(), VERDICTS[Reason.MALFORMED])
    verdict = verdict.when(tenths.isNull(), VERDICTS[Reason.MISSING])
    if rule.rejects_bad_quality:
        is_bad = reading.quality_code.isin(*BAD_QUALITY_CODES)
        verdict = verdict.when(is_bad, VERDICTS[Reason.BAD_QUALITY])
    if rule.leaves_out_summaries:
        is_summary = report_type.isin(*SUMMARY_REPORT_TYPES)
        verdict = verdict.when(is_summary, VERDICTS[Reason.SUMMARY_OF_DAY])
    if rule.leaves_out_specials:
        verdict = verdict.when(report_type.isin(*SPECIAL_REPORT_TYPES), VERDICTS[Reason.SPECIAL])
    if rule.rejects_bad_quality:
        is_plausible = tenths.between(MIN_PLAUSIBLE_TENTHS, MAX_PLAUSIBLE_TENTHS)
        verdict = verdict.when(~is_plausible, VERDICTS[Reason.OUT_OF_RANGE])
    return verdict.otherwise(COUNTS).cast("tinyint")


def _candidates(rule: SelectionRule) -> Column:
    """The readings that pass row by row; where aviation is preferred sorted, and only it if any is."""
    passing = F.filter("judged", _counts_under(rule))
    if not rule.prefers_aviation:
        return passing
    best = F.array_max(F.transform(passing, lambda one: one.preference))
    aviation = F.filter(passing, lambda one: one.preference > 0)
    return F.array_sort(F.when(best > 0, aviation).otherwise(passing))


def _counts_under(rule: SelectionRule) -> Callable[[Column], Column]:
    # A factory: PySpark would take a lambda's second parameter, even a default, for the index.
    return lambda one: one[rule.name] == COUNTS


def _kept_tenths(rule: SelectionRule) -> Column:
    """The temperatures that count; under `prefers_aviation` the last candidate of each minute."""
    candidates = F.col(rule.name)
    if rule.prefers_aviation:

        def is_last_of_minute(one: Column, index: Column) -> Column:
            following = F.get(rule.name, index + 1)
            return following.isNull() | (following.minute != one.minute)

        candidates = F.filter(candidates, is_last_of_minute)
    return candidates.tenths


def _summary_of(rule: SelectionRule) -> Column:
    kept, verdicts = F.col(rule.name), F.col("judged")[rule.name]
    count = F.size(kept)
    total = F.aggregate(kept, F.lit(0).cast("long"), lambda before, one: before + one)
    reasons = {reason: _count_of(verdicts, place) for reason, place in VERDICTS.items()}
    # What passed row by row and is still not kept lost the choice within the hour.
    passed = _count_of(verdicts, COUNTS)
    reasons[Reason.SUPERSEDED] = passed - count if rule.prefers_aviation else F.lit(0)
    return F.struct(
        F.lit(rule.name).alias("rule"),
        count.cast("long").alias("observation_count"),
        F.array_min(kept).alias("min_tenths"),
        F.array_max(kept).alias("max_tenths"),
        F.when(count > 0, total).alias("sum_tenths"),
        *[number.cast("long").alias(f"{reason}_count") for reason, number in reasons.items()],
    )


def _count_of(verdicts: Column, verdict: int) -> Column:
    # Half the cost of a filter per reason: no lambda is evaluated per element.
    return F.size(verdicts) - F.size(F.array_remove(verdicts, F.lit(verdict).cast("tinyint")))
