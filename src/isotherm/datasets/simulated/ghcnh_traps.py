"""What goes wrong on the way to a GHCNh file: other sources, other stations, other days' versions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from isotherm.datasets.global_hourly.facts import FACTS as GLOBAL_HOURLY
from isotherm.datasets.simulated.ghcnh_rows import METAR_SOURCE, SYNOP_SOURCE, Row
from isotherm.datasets.simulated.stations import Kind, SimulatedStation
from isotherm.datasets.simulated.traps import Traps
from isotherm.datasets.simulated.weather import StationWeather

# In no list of NOAA's: METAR and SYNOP as they come by wire.
_UNKNOWN: Final = {METAR_SOURCE: "413", SYNOP_SOURCE: "412"}
_LATE_MIN: Final = 1200
_STEADY_LATE_MIN: Final = 9  # the METAR of 23:51 is in
_HALF_HOURLY_MINUTE: Final = 21
_REVISED_ON: Final = (7, 11)  # month, day of the year after
_REVISED_ROWS: Final = 15
_SETTLED_AFTER: Final = timedelta(days=30)
_AFTER_HOURLY: Final = GLOBAL_HOURLY.last_day or date.max


@dataclass(frozen=True, slots=True)
class Publication:
    """A file as of a day."""

    station: SimulatedStation
    weather: StationWeather
    year: int
    today: date
    traps: Traps

    @property
    def ends_at(self) -> datetime:
        """The newest minute it may hold: each station is late by as much as it always is.

        Steady ones by minutes: where one after the other ends, the mean over a few of them jumps.
        """
        most_min = _STEADY_LATE_MIN if self.station.is_steady else _LATE_MIN
        late_min = self.traps.chance(self.station.station_id, "late").randrange(1, most_min)
        return datetime.combine(self.today, datetime.min.time(), UTC) - timedelta(minutes=late_min)

    @property
    def is_of_past_year(self) -> bool:
        """Whether it is complete."""
        return self.year < self.today.year


def revised_on(year: int) -> date:
    """When `revised_past` changes a year that is over."""
    return date(year + 1, *_REVISED_ON)


def spring(rows: list[Row], one: Publication) -> list[Row]:
    """The rows with the traps that are on, by time."""
    known = {(row.day, row.minute) for row in rows}
    for trap, add in _ADDED.items():
        if getattr(one.traps, trap):
            new = [row for row in add(one) if (row.day, row.minute) not in known]
            known.update((row.day, row.minute) for row in new)
            rows = [*rows, *new]
    rows = sorted(rows, key=lambda row: (row.day, row.minute))
    for trap, change in _CHANGED.items():
        if getattr(one.traps, trap):
            change(rows, one)
    end = one.ends_at
    rows = [row for row in rows if (row.day, row.minute) <= (end.date(), end.hour * 60 + end.minute)]
    return _shrunk(rows, one) + _future(one)


def _half_hourly(one: Publication) -> list[Row]:
    if one.station.kind is not Kind.AIRPORT or one.station.number % 3:
        return []
    return [
        _special(one, day, hour * 60 + _HALF_HOURLY_MINUTE)
        for day in _days_after_hourly(one)
        for hour in range(24)
    ]


def _special(one: Publication, day: date, minute: int) -> Row:
    conditions = one.weather.at(day.toordinal(), minute)
    return Row(
        day, minute, "FM16", METAR_SOURCE, f"ICAO-{one.station.icao}",
        conditions.temperature, "5", conditions, "5", has_pressure=False,
    )  # fmt: skip


def _rain(one: Publication) -> list[Row]:
    """Every five minutes for three hours, of days on which the weather changes."""
    if one.station.kind is not Kind.AIRPORT or one.station.number % 4 != 1:
        return []
    return [
        Row(day, minute, None, METAR_SOURCE, f"ICAO-{one.station.icao}", None, None, rain_mm=0.3)
        for day in _days_after_hourly(one)
        if one.weather.is_stormy(day.toordinal())
        for minute in range(723, 903, 5)
    ]


def _foreign(one: Publication) -> list[Row]:
    """A ship's day and hour taken for a station's number, a couple of times a year."""
    rows: list[Row] = []
    if one.station.kind is Kind.PLATFORM:
        return rows
    for day in _days_after_hourly(one):
        chance = one.traps.chance(one.station.station_id, "foreign", day.toordinal())
        if chance.random() < 0.006:
            minute = chance.randrange(0, 24) * 60 + 7
            here = one.weather.at(day.toordinal(), minute).temperature
            tenths = here + chance.choice((-1, 1)) * chance.randrange(200, 450)
            rows.append(Row(day, minute, "FM12", "412", "99999", tenths, None, remark="BBXX SIMULATED"))
    return rows


def _unknown_sources(rows: list[Row], one: Publication) -> None:
    if one.station.number % 2 == 0 or one.traps.republished_sources:
        settled = one.today - _SETTLED_AFTER if one.traps.republished_sources else date.min
        for row in rows:
            if row.day > max(_AFTER_HOURLY, settled):
                _by_wire(row)


def _by_wire(row: Row) -> None:
    """Without the codes of a source; what is bad has the letter of a check after integration."""
    row.source = _UNKNOWN.get(row.source, row.source)
    is_good = row.quality in (None, "0", "1", "4", "5", "A", "C") and not _is_removed(row)
    row.quality = None if is_good else "s"
    row.beside_quality = None


def _is_removed(row: Row) -> bool:
    return row.source in (SYNOP_SOURCE, _UNKNOWN[SYNOP_SOURCE]) and row.quality == "5"


def _bad_values(rows: list[Row], one: Publication) -> None:
    chance = one.traps.chance(one.station.station_id, "bad", one.year)
    for row in rows:
        if row.day > _AFTER_HOURLY and row.tenths is not None and chance.random() < 0.0001:
            row.tenths = chance.randrange(650, 2200)


def _revise(rows: list[Row], one: Publication) -> None:
    if not one.is_of_past_year or one.today < revised_on(one.year):
        return
    chance = one.traps.chance(one.station.station_id, "revised", one.year)
    measured = [row for row in rows if row.tenths is not None]
    for row in chance.sample(measured, min(_REVISED_ROWS, len(measured))):
        row.tenths = (row.tenths or 0) + chance.choice((-1, 1)) * chance.randrange(1, 26)


def _shrunk(rows: list[Row], one: Publication) -> list[Row]:
    """Of a year in progress, on one day in twenty."""
    chance = one.traps.chance(one.station.station_id, "shrunk", one.today.toordinal())
    if one.traps.shrunken_files and not one.is_of_past_year and chance.random() < 0.05:
        return rows[: len(rows) * 2 // 3]
    return rows


def _future(one: Publication) -> list[Row]:
    days = (one.today + timedelta(days=number) for number in (3, 4, 5))
    if not one.traps.future_rows or one.is_of_past_year:
        return []
    return [_special(one, day, 660) for day in days if day.year == one.year]


def _days_after_hourly(one: Publication) -> list[date]:
    first = max(date(one.year, 1, 1), _AFTER_HOURLY + timedelta(days=1))
    last = min(date(one.year, 12, 31), one.today)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


_ADDED: Final[dict[str, Callable[[Publication], list[Row]]]] = {
    "half_hourly_specials": _half_hourly,
    "rows_without_temperature": _rain,
    "foreign_reports": _foreign,
}
_CHANGED: Final[dict[str, Callable[[list[Row], Publication], None]]] = {
    "unknown_sources": _unknown_sources,
    "bad_values_pass": _bad_values,
    "revised_past": _revise,
}
