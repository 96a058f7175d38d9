"""Observations to hourly summaries: the one function both layers run, in Polars, pure.

A station-hour is the *set* of its readings. Of those with one key the newest counts (highest revision,
then value), so order, repetition and replay cannot change a result. All three rules are folded
from that one set. For every rule: distinct newest readings = observation_count + its reason counts.
"""

from typing import Final

import polars as pl

from isotherm.errors import IsothermError
from isotherm.observation import KEY
from isotherm.quality import RULES, QualityRule, Reason, SelectionRule
from isotherm.statistics import histogram
from isotherm.statistics.catalogue import (
    HISTOGRAM,
    MEASURED,
    MEASURED_COLUMNS,
    REASON_COUNTS,
    STATISTIC_NAMES,
    TAKEN_COLUMNS,
)
from isotherm.statistics.derived import DERIVED
from isotherm.statistics.statistic import Taken

HOUR_KEY: Final = ("station_id", "hour_start")
# What a reading must have, in this order; null texts of the key are taken as empty.
READING_COLUMNS: Final = (
    *KEY,
    "revision",
    *MEASURED_COLUMNS,
    "quality_code",
    "malformed",
)
SUMMARY_COLUMNS: Final = (*HOUR_KEY, "rule", *STATISTIC_NAMES)
# As MySQL's primary key, so that a load writes its pages in order; rules as text.
SUMMARY_ORDER: Final = ("station_id", "rule", "hour_start")

_TEMPERATURE: Final = "air_temperature_tenths"
_HOUR_US: Final = 3_600_000_000
_MINUTE_US: Final = 60_000_000
# A verdict is 0 (counts) or the place of its reason, from 1: small integers compare and add up fast.
_COUNTS: Final = 0
_VERDICTS: Final = {reason: place for place, reason in enumerate(Reason, 1)}
# Station and hour as one integer that sorts like both: the station's number within the frame, and the
# hour since 1970 moved so that none is negative (year 1 is hour -17 million).
_GROUP: Final = "group"
_GROUPS_PER_STATION: Final = 1_000_000_000
_EPOCH: Final = 100_000_000
_ORDER: Final = "order"


class SplitHourError(IsothermError):
    """A station-hour was summarised in two parts: its counts would be those of one of them."""


def summarise(readings: pl.DataFrame, quality: QualityRule) -> pl.DataFrame:
    """Summarise every station-hour under every selection rule.

    Args:
        readings: observations of one dataset, at least `READING_COLUMNS`; `observed_at` in UTC
            microseconds. Any order, repeats allowed; a station-hour must be whole.
        quality: the dataset's own.

    Returns:
        `SUMMARY_COLUMNS`, one row per station-hour and rule, sorted by `SUMMARY_ORDER`: the statistics
        of the catalogue (those taken from readings null where none counts).
    """
    newest = _with_group(_newest(readings.select(READING_COLUMNS)))
    judged = _judge(newest, quality)
    stations = judged["station_id"].rle().struct.field("value")
    rules = sorted(RULES, key=lambda rule: rule.name)
    folded = pl.concat(
        _fold(judged, rule, quality).with_columns(
            pl.lit(rule.name).alias("rule"), _order(place, len(rules))
        )
        for place, rule in enumerate(rules)
    ).sort(_ORDER)
    return folded.with_columns(
        stations.gather(folded[_GROUP] // _GROUPS_PER_STATION).alias("station_id"),
        _hour_start(),
    ).select(SUMMARY_COLUMNS)


def judge_readings(readings: pl.DataFrame, rule: SelectionRule, quality: QualityRule) -> pl.DataFrame:
    """What `summarise` decides of each reading under one rule.

    Args:
        readings: as `summarise` takes them.
        rule: the rule.
        quality: the dataset's own.

    Returns:
        `READING_COLUMNS` of the newest version of each reading and `verdict`: the reason why it does
        not count, or null where it does; sorted by station and time.
    """
    judged = _judge(_with_group(_newest(readings.select(READING_COLUMNS))), quality)
    if rule.prefers_aviation:
        judged = _choose_within_hour(judged, rule, quality)
    reasons = {place: str(reason) for reason, place in _VERDICTS.items()}
    verdict = pl.col(rule.name).replace_strict(reasons, default=None, return_dtype=pl.String)
    return judged.select(*READING_COLUMNS, verdict.alias("verdict"))


def is_bad_quality(code: pl.Expr, source: pl.Expr, quality: QualityRule) -> pl.Expr:
    """Whether a value is suspect or erroneous by its quality code and its own source; null = no."""
    is_bad = code.is_in(quality.bad_codes)
    for one in quality.bad_codes_of_sources:
        is_bad = is_bad | (source.is_in(one.sources) & code.is_in(one.codes))
    return is_bad.fill_null(value=False)


def require_whole_hours(summaries: pl.DataFrame) -> None:
    """Guard against a file that was split: each station-hour and rule occurs once, in `SUMMARY_ORDER`.

    Raises:
        SplitHourError: names the first that does not.
    """
    key = summaries.select(SUMMARY_ORDER)
    before = key.select(pl.all().shift(1))
    ascends, equal = pl.Series([False]), pl.Series([True])
    for name in SUMMARY_ORDER:
        ascends = ascends | (equal & (key[name] > before[name]))
        equal = equal & (key[name] == before[name])
    wrong = key.filter(~ascends.fill_null(value=True))
    if wrong.height:
        station_id, rule, hour = wrong.row(0)
        raise SplitHourError(
            f"Station {station_id}, hour {hour}, rule {rule} was summarised in two parts. Files of one "
            "station and year must be read together."
        )


def _newest(readings: pl.DataFrame) -> pl.DataFrame:
    """Of the readings with one key the newest; few keys repeat, so only those are sorted."""
    filled = readings.with_columns(pl.col("report_type", "source").fill_null(""))
    repeats = pl.struct(KEY).is_duplicated()
    is_repeated = filled.select(repeats).to_series()
    if not is_repeated.any():
        return filled
    several = filled.filter(is_repeated).sort(READING_COLUMNS)
    return pl.concat([filled.filter(~is_repeated), several.unique(KEY, keep="last")])


def _with_group(readings: pl.DataFrame) -> pl.DataFrame:
    """Sorted by station and time, with the station-hour as one integer."""
    ordered = readings.sort("station_id", "observed_at")
    station = pl.col("station_id").rle_id().cast(pl.Int64)
    hour = pl.col("observed_at").to_physical() // _HOUR_US
    group = station * _GROUPS_PER_STATION + hour + _EPOCH
    return ordered.with_columns(group.alias(_GROUP).set_sorted())


def _order(place: int, rule_count: int) -> pl.Expr:
    """Station, then rule, then hour, as one integer."""
    station, hour = pl.col(_GROUP) // _GROUPS_PER_STATION, pl.col(_GROUP) % _GROUPS_PER_STATION
    return ((station * rule_count + place) * _GROUPS_PER_STATION + hour).alias(_ORDER)


def _hour_start() -> pl.Expr:
    hour = pl.col(_GROUP) % _GROUPS_PER_STATION - _EPOCH
    return (hour * _HOUR_US).cast(pl.Datetime("us", "UTC")).alias("hour_start")


def _judge(readings: pl.DataFrame, quality: QualityRule) -> pl.DataFrame:
    """With one verdict per rule, named like it: the first reason not to count, or `_COUNTS`."""
    verdicts = (_verdict(rule, quality).alias(rule.name) for rule in RULES)
    return readings.with_columns(*verdicts, **DERIVED)


def _verdict(rule: SelectionRule, quality: QualityRule) -> pl.Expr:
    tenths, report_type = pl.col(_TEMPERATURE), pl.col("report_type")
    checks = [
        (pl.col("malformed").is_not_null(), Reason.MALFORMED),
        (tenths.is_null(), Reason.MISSING),
    ]
    if rule.rejects_bad_quality:
        is_bad = is_bad_quality(pl.col("quality_code"), pl.col("source"), quality)
        checks.append((is_bad, Reason.BAD_QUALITY))
    if rule.leaves_out_summaries:
        checks.append((report_type.is_in(quality.summary_report_types), Reason.SUMMARY_OF_DAY))
    if rule.leaves_out_specials:
        checks.append((report_type.is_in(quality.special_report_types), Reason.SPECIAL))
    if rule.rejects_bad_quality:
        low, high = quality.min_plausible_tenths, quality.max_plausible_tenths
        checks.append((~tenths.is_between(low, high), Reason.OUT_OF_RANGE))
    verdict = pl.lit(_COUNTS, pl.UInt8)
    for condition, reason in reversed(checks):
        place = pl.lit(_VERDICTS[reason], pl.UInt8)
        verdict = pl.when(condition).then(place).otherwise(verdict)
    return verdict


def _fold(judged: pl.DataFrame, rule: SelectionRule, quality: QualityRule) -> pl.DataFrame:
    """The statistics of each group under one rule."""
    verdict = pl.col(rule.name)
    if rule.prefers_aviation:
        judged = _choose_within_hour(judged, rule, quality)
    kept = judged.select(
        _GROUP,
        verdict,
        *(pl.when(verdict == _COUNTS).then(pl.col(name)).alias(name) for name in TAKEN_COLUMNS),
    )
    reasons = {f"{reason}_count": place for reason, place in _VERDICTS.items()}
    folded = kept.group_by(_GROUP, maintain_order=True).agg(
        *(_taken(one.taken).alias(one.name) for one in MEASURED if one.taken and one is not HISTOGRAM),
        *((verdict == reasons[name]).sum().cast(pl.Int64).alias(name) for name in REASON_COUNTS),
    )
    histograms = histogram.of_full_groups(kept, _GROUP, _TEMPERATURE, HISTOGRAM.name)
    return folded.join(histograms, on=_GROUP, how="left", maintain_order="left")


def _taken(taken: Taken) -> pl.Expr:
    values = pl.col(taken.column)
    match taken.aggregate:
        case "count":
            return values.count().cast(pl.Int64)
        case "min":
            return values.min().cast(pl.Int64)
        case "max":
            return values.max().cast(pl.Int64)
        case "sum":
            # Polars gives 0 for a sum of nothing.
            return pl.when(values.count() > 0).then(values.cast(pl.Int64).sum())
        case "histogram":
            raise NotImplementedError("texts are made of all groups at once, see `_fold`")


def _choose_within_hour(
    judged: pl.DataFrame, rule: SelectionRule, quality: QualityRule
) -> pl.DataFrame:
    """Where an aviation report passes only those count; then one per minute. The others are superseded.

    Few rows lose: they are found apart, among the hours with aviation and the minutes with several.
    """
    ranks = {name: rank for rank, name in enumerate(reversed(quality.aviation_report_types), 1)}
    rank = pl.col("report_type").replace_strict(ranks, default=0, return_dtype=pl.Int8)
    passing = pl.col(rule.name) == _COUNTS
    ranked = judged.with_columns(pl.when(passing).then(rank).alias("rank"))
    best = pl.col("rank").max().over(_GROUP)
    ranked = ranked.with_columns(
        pl.when(passing & (best > 0) & (pl.col("rank") == 0))
        .then(pl.lit(_VERDICTS[Reason.SUPERSEDED], pl.UInt8))
        .otherwise(pl.col(rule.name))
        .alias(rule.name)
    )
    return _one_per_minute(ranked, rule)


def _one_per_minute(ranked: pl.DataFrame, rule: SelectionRule) -> pl.DataFrame:
    """Of several that count in one minute the one of highest rank, then the newest, then by value."""
    minute = pl.col("observed_at").to_physical() // _MINUTE_US
    numbered = ranked.with_row_index("row").with_columns(minute.alias("minute"))
    candidates = numbered.filter(pl.col(rule.name) == _COUNTS)
    station_minute = pl.struct(_GROUP, "minute")
    several = candidates.filter(station_minute.is_duplicated())
    if several.is_empty():
        return ranked
    ordered = several.sort(_GROUP, "minute", "rank", "revision", *READING_COLUMNS)
    losers = ordered.filter(~station_minute.is_last_distinct())["row"]
    is_loser = pl.col("row").is_in(losers.implode())
    superseded = pl.lit(_VERDICTS[Reason.SUPERSEDED], pl.UInt8)
    return numbered.with_columns(
        pl.when(is_loser).then(superseded).otherwise(pl.col(rule.name)).alias(rule.name)
    )
