"""What each kind of simulated station reports in a day, with the traps that both datasets share.

A day depends on nothing but its station, its date and the traps.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from isotherm.datasets.simulated.stations import Kind, SimulatedStation
from isotherm.datasets.simulated.traps import MILD, Traps
from isotherm.datasets.simulated.weather import Conditions, StationWeather

# Before, airports sent Airways codes on the hour.
FIRST_METAR_YEAR: Final = 1996
_METAR_MINUTE: Final = 51
_SYNOPTIC_MINUTES: Final = 360


@dataclass(slots=True)
class Report:
    """One row to be.

    Attributes:
        minute: of the UTC day.
        tenths: of a degree Celsius, None where it is missing.
        quality: its code, as ISD gives it.
        conditions: wind, dew point and pressure; None where the report has none.
        is_own_channel: False where another agency relayed it, under other coordinates.
        groups: optional groups of this row by name.
    """

    minute: int
    report_type: str
    source: str
    tenths: int | None
    quality: str
    conditions: Conditions | None
    is_own_channel: bool = True
    groups: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class StationDay:
    """What a day's reports are made from."""

    station: SimulatedStation
    weather: StationWeather
    day: date
    number: int
    chance: Random
    traps: Traps
    tenths: int = 0  # true temperature of the newest report

    def report(self, minute: int, report_type: str, source: str, quality: str) -> Report:
        """A report of the weather as it is."""
        conditions = self.weather.at(self.number, minute)
        self.tenths = conditions.temperature
        return Report(minute, report_type, source, conditions.temperature, quality, conditions)

    def change(self, report: Report, trap: str, tenths: int | None, quality: str) -> None:
        """Let the report say this where the trap is on."""
        if getattr(self.traps, trap):
            report.tenths, report.quality = tenths, quality

    def is_last_of_month(self) -> bool:
        """Whether tomorrow begins a month."""
        return (self.day + timedelta(days=1)).day == 1


def reports_of(
    station: SimulatedStation, weather: StationWeather, day: date, traps: Traps = MILD
) -> list[Report]:
    """A station's reports of a UTC day, in the order of their times."""
    seed = f"{station.station_id} day {day.toordinal()}{f' {traps.seed}' if traps.seed else ''}"
    today = StationDay(station, weather, day, day.toordinal(), Random(seed), traps)  # noqa: S311
    return sorted(_REPORTERS[station.kind](today), key=lambda report: report.minute)


def tmp(tenths: int | None, quality: str) -> str:
    """The TMP (or DEW) element."""
    return f"{9999 if tenths is None else tenths:+05d},{quality}"


def _airport(today: StationDay) -> list[Report]:
    if today.day.year < FIRST_METAR_YEAR:
        return _airways(today)
    reports = []
    for hour in range(24):
        reports += _metar(today, hour * 60 + _METAR_MINUTE)
        if hour % 6 == 0 and today.traps.repeated_synops:
            reports.append(_relayed_synop(today, hour * 60))
    if today.traps.specials and today.weather.is_stormy(today.number):
        reports += _specials(today)
    return reports + _summaries(today, "6", reports)


def _airways(today: StationDay) -> list[Report]:
    """Hourly, on the hour; the synoptic hours under another report type."""
    types = {0: "SY-SA", 12: "SY-SA", 18: "SY-SA"}
    return [today.report(hour * 60, types.get(hour, "SAO"), "C", "5") for hour in range(24)]


def _metar(today: StationDay, minute: int) -> list[Report]:
    """A routine report; rarely missing, suspect, accepted by hand, of another type, or corrected."""
    event = today.chance.random()
    report = today.report(minute, "FM-15", "7", "5")
    tenths = today.tenths
    if event < 0.0030:
        today.change(report, "missing_temperatures", None, "9")
    elif event < 0.0038:
        today.change(report, "suspect_values", tenths + 90, "6")
    elif event < 0.0055:
        today.change(report, "lettered_quality", tenths, "A")
    elif event < 0.0062:
        report.report_type = "SY-MT"
    elif event < 0.0075 and today.traps.corrections:
        wrong = today.report(minute, "FM-15", "7", "5")
        wrong.tenths = tenths - 40
        return [wrong, report]  # one key: the later row of the file counts
    return [report]


def _relayed_synop(today: StationDay, minute: int) -> Report:
    """The METAR of nine minutes earlier, stamped with the full hour, from another agency."""
    day, earlier = (today.number, minute - 9) if minute >= 9 else (today.number - 1, 1431)
    conditions = today.weather.at(day, earlier)
    synop = Report(minute, "FM-12", "4", conditions.temperature, "1", conditions, is_own_channel=False)
    high, low = conditions.temperature + 20, conditions.temperature - 30
    synop.groups = {"KA1": f"120,M,{tmp(high, '1')}", "KA2": f"120,N,{tmp(low, '1')}"}
    return synop


def _specials(today: StationDay) -> list[Report]:
    """Several in a few hours, while it is colder than before and after; none in a routine minute."""
    begin = today.chance.randrange(0, 1100)
    minutes = sorted(
        {begin + today.chance.randrange(0, 240) for _ in range(today.chance.randrange(4, 14))}
    )
    reports = []
    for minute in minutes:
        if minute % 60 == _METAR_MINUTE or minute % _SYNOPTIC_MINUTES == 0:
            continue
        special = today.report(minute, "FM-16", "6", "5")
        special.tenths = today.tenths - today.chance.randrange(10, 35)
        special.groups = {"AA1": "01,0010,9,5"}
        reports.append(special)
    return reports


def _summaries(today: StationDay, source: str, reports: list[Report]) -> list[Report]:
    """SOD at local midnight, and SOM after it where the month ends; extremes only in their groups."""
    if not today.traps.day_summaries:
        return []
    local_midnight = round(-today.station.longitude_deg / 15) % 24 * 60
    minute = (local_midnight - 1) % 1440
    values = [report.conditions.temperature for report in reports if report.conditions]
    groups = {"KA1": f"240,M,{tmp(max(values), '5')}", "KA2": f"240,N,{tmp(min(values), '5')}"}
    summaries = [Report(minute, "SOD", source, None, "9", None, groups=groups)]
    if today.is_last_of_month():
        summaries.append(Report(minute, "SOM", source, None, "9", None))
    return summaries


def _synop(today: StationDay) -> list[Report]:
    if today.chance.random() < 0.012 and today.traps.days_absent:
        return []  # the line was down
    is_thin = (
        today.traps.days_absent
        and today.station.number % 4 == 0
        and today.day.timetuple().tm_yday > 224
    )
    reports = []
    for hour in range(0, 24, 3 if is_thin else 1):
        report = today.report(hour * 60, "FM-12", "4", "1")
        event = today.chance.random()
        if event < 0.007:
            today.change(report, "missing_temperatures", None, "9")
        elif event < 0.008:
            today.change(report, "suspect_values", today.tenths + 150, "3")
        elif event < 0.009:
            today.change(report, "suspect_values", today.tenths - 60, "2")
        reports.append(report)
    return reports


def _automatic(today: StationDay) -> list[Report]:
    is_out = today.day.month == 5 and today.day.day >= 6 and today.day.year % 4 == 0
    if is_out and today.traps.days_absent:
        return []  # out of service for 26 days every leap year
    reports = []
    for minute in (hour * 60 + past for hour in range(24) for past in (15, 35, 55)):
        report = today.report(minute, "FM-15", "7", "5")
        event = today.chance.random()
        if event < 0.009:
            today.change(report, "missing_temperatures", None, "9")
        elif event < 0.0105:
            today.change(report, "suspect_values", today.tenths, "6")
        elif event < 0.03:
            today.change(report, "lettered_quality", round(today.tenths / 10) * 10, "C")
        reports.append(report)
    return [*reports, *_summaries(today, "O", reports)[:1]]


def _three_a_day(today: StationDay) -> list[Report]:
    return [today.report(hour * 60, "FM-12", "4", "1") for hour in (6, 13, 20)]


def _platform(today: StationDay) -> list[Report]:
    reports = []
    for hour in range(24):
        report = today.report(hour * 60, "FM-13" if hour % 3 else "FM-12", "4", "1")
        report.tenths, report.quality = None, "9"
        reports.append(report)
    return reports


def _mobile(today: StationDay) -> list[Report]:
    """Out and about for a week, then at home for two; whole degrees."""
    if today.number // 7 % 3:
        return []
    reports = []
    minute = today.chance.randrange(5, 15)
    while minute < 1440:
        report = today.report(minute, "FM-15", "4", "1")
        whole = round(today.tenths / 10) * 10
        event = today.chance.random()
        report.tenths, report.quality = whole, "5" if event < 0.02 else "1"
        if event < 0.001:
            today.change(report, "suspect_values", whole, "2")
        if 0.02 <= event < 0.0203:
            today.change(report, "beyond_limits", 650, "1")  # hotter than the format allows
        reports.append(report)
        minute += today.chance.randrange(5, 16)
    return reports


_REPORTERS: Final[dict[Kind, Callable[[StationDay], list[Report]]]] = {
    Kind.AIRPORT: _airport,
    Kind.SYNOP: _synop,
    Kind.AUTOMATIC: _automatic,
    Kind.THREE_A_DAY: _three_a_day,
    Kind.PLATFORM: _platform,
    Kind.MOBILE: _mobile,
}
