"""Simulated rows as a GHCNh file, psv or Parquet, in the layout of either version."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from isotherm.datasets.ghcnh import NAME as GHCNH
from isotherm.datasets.simulated.ghcnh_layouts import PARTS, V1_0_1, V1_1_0, FileLayout
from isotherm.datasets.simulated.ghcnh_rows import Row
from isotherm.datasets.simulated.stations import SimulatedStation
from isotherm.datasets.simulated.traps import Traps

PSV: Final = "psv"
PARQUET: Final = "parquet"

_LAST_YEAR_OF_OLD_LAYOUT: Final = 2023
_OLD_LAYOUT_SHARE: Final = 0.3
_ODD_PARQUET_SHARE: Final = 0.2
_LONG_TYPES: Final = {
    "FM15": "FM15-METAR",
    "FM16": "FM16-SPECI",
    "FM12": "FM12-SYNOP",
    "SAO": "SAO-Airway",
}


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a variable's value and code are among the raw columns."""

    value: str
    quality: str


_VARIABLES: Final = {
    "temperature": _Column("t", "q"),
    "dew_point_temperature": _Column("td", "q2"),
    "sea_level_pressure": _Column("p", "q2"),
    "wind_direction": _Column("wd", "q2"),
    "wind_speed": _Column("ws", "q2"),
    "precipitation_5_minute": _Column("rain", "q2"),
    "sky_condition": _Column("sky", "q3"),
    "REM": _Column("rem", "none"),
    "remarks": _Column("rem", "none"),
}


def to_file(
    station: SimulatedStation, year: int, rows: Sequence[Row], form: str, traps: Traps
) -> bytes:
    """The file as published.

    Args:
        station: whose rows they are.
        year: of the file.
        rows: by time.
        form: psv or parquet.
        traps: which files have the older layout, and what their Parquet lacks.
    """
    is_old = traps.old_layout and year <= _LAST_YEAR_OF_OLD_LAYOUT
    is_old = is_old and _draw(traps, station, "layout") < _OLD_LAYOUT_SHARE
    frame = _frame(station, rows, V1_0_1 if is_old else V1_1_0)
    return _psv(frame) if form == PSV else _parquet(frame, station, traps)


def _frame(station: SimulatedStation, rows: Sequence[Row], layout: FileLayout) -> pl.DataFrame:
    """Every column of the layout, typed as in Parquet."""
    raw = _raw(rows, is_old=layout is V1_0_1)
    latitude, longitude = station.position_in(GHCNH)
    given = {
        **dict.fromkeys(("STATION", "Station_ID"), pl.lit(station.ghcn_id)),
        "Station_name": pl.lit(station.name.split(",")[0]),
        **dict.fromkeys(("LATITUDE", "Latitude"), pl.lit(latitude)),
        **dict.fromkeys(("LONGITUDE", "Longitude"), pl.lit(longitude)),
        **dict.fromkeys(("ELEVATION", "Elevation"), pl.lit(station.elevation_m)),
        "DATE": pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S"),
        **{name: getattr(pl.col("at").dt, name.lower())() for name in PARTS},
    }
    for name, column in _VARIABLES.items():
        is_there = pl.col(column.value).is_not_null()
        attributes = {"Quality_Code": column.quality, "Report_Type": "type", "Source_Code": "source",
                      "Source_Station_ID": "from"}  # fmt: skip
        given[name] = pl.col(column.value)
        for part, attribute in attributes.items():
            given[f"{name}_{part}"] = pl.when(is_there).then(pl.col(attribute))
    nothing = pl.lit(None)
    return raw.select(
        given.get(name, nothing).cast(dtype).alias(name) for name, dtype in layout.schema.items()
    )


def _raw(rows: Sequence[Row], *, is_old: bool) -> pl.DataFrame:
    """One column per fact, whatever the layout calls it."""
    weather = [row.conditions for row in rows]
    types = _LONG_TYPES if is_old else {}
    columns: dict[str, tuple[pl.DataType, list[object]]] = {
        "day": (pl.Date(), [row.day for row in rows]),
        "minute": (pl.Int64(), [row.minute for row in rows]),
        "type": (pl.String(), [types.get(row.report_type or "", row.report_type) for row in rows]),
        "source": (pl.String(), [row.source for row in rows]),
        "from": (pl.String(), [row.source_station for row in rows]),
        "t": (pl.Float64(), [None if row.tenths is None else row.tenths / 10 for row in rows]),
        "q": (pl.String(), [row.quality for row in rows]),
        "q2": (pl.String(), [row.beside_quality for row in rows]),
        "q3": (pl.String(), [row.sky_quality for row in rows]),
        "none": (pl.String(), [None] * len(rows)),
        "td": (pl.Float64(), [
            one.dew_point / 10 if one and row.has_dew_point else None
            for row, one in zip(rows, weather, strict=True)
        ]),
        "p": (pl.Float64(), [
            one.pressure / 10 if one and row.has_pressure else None
            for row, one in zip(rows, weather, strict=True)
        ]),
        # 000 is calm.
        "wd": (pl.String(), [
            (f"{one.wind_direction:03d}" if one.wind_speed else "000") if one else None
            for one in weather
        ]),
        "ws": (pl.Float64(), [one.wind_speed / 10 if one else None for one in weather]),
        "sky": (pl.String(), [
            None if row.sky_oktas is None else f"{row.sky_oktas:02d};;" for row in rows
        ]),
        "rain": (pl.Float64(), [row.rain_mm for row in rows]),
        "rem": (pl.String(), [row.remark for row in rows]),
    }  # fmt: skip
    raw = pl.DataFrame([pl.Series(name, values, dtype) for name, (dtype, values) in columns.items()])
    at = pl.col("day").cast(pl.Datetime("us")) + pl.duration(minutes=pl.col("minute"))
    return raw.with_columns(at.alias("at"))


def _psv(frame: pl.DataFrame) -> bytes:
    """Text, the parts of a time padded; no quoting, remarks hold quotes of their own."""
    padded = [pl.col(name).cast(pl.String).str.zfill(2) for name in PARTS[1:]]
    return frame.with_columns(padded).write_csv(separator="|", quote_style="never").encode()


def _parquet(frame: pl.DataFrame, station: SimulatedStation, traps: Traps) -> bytes:
    if traps.parquet_without_station and _draw(traps, station, "nameless") < _ODD_PARQUET_SHARE:
        names = {"STATION", "Station_ID", "Station_name", "LATITUDE", "LONGITUDE"}
        frame = frame.drop(names & set(frame.columns))
    is_timed = traps.date_as_timestamp and _draw(traps, station, "timed") < _ODD_PARQUET_SHARE
    if is_timed and "DATE" in frame.columns:
        frame = frame.with_columns(pl.col("DATE").str.to_datetime(time_unit="us"))
    out = io.BytesIO()
    frame.write_parquet(out, compression="snappy")
    return out.getvalue()


def _draw(traps: Traps, station: SimulatedStation, what: str) -> float:
    return traps.chance(station.station_id, what).random()
