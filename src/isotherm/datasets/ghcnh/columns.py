"""The columns of a GHCNh file that are used, under the names of either version, and where each goes."""

from dataclasses import dataclass
from typing import Final

from isotherm.datasets.ghcnh.quality import QUALITY
from isotherm.errors import SourceError

# v1.1.0 first, then v1.0.1. The station may be missing: then it is that of the file's name.
STATION: Final = ("STATION", "Station_ID")
DATE: Final = "DATE"
DATE_PARTS: Final = ("Year", "Month", "Day", "Hour", "Minute")
TEMPERATURE: Final = "temperature"
REPORT_TYPE: Final = "temperature_Report_Type"


@dataclass(frozen=True, slots=True)
class Variable:
    """One number of a row; its attributes are columns named after it.

    Attributes:
        column: its name.
        field: of the canonical observation.
        per_unit: how many of the field's units make one of the file's.
        lowest: inclusive, in the field's unit; outside it is no value.
        highest: likewise.
    """

    column: str
    field: str
    per_unit: int
    lowest: int
    highest: int

    @property
    def quality_column(self) -> str:
        """Its own quality code."""
        return f"{self.column}_Quality_Code"

    @property
    def source_column(self) -> str:
        """Its own source: temperature and pressure of one row may come from two."""
        return f"{self.column}_Source_Code"

    @property
    def columns(self) -> tuple[str, str, str]:
        """Value, quality, source."""
        return self.column, self.quality_column, self.source_column


def _beside(column: str, field: str, per_unit: int) -> Variable:
    return Variable(column, field, per_unit, *QUALITY.limits_beside[field])


# Beyond the plausible range by far, but a number: the selection rules judge it.
AIR_TEMPERATURE: Final = Variable(TEMPERATURE, "air_temperature_tenths", 10, -9999, 9999)
BESIDE: Final = (
    _beside("dew_point_temperature", "dew_point_tenths", 10),
    _beside("sea_level_pressure", "sea_level_pressure_tenths_hpa", 10),
    _beside("wind_speed", "wind_speed_tenths_ms", 10),
    # 000 is calm: it has no direction.
    _beside("wind_direction", "wind_direction_deg", 1),
)
VARIABLES: Final = (AIR_TEMPERATURE, *BESIDE)
KEY_COLUMNS: Final = (*STATION, DATE, *DATE_PARTS)
USED_COLUMNS: Final = (*KEY_COLUMNS, REPORT_TYPE, *(name for one in VARIABLES for name in one.columns))


def missing_columns(names: list[str]) -> list[str]:
    """What a header lacks to be that of a GHCNh file."""
    has_time = DATE in names or set(DATE_PARTS) <= set(names)
    lacking = [name for name in (*AIR_TEMPERATURE.columns, REPORT_TYPE) if name not in names]
    return [*([] if has_time else [DATE]), *lacking]


def require_columns(names: list[str], source_file: str) -> None:
    """Refuse a header that is not that of a GHCNh file.

    Raises:
        SourceError: it lacks columns.
    """
    if missing := missing_columns(names):
        raise SourceError(
            f"{source_file}: no column {', '.join(missing)} among {', '.join(names)[:120]!r}. It is "
            "not a GHCNh file, or NOAA has changed the format: check the archive."
        )
