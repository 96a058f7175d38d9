"""Simulated reports as rows of GHCNh: one a minute, every value with its own source and code.

Up to global-hourly's end a station-hour is the same in both datasets under every selection rule; the
traps that change values or add temperatures strike after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from isotherm.datasets.simulated.reports import Report
from isotherm.datasets.simulated.stations import Kind, SimulatedStation
from isotherm.datasets.simulated.traps import Traps
from isotherm.datasets.simulated.weather import Conditions

# What ISD's own source letters became: surface airways, the US Air Force's database, ISD.
SYNOP_SOURCE: Final = "223"
_AIRWAYS_SOURCE: Final = "344"
METAR_SOURCE: Final = "343"
_SOURCES: Final = {"4": SYNOP_SOURCE, "C": _AIRWAYS_SOURCE}
_SUMMARIES: Final = ("SOD", "SOM")
BUFR_REMARK: Final = "SYN004BUFR"


@dataclass(slots=True)
class Row:
    """One row to be; None where the file has nothing.

    Attributes:
        minute: of the UTC day.
        tenths: of a degree Celsius.
        quality: the temperature's code.
        conditions: dew point, wind and pressure of the same report.
        beside_quality: their code.
        sky_oktas: covered by cloud.
        rain_mm: of the last five minutes.
    """

    day: date
    minute: int
    report_type: str | None
    source: str
    source_station: str
    tenths: int | None
    quality: str | None
    conditions: Conditions | None = None
    beside_quality: str | None = None
    has_dew_point: bool = True
    has_pressure: bool = True
    sky_oktas: int | None = None
    sky_quality: str | None = None
    rain_mm: float | None = None
    remark: str | None = None


def rows_of(
    station: SimulatedStation, reports: Sequence[tuple[date, Report]], traps: Traps
) -> list[Row]:
    """The rows of a file, by time; of a report and its correction the correction."""
    rows: dict[tuple[date, int], Row] = {}
    chance = traps.chance(station.station_id, "remarks", reports[0][0].year if reports else 0)
    for day, report in reports:
        if report.report_type not in _SUMMARIES:
            row = rows[day, report.minute] = _row(station, day, report, traps)
            if traps.odd_remarks and row.remark is not None:
                row.remark = _odd(row.remark, chance.random())
    return list(rows.values())


def _row(station: SimulatedStation, day: date, report: Report, traps: Traps) -> Row:
    is_synop = report.source == "4"
    good = "1" if is_synop else "5"
    row = Row(
        day,
        report.minute,
        report.report_type.replace("-", ""),
        _SOURCES.get(report.source, METAR_SOURCE),
        f"ICAO-{station.icao}" if station.icao else f"{station.station_id[:6]}-99999",
        report.tenths,
        None if report.tenths is None else report.quality,
        report.conditions,
        good,
        has_dew_point=station.kind is not Kind.THREE_A_DAY,
        has_pressure=report.report_type != "FM-16",
        remark=_remark(station, day, report),
    )
    if is_synop:
        row.sky_oktas = (day.toordinal() + report.minute // 180) % 9
        row.sky_quality = "1;" if traps.compound_quality else "1"
        # 2 suspect, 3 erroneous; this source's 5 is "removed".
        if traps.removed_by_source and row.quality in ("2", "3"):
            row.quality = "5"
    return row


def _remark(station: SimulatedStation, day: date, report: Report) -> str:
    hour, minute = divmod(report.minute, 60)
    if report.source == "4":
        return f"SYN064{station.wmo or '99999'} SIMULATED {day.day:02d}{hour:02d}1="
    kind = "SPECI" if report.report_type == "FM-16" else "METAR"
    return (
        f"MET064 {kind} {station.icao or 'XXXX'} {day.day:02d}{hour:02d}{minute:02d}Z SIMULATED RMK AO2"
    )


def _odd(remark: str, draw: float) -> str:
    if draw < 0.01:
        return BUFR_REMARK
    return f'{remark} "TSNO", SENSOR "A" OUT' if draw < 0.02 else remark
