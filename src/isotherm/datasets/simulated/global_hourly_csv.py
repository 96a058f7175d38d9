"""Simulated reports as NOAA writes global-hourly: every value quoted, groups as they occur."""

from datetime import date, timedelta
from typing import Final

from isotherm.datasets.simulated.reports import Report, tmp
from isotherm.datasets.simulated.stations import Kind, SimulatedStation
from isotherm.datasets.simulated.traps import Traps

_FIXED_COLUMNS: Final = (
    "STATION", "DATE", "SOURCE", "LATITUDE", "LONGITUDE", "ELEVATION", "NAME", "REPORT_TYPE",
    "CALL_SIGN", "QUALITY_CONTROL", "WND", "CIG", "VIS", "TMP", "DEW", "SLP",
)  # fmt: skip
_LAST_COLUMNS: Final = ("REM", "EQD")
_NO_WIND: Final = "999,9,9,9999,9"
_CEILING_AND_VISIBILITY: Final = '"99999,9,9,N","016093,5,N,5"'
_NOT_OBSERVED: Final = '"99999,9,9,9","999999,9,9,9"'
_MISSING_PRESSURE: Final = "99999,9"
_LAST_YEAR_TYPED: Final = "1972"
_REPEATED_SHARE: Final = 0.002


def to_csv(station: SimulatedStation, reports: list[tuple[date, Report]], traps: Traps) -> bytes:
    """The 16 fixed columns, the groups that occur in this file sorted, REM and EQD."""
    groups = sorted({name for _, report in reports for name in report.groups})
    header = ",".join(f'"{name}"' for name in (*_FIXED_COLUMNS, *groups, *_LAST_COLUMNS))
    # The other agency has the same station a kilometre away.
    places = {True: _place(station, 0.0), False: _place(station, 0.012)}
    lines = [header]
    no_groups = "," * len(groups)
    for day, report in reports:
        extra = no_groups
        if report.groups:
            extra = "".join(
                f',"{report.groups[name]}"' if name in report.groups else "," for name in groups
            )
        lines.append(_row(station, day, report, places[report.is_own_channel], extra))
    if traps.midnight_as_24:
        _end_days_at_24(lines)
    if traps.repeated_rows:
        chance = traps.chance(station.station_id, "repeated", len(lines))
        lines[1:] = [
            one for line in lines[1:] for one in [line] * (1 + (chance.random() < _REPEATED_SHARE))
        ]
    return ("\n".join(lines) + "\n").encode("ascii")


def _end_days_at_24(lines: list[str]) -> None:
    """Midnight as the end of the day before, where that is of the same year."""
    for number, line in enumerate(lines):
        day, time = line[15:25], line[26:34]
        if time == "00:00:00" and day[:4] <= _LAST_YEAR_TYPED and day[5:] != "01-01":
            before = date.fromisoformat(day) - timedelta(days=1)
            lines[number] = f"{line[:15]}{before.isoformat()}T24:00:00{line[34:]}"


def _place(station: SimulatedStation, shift_deg: float) -> str:
    latitude = station.latitude_deg - shift_deg
    longitude = station.longitude_deg + shift_deg
    return f'"{latitude:.3f}","{longitude:.3f}","{station.elevation_m:.1f}","{station.name}"'


def _row(station: SimulatedStation, day: date, report: Report, place: str, extra: str) -> str:
    hour, minute = divmod(report.minute, 60)
    is_aviation = station.kind in (Kind.AIRPORT, Kind.AUTOMATIC) and report.is_own_channel
    call_sign = station.icao or f"Z{station.number % 1000:03d}"
    control = f'"{call_sign:<5}","V030"' if is_aviation else '"99999","V020"'
    return (
        f'"{station.station_id}","{day.isoformat()}T{hour:02d}:{minute:02d}:00","{report.source}",{place},'
        f'"{report.report_type:<5}",{control},{_elements(station, report)}{extra},{_remark(report)},'
    )


def _elements(station: SimulatedStation, report: Report) -> str:
    """WND, CIG, VIS, TMP, DEW, SLP."""
    one, temperature = report.conditions, tmp(report.tenths, report.quality)
    if one is None:
        return f'"{_NO_WIND}",{_NOT_OBSERVED},"{temperature}","+9999,9","{_MISSING_PRESSURE}"'
    quality = "5" if report.source in "67" else "1"
    wind = f"{one.wind_direction:03d},{quality},N,{one.wind_speed:04d},{quality}"
    if one.wind_speed == 0:
        wind = f"999,9,C,0000,{quality}"
    dew = "+9999,9" if station.kind is Kind.THREE_A_DAY else tmp(one.dew_point, quality)
    # Specials carry no pressure reduced to sea level.
    pressure = _MISSING_PRESSURE if report.report_type == "FM-16" else f"{one.pressure:05d},{quality}"
    return f'"{wind}",{_CEILING_AND_VISIBILITY},"{temperature}","{dew}","{pressure}"'


def _remark(report: Report) -> str:
    """Free text with commas, as real remarks have."""
    if report.report_type == "FM-16":
        return f'"MET042SPECI SIMULATED, {report.minute // 60:02d}Z RMK AO2 SFC VIS 1 3/4, P0003"'
    return ""
