"""The climate of a place as rows of the API: degrees Celsius from hundredths, dates as text."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from isotherm.api.fields import READ_STATISTICS, means_of
from isotherm.climatology import normals, records, thresholds
from isotherm.climatology.grades import completeness, grade, next_month
from isotherm.climatology.months import Day, merge_courses, rounded
from isotherm.climatology.normals import Normal, Reference
from isotherm.climatology.periods import PeriodName, Span, by_calendar_month, spans
from isotherm.climatology.thresholds import STANDARD, Threshold
from isotherm.statistics import histogram
from isotherm.stores.summary_tables import PERIOD_COUNTS

Row = dict[str, Any]


def threshold_rows(days: Iterable[Day], period: PeriodName, own: Threshold | None) -> list[Row]:
    """Rows of `ThresholdDays`."""
    return [
        {
            "period": span.label,
            **{one.name: one.count(span.days) for one in STANDARD},
            "own_days": own.count(span.days) if own else None,
            **_coverage(span),
        }
        for span in spans(days, period)
    ]


def streak_rows(days: Iterable[Day], period: PeriodName, own: Threshold | None) -> list[Row]:
    """Rows of `Streak`."""
    kinds = (*STANDARD, own) if own else STANDARD
    return [_streak_row(span, kind) for span in spans(days, period) for kind in kinds]


def _streak_row(span: Span, kind: Threshold) -> Row:
    streak = thresholds.streak_of(span, kind)
    first, last = thresholds.run_dates(span, streak) or (None, None)
    return {
        "period": span.label,
        "kind": kind.name,
        "longest_days": streak.longest,
        "first_day": first and first.isoformat(),
        "last_day": last and last.isoformat(),
        **_coverage(span),
    }


def degree_day_rows(
    days: Iterable[Day], period: PeriodName, heating_hundredths: int, cooling_hundredths: int
) -> list[Row]:
    """Rows of `DegreeDays`."""
    rows = []
    for span in spans(days, period):
        heating, cooling = thresholds.degree_days(span.days, heating_hundredths, cooling_hundredths)
        rows.append(
            {
                "period": span.label,
                "heating_degree_days": heating / 100,
                "cooling_degree_days": cooling / 100,
                **_coverage(span),
            }
        )
    return rows


def record_rows(days: Sequence[Day]) -> list[Row]:
    """Rows of `Record`, from days in order."""
    chosen_from = by_calendar_month(days)
    return [
        {
            "month": one.month,
            "kind": one.kind,
            "value_c": one.hundredths / 100,
            "day": one.day.isoformat(),
            **_coverage(chosen_from[one.month]),
            "day_count": one.day_count,
        }
        for one in records.records_of(days)
    ]


def percentile_rows(
    months: Sequence[tuple[date, str]], percents: Sequence[float], days: Sequence[Day]
) -> list[Row]:
    """Rows of `Percentile`, from months with their histograms: of all, then of each calendar month.

    `days`: those of the months, in order.
    """
    behind = by_calendar_month(days)
    own = [(None, months), *((n, [one for one in months if one[0].month == n]) for n in range(1, 13))]
    rows = []
    for month, chosen in own:
        counts = histogram.merge(text for _, text in chosen)
        if total := counts.total():
            rows += [
                {
                    "month": month,
                    "percent": percent,
                    "value_c": histogram.percentile(counts, percent) / 10,
                    "observation_count": total,
                    **_coverage(behind[month]),
                }
                for percent in percents
            ]
    return rows


def whole_rows(months: Sequence[Sequence[Any]]) -> list[Row]:
    """The row of `WholePeriod`, from the rows of a monthly series; none of none."""
    if not months:
        return []
    names = (*(one.name for one in READ_STATISTICS), *PERIOD_COUNTS)
    columns = dict(zip(names, zip(*(row[3:] for row in months), strict=True), strict=True))
    total = {name: sum(one for one in column if one is not None) for name, column in columns.items()}
    first, last = months[0][0], months[-1][0]
    length = (next_month(date.fromisoformat(f"{last}-01")) - date.fromisoformat(f"{first}-01")).days
    (mean,) = means_of([total["sum_tenths"]], [total["observation_count"]], 10)
    (dew,) = means_of([total["dew_point_sum_tenths"]], [total["dew_point_count"]], 10)
    good = total["good_day_count"]
    counts = ("hour_count", "day_count", "good_day_count", "observation_count", "dew_point_count")
    return [
        {
            "first_month": first,
            "last_month": last,
            **{name: total[name] for name in counts},
            "completeness": completeness(good, length),
            "grade": grade(good, length),
            "min_c": min(columns["min_tenths"]) / 10,
            "mean_c": mean,
            "max_c": max(columns["max_tenths"]) / 10,
            "mean_dew_point_c": dew,
        }
    ]


def normal_rows(found: Iterable[Normal]) -> list[Row]:
    """Rows of `Normal` of months or of days of the year."""
    return [
        {
            "month": one.month,
            "day": one.day,
            "hour": None,
            "mean_c": one.mean / 100,
            "mean_min_c": one.min / 100,
            "mean_max_c": one.max / 100,
            "mean_dew_point_c": None if one.dew_point is None else one.dew_point / 100,
            "count": one.day_count,
            **_coverage(one.span),
        }
        for one in found
    ]


def hour_normal_rows(
    months: Sequence[tuple[date, str]], reference: Reference | None, days: Sequence[Day]
) -> list[Row]:
    """Rows of `Normal` by hour of the day, from months with their courses: means of observations.

    `days`: those of the reference period, in order.
    """
    rows, behind = [], by_calendar_month(days)
    for month in range(1, 13):
        texts = [text for when, text in months if when.month == month and _is_of(when, reference)]
        for hour, (count, tenths, dew_count, dew_tenths) in sorted(merge_courses(texts).items()):
            dew = rounded(dew_tenths * 10, dew_count) / 100 if dew_count else None
            rows.append(
                {
                    "month": month,
                    "day": None,
                    "hour": hour,
                    "mean_c": rounded(tenths * 10, count) / 100,
                    "mean_min_c": None,
                    "mean_max_c": None,
                    "mean_dew_point_c": dew,
                    "count": count,
                    **_coverage(behind[month]),
                }
            )
    return rows


def anomaly_rows(
    days: Sequence[Day], shown: Sequence[Day], period: PeriodName | None, reference: Reference | None
) -> list[Row]:
    """Rows of `Anomaly`: of days where `period` is None."""
    if reference is None:
        return []
    known = normals.within(days, reference)
    if period is None:
        found = normals.day_anomalies(shown, normals.day_normals(known))
    else:
        found = normals.span_anomalies(spans(shown, period), normals.month_normals(known))
    return [
        {
            "period": one.label,
            "mean_c": one.mean / 100,
            "normal_c": one.normal / 100,
            "anomaly_c": one.anomaly / 100,
            "good_day_count": one.good_day_count,
            "completeness": one.completeness,
            "grade": one.grade,
        }
        for one in found
    ]


def _is_of(month: date, reference: Reference | None) -> bool:
    return reference is not None and reference.first_year <= month.year <= reference.last_year


def _coverage(span: Span) -> Row:
    return {
        "day_count": len(span.days),
        "good_day_count": span.good_day_count,
        "completeness": span.completeness,
        "grade": span.grade,
    }
