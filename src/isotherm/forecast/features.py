"""One row of features for every hour of a station, from what was known at that hour.

All are linear in the raw values or products of two of them, less a constant that never changes, so sums
of rows depend on nothing fitted. They are the same for every lead: what lies at the hour ahead
(yesterday's temperature there, the usual one of the last 14 days, the sun) is a column whichever lead
is asked for. So one matrix of sums serves all leads, and a row costs one update.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from isotherm.forecast.baselines import USUAL_DAYS, usual_of
from isotherm.forecast.hours import (
    DAY,
    Floats,
    StationHours,
    carried,
    mean_of_last,
    shifted,
    shifted_by,
)
from isotherm.forecast.sun import sun_height, year_angle

# Subtracted so that columns are small beside their spread: sums then keep twelve digits.
_PRESSURE_HPA: Final = 1013.25
_GAP_C: Final = 5.0
_TEMPERATURE_C: Final = 10.0
# The column of the lag of no hours; those of longer ones follow.
_FIRST_LAG: Final = 1
_CARRIED_H: Final = 6
_AHEAD_H: Final = tuple(range(4, DAY + 1, 4))
_SUN_AHEAD_H: Final = tuple(range(0, DAY, 3))
# What is no mean of days looks back half a day at means of one day.
_SHORT_H: Final = 2 * DAY


@dataclass(frozen=True, slots=True)
class Features:
    """Rows of features.

    Attributes:
        names: of the columns; the first is the constant 1.
        groups: which group each column belongs to.
        rows: (hours, columns); a row with NaN is no origin one can train on or forecast from.
        usual_c: (hours,), mean of each hour of the day over the last 14 days; NaN below seven.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    rows: Floats
    usual_c: Floats


def same_hour_before(rows: Floats, leads_h: tuple[int, ...]) -> Floats:
    """(n, leads): the newest temperature of the lead's hour of the day, of rows, their gaps closed."""
    return rows[:, [_FIRST_LAG + -lead % DAY for lead in leads_h]] + _TEMPERATURE_C


class _Columns:
    """Columns by group, in the order they are added."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.groups: list[str] = []
        self.values: list[Floats] = []

    def add(self, group: str, name: str, values: Floats) -> None:
        self.groups.append(group)
        self.names.append(name)
        self.values.append(values)


@dataclass(frozen=True, slots=True)
class _Temperature:
    """The temperature with its gaps closed, and what is usual.

    Attributes:
        now_c: at each hour.
        mean_c: of the last days, by their number.
        usual_c: at that hour of the day.
    """

    now_c: Floats
    mean_c: dict[int, Floats]
    usual_c: Floats


def own_features(station: StationHours, begin: int = 0) -> Features:
    """The features of a station's own past, one row per hour of its grid.

    Args:
        station: its hours.
        begin: place of the first row; hours before it are only looked back at, as all means of days
            need 30 of them.
    """
    cut = max(begin - _SHORT_H, 0)
    temperature = _temperature(station.bridged_c, cut)
    piece = station.between(station.first_hour + cut)
    columns = _Columns()
    columns.add("constant", "one", np.ones(len(piece.temperature_c)))
    anomaly, change = _add_temperature(columns, temperature)
    _add_calendar(columns, piece)
    _add_sun(columns, piece)
    gap = _add_dew_point(columns, piece)
    wind = _add_wind(columns, piece)
    _add_pressure(columns, piece)
    _add_products(columns, piece, anomaly, change, gap, wind)
    _add_seasonal(columns, piece, temperature.now_c, anomaly, wind)
    kept = slice(begin - cut, None)
    rows = np.ascontiguousarray(np.array(columns.values)[:, kept].T)
    rows[np.isnan(piece.temperature_c[kept])] = np.nan
    return Features(tuple(columns.names), tuple(columns.groups), rows, temperature.usual_c[kept])


def _temperature(values: Floats, cut: int) -> _Temperature:
    """From a place on, with what lies before it in the means."""
    means = {
        days: mean_of_last(values, days * DAY, least=min(days, 7) * DAY - DAY)[cut:]
        for days in (3, 14, 30)
    }
    early = max(cut - USUAL_DAYS * DAY, 0)
    return _Temperature(values[cut:], means, usual_of(values[early:])[cut - early :])


def _add_temperature(columns: _Columns, temperature: _Temperature) -> tuple[Floats, Floats]:
    """Lags, recent means and what was usual at the hours ahead; gives two anomalies of now."""
    values = temperature.now_c
    lags = shifted_by(values, range(DAY)) - _TEMPERATURE_C
    for lag in range(DAY):
        columns.add("lag", f"t_{lag}h", lags[:, lag])
    day = mean_of_last(values, DAY, least=DAY)
    columns.add("mean", "mean_1d", day - _TEMPERATURE_C)
    for days, mean in temperature.mean_c.items():
        columns.add("mean", f"mean_{days}d", mean - _TEMPERATURE_C)
    for ahead in _AHEAD_H:
        usual = shifted(temperature.usual_c, DAY - ahead)
        columns.add("usual", f"usual_in_{ahead}h", usual - _TEMPERATURE_C)
    return values - day, values - shifted(values, DAY - 1)


def _add_calendar(columns: _Columns, station: StationHours) -> None:
    day = 2 * np.pi * (station.hours % DAY) / DAY
    year = year_angle(station.hours)
    for times in (1, 2, 3):
        columns.add("hour", f"hour_cos{times}", np.cos(times * day))
        columns.add("hour", f"hour_sin{times}", np.sin(times * day))
    for times in (1, 2):
        for name, wave in (("cos", np.cos(times * year)), ("sin", np.sin(times * year))):
            columns.add("year", f"year_{name}{times}", wave)
    for times in (1, 2):
        for name, wave in (("cos", np.cos(times * day)), ("sin", np.sin(times * day))):
            columns.add("year", f"year_cos_hour_{name}{times}", wave * np.cos(year))
            columns.add("year", f"year_sin_hour_{name}{times}", wave * np.sin(year))


def _add_sun(columns: _Columns, station: StationHours) -> None:
    heights = np.zeros((len(station.temperature_c), len(_SUN_AHEAD_H)))
    if station.latitude_deg is not None and station.longitude_deg is not None:
        hours = station.hours[:, None] + np.array(_SUN_AHEAD_H)
        heights = sun_height(hours, station.latitude_deg, station.longitude_deg)
    for place, ahead in enumerate(_SUN_AHEAD_H):
        columns.add("sun", f"sun_in_{ahead}h", heights[:, place])


def _add_dew_point(columns: _Columns, station: StationHours) -> Floats:
    """How far the dew point is below the temperature; gives that of now."""
    gap = _known(station.temperature_c - station.dew_point_c, _GAP_C)
    for lag in (0, 1, 3, 6, 12):
        columns.add("dew_point", f"gap_{lag}h", _or_usual(shifted(gap, lag)))
    columns.add("dew_point", "gap_mean_1d", _or_usual(mean_of_last(gap, DAY, least=1)))
    return _or_usual(gap)


def _add_wind(columns: _Columns, station: StationHours) -> dict[str, Floats]:
    parts = {
        "speed": station.wind_speed_ms,
        "east": station.wind_east_ms,
        "north": station.wind_north_ms,
    }
    now = {}
    for name, raw in parts.items():
        values = _known(raw, 0.0)
        for lag in (0, 1, 3, 6):
            columns.add("wind", f"wind_{name}_{lag}h", _or_usual(shifted(values, lag)))
        columns.add("wind", f"wind_{name}_1d", _or_usual(mean_of_last(values, DAY, least=1)))
        now[name] = _or_usual(mean_of_last(values, 3, least=1))
    return now


def _add_pressure(columns: _Columns, station: StationHours) -> None:
    values = _known(station.pressure_hpa, _PRESSURE_HPA)
    now = _or_usual(values)
    columns.add("pressure", "pressure", now)
    for lag in (3, 6, 12, 24):
        change = values - shifted(values, lag)
        columns.add("pressure", f"pressure_change_{lag}h", _or_usual(change))


def _add_products(
    columns: _Columns,
    station: StationHours,
    anomaly: Floats,
    change: Floats,
    gap: Floats,
    wind: dict[str, Floats],
) -> None:
    """What depends on the time of day, and what the wind brings."""
    day = 2 * np.pi * (station.hours % DAY) / DAY
    factors = {"anomaly": anomaly, "change": change}
    for name, values in factors.items():
        for times in (1, 2):
            columns.add("product", f"{name}_cos{times}", values * np.cos(times * day))
            columns.add("product", f"{name}_sin{times}", values * np.sin(times * day))
    for name, values in {"gap": gap, "wind_speed": wind["speed"]}.items():
        group = "dew_point" if name == "gap" else "wind"
        columns.add(group, f"{name}_cos", values * np.cos(day))
        columns.add(group, f"{name}_sin", values * np.sin(day))
    for name in ("east", "north", "speed"):
        columns.add("rich", f"anomaly_wind_{name}", anomaly * wind[name])
        columns.add("rich", f"gap_wind_{name}", gap * wind[name])
    columns.add("rich", "gap_gap", gap * gap)
    columns.add("rich", "wind_east_cos", wind["east"] * np.cos(day))
    columns.add("rich", "wind_east_sin", wind["east"] * np.sin(day))
    columns.add("rich", "wind_north_cos", wind["north"] * np.cos(day))
    columns.add("rich", "wind_north_sin", wind["north"] * np.sin(day))


def _add_seasonal(
    columns: _Columns,
    station: StationHours,
    values: Floats,
    anomaly: Floats,
    wind: dict[str, Floats],
) -> None:
    """What the same departure means in another season; needs years to be learnt."""
    year = year_angle(station.hours)
    factors = {f"departure_{lag}h": shifted(anomaly, lag) for lag in (0, 3, 6, 12)}
    factors["change_3h"] = values - shifted(values, 3)
    for name, value in factors.items():
        columns.add("year", f"{name}_year_cos", value * np.cos(year))
        columns.add("year", f"{name}_year_sin", value * np.sin(year))
    for name in ("east", "north"):
        columns.add("rich", f"wind_{name}_year_cos", wind[name] * np.cos(year))
        columns.add("rich", f"wind_{name}_year_sin", wind[name] * np.sin(year))


def _known(values: Floats, usual: float) -> Floats:
    """The last value of at most six hours ago, less its usual one."""
    return carried(values, _CARRIED_H) - usual


def _or_usual(values: Floats) -> Floats:
    """An element that is not reported counts as usual: it moves the forecast neither way."""
    return np.where(np.isnan(values), 0.0, values)
