"""What the answers of the map look like: one row a station, or one list a field."""

from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, create_model

from isotherm.api.models import COUNTRY_CODE, STARTS_AT, Coverage, SeriesMeta
from isotherm.api.styled_rows import imperial

Columns = TypeVar("Columns", bound=BaseModel)
_MIN: Final[Any] = Field(examples=[-26.7])
_MEAN: Final[Any] = Field(examples=[8.69])
_MAX: Final[Any] = Field(examples=[33.3])
_STATION_ID: Final[Any] = Field(examples=["72530094846"], description="11 characters, zeros kept")


class MapStation(BaseModel):
    """A station and where it is."""

    station_id: str = _STATION_ID
    name: str | None = Field(examples=["CHICAGO O'HARE INTERNATIONAL AIRPORT"])
    country: str | None = Field(examples=["US"], description=COUNTRY_CODE)
    latitude_deg: float = Field(examples=[41.96])
    longitude_deg: float = Field(examples=[-87.93])
    elevation_m: float | None = Field(examples=[201.8])


class HourValues(BaseModel):
    """What a station has of an hour."""

    observation_count: int = Field(ge=1, examples=[3])
    min_c: float = _MIN
    mean_c: float = _MEAN
    max_c: float = _MAX
    layer: Literal["batch", "speed"] = Field(
        description="Batch where it has the hour, else speed", examples=["batch"]
    )
    dataset: str = Field(examples=["ghcnh"])


class PeriodValues(Coverage):
    """What a station has of a day or longer."""

    min_c: float = _MIN
    mean_c: float = _MEAN
    max_c: float = _MAX
    mean_dew_point_c: float | None = Field(examples=[2.9])


class MapHour(HourValues, MapStation):
    """One station's hour with its position."""

    hour_start: str = Field(examples=["2014-01-01T00:00:00Z"])


class MapDay(PeriodValues, MapStation):
    """One station's day with its position."""

    day: str = Field(examples=["2014-01-01"])
    starts_at: str | None = STARTS_AT


class MapMonth(PeriodValues, MapStation):
    """One station's month with its position."""

    month: str = Field(examples=["2014-01"])
    starts_at: str | None = STARTS_AT


class MapYear(PeriodValues, MapStation):
    """One station's year with its position."""

    year: int = Field(examples=[2014])
    starts_at: str | None = STARTS_AT


class MapMeta(SeriesMeta):
    """What holds for every station of a map."""

    period: str | None = Field(
        description="The hour, day, month or year; null of the stations", examples=["2014-07"]
    )


def _columns(name: str, row: type[BaseModel]) -> type[BaseModel]:
    """The same fields, each as the list of all stations' values."""
    fields: dict[str, Any] = {
        # One annotation with its null: `list[float | None]`.
        field: (list[info.annotation], Field(description=info.description, examples=[info.examples]))  # type: ignore[name-defined]
        for field, info in row.model_fields.items()
    }
    return create_model(name, __doc__=f"{row.__doc__} One list a field, in one order.", **fields)


class _Named(BaseModel):
    station_id: str = _STATION_ID


class _NamedHour(HourValues, _Named):
    """What each station has of an hour."""


class _NamedPeriod(PeriodValues, _Named):
    """What each station has of a day or longer."""


StationColumns: Final = _columns("MapStationColumns", MapStation)
HourColumns: Final = _columns("MapHourColumns", _NamedHour)
PeriodColumns: Final = _columns("MapPeriodColumns", _NamedPeriod)
# In the platform's units -> in the others.
IMPERIAL: Final = {
    StationColumns: StationColumns,
    HourColumns: _columns("MapHourColumnsImperial", imperial(_NamedHour)),
    PeriodColumns: _columns("MapPeriodColumnsImperial", imperial(_NamedPeriod)),
}


class MapColumns(BaseModel, Generic[Columns]):
    """A whole map: there is one page."""

    data: Columns
    meta: MapMeta
    next: None = None
