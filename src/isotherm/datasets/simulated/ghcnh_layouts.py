"""The columns of a whole GHCNh file, in order and typed, of either version.

Source: NOAA, ghcnh-columns and ghcnh-version-updates, v1.1.0, 2026-03-10.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

ATTRIBUTES: Final = (
    "Measurement_Code", "Quality_Code", "Report_Type", "Source_Code", "Source_Station_ID",
)  # fmt: skip
_NUMBERED: Final = range(1, 5)
_MEASURED: Final = (
    "temperature", "dew_point_temperature", "station_level_pressure", "sea_level_pressure",
    "wind_direction", "wind_speed", "wind_gust", "precipitation", "relative_humidity",
    "wet_bulb_temperature",
    *(f"pres_wx_{kind}{number}" for kind in ("MW", "AU", "AW") for number in (1, 2, 3)),
    "snow_depth", "visibility", "altimeter", "pressure_3hr_change",
)  # fmt: skip
_SKY: Final = (
    "sky_condition", "sky_condition_baseht", "ceiling_height",
    *(f"sky_cover_{part}_{number}" for part in ("layer", "layer_baseht") for number in _NUMBERED),
    *(
        f"sky_cover_{part}_{number}"
        for part in ("summation", "summation_baseht") for number in _NUMBERED
    ),
)  # fmt: skip
_OLD_SKY: Final = tuple(f"sky_cover_{part}{number}" for number in (1, 2, 3) for part in ("", "baseht_"))
_RAIN_HOURS: Final = tuple(f"precipitation_{hours}_hour" for hours in range(3, 25, 3))
_NUMBERS: Final = frozenset(
    (
        "temperature", "dew_point_temperature", "station_level_pressure", "sea_level_pressure",
        "wind_speed", "wind_gust", "precipitation", "wet_bulb_temperature", "snow_depth", "altimeter",
        "precipitation_5_minute", "precipitation_15_minute", *_RAIN_HOURS,
        "LATITUDE", "LONGITUDE", "ELEVATION", "Latitude", "Longitude", "Elevation",
    )
)  # fmt: skip
PARTS: Final = ("Year", "Month", "Day", "Hour", "Minute")


@dataclass(frozen=True, slots=True)
class FileLayout:
    """The columns of one version.

    Attributes:
        station: id, name, and what else stands before the parts of the time.
        place: latitude, longitude, elevation; after them.
        variables: each followed by its five attributes; the last is the remark.
    """

    station: tuple[str, ...]
    place: tuple[str, str, str]
    variables: tuple[str, ...]

    @property
    def schema(self) -> pl.Schema:
        """All columns in the order of the file, typed as in Parquet."""
        attributed = [
            name for one in self.variables for name in (one, *(f"{one}_{part}" for part in ATTRIBUTES))
        ]
        types = dict.fromkeys(_NUMBERS, pl.Float64()) | dict.fromkeys(PARTS, pl.Int32())
        names = [*self.station, *PARTS, *self.place, *attributed]
        return pl.Schema({name: types.get(name, pl.String()) for name in names})


V1_1_0: Final = FileLayout(
    ("STATION", "Station_name", "DATE"),
    ("LATITUDE", "LONGITUDE", "ELEVATION"),
    (*_MEASURED, *_SKY, "precipitation_5_minute", "precipitation_15_minute", *_RAIN_HOURS, "REM"),
)
# Its times are in their parts alone.
V1_0_1: Final = FileLayout(
    ("Station_ID", "Station_name"),
    ("Latitude", "Longitude", "Elevation"),
    (*_MEASURED, *_OLD_SKY, *_RAIN_HOURS, "remarks"),
)
