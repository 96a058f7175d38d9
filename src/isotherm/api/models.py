"""What the answers look like, for the API's description; a test holds real answers against it."""

from collections.abc import Iterable
from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

from isotherm.api.fields import GLOBAL_FIELDS, STATION_FIELDS, Shown, model_fields

Row = TypeVar("Row", bound=BaseModel)
About = TypeVar("About", bound=BaseModel)
_STATION_ID: Final[Any] = Field(examples=["72530094846"], description="11 characters, zeros kept")
_HOUR_START: Final[Any] = Field(examples=["2014-01-01T00:00:00Z"])
_DAY: Final[Any] = Field(examples=["2014-01-01"])
_MONTH: Final[Any] = Field(examples=["2014-01"])
_SEASON: Final[Any] = Field(
    examples=["2014-DJF"], description="DJF, MAM, JJA or SON of the year it ends in"
)
_YEAR: Final[Any] = Field(examples=[2014])


class Meta(BaseModel):
    """What holds for every row of a list."""

    model_config = ConfigDict(extra="allow")

    attribution: str = Field(description="Whose data it is; keep it with the data")
    archive: str = Field(description="Where the observations came from")
    simulated: bool = Field(description="True: made up, not observed")


class SeriesMeta(Meta):
    """What holds for every row of a series."""

    rule: str
    layer: str = Field(description="The layer asked for, or how it was chosen")
    units: dict[str, str]


class StationSeriesMeta(SeriesMeta):
    """What holds for every row of one station's series."""

    station_id: str = _STATION_ID


class _Row(BaseModel):
    layer: str = Field(examples=["batch"])
    rule: str = Field(examples=["routine"])
    dataset: str = Field(
        examples=["global-hourly"],
        description="Of an hour the one it is of; of a station's longer period those that served it, "
        "with commas; over all stations `served`, and of the speed layer the one streamed",
    )


class _StationHour(_Row):
    """One hour of one station and its origin; counts say why observations did not count."""

    station_id: str = _STATION_ID
    hour_start: str = _HOUR_START
    version: int | None = Field(description="Speed layer: the newest Kafka offset behind it")
    source_file: str | None = Field(examples=["72530094846.csv"], description="Batch layer")
    source_sha256: str | None = Field(description="Batch layer: the file's version")
    source_station_id: str = Field(
        examples=["72530094846"], description="The id it was published under, one of the place's"
    )


class Coverage(BaseModel):
    """How much of a period there is, and what its values are worth."""

    day_count: int = Field(ge=0, description="Days with a temperature", examples=[31])
    good_day_count: int = Field(
        ge=0,
        description="Days of these with a temperature in each of the four six-hour parts, UTC",
        examples=[31],
    )
    completeness: float = Field(
        ge=0, le=1, description="good_day_count by the days of the period", examples=[1.0]
    )
    grade: Literal["good", "weak"] = Field(
        description="good where 90 % of the days are: of a day, where it is itself", examples=["good"]
    )


class _StationPeriod(_Row, Coverage):
    station_id: str = _STATION_ID
    hour_count: int = Field(ge=1, description="Hours with a temperature")


class _StationDay(_StationPeriod):
    """One day of one station; counts say why observations did not count."""

    day: str = _DAY


class _StationMonth(_StationPeriod):
    """One month of one station; counts say why observations did not count."""

    month: str = _MONTH


class _StationSeason(_StationPeriod):
    """One season of one station; counts say why observations did not count."""

    season: str = _SEASON
    season_name: Literal["winter", "spring", "summer", "autumn"] | None = Field(
        description="What it is called there, by the hemisphere; null where that is not known"
    )


class _StationYear(_StationPeriod):
    """One year of one station; counts say why observations did not count."""

    year: int = _YEAR


class _GlobalPeriod(_Row):
    station_count: int = Field(ge=1)


class _GlobalHour(_GlobalPeriod):
    """One hour over all stations; `mean_c` is the mean of the stations' means."""

    hour_start: str = _HOUR_START


class _GlobalDay(_GlobalPeriod):
    """One day over all stations; `mean_c` is the mean of the stations' means."""

    day: str = _DAY


class _GlobalMonth(_GlobalPeriod):
    """One month over all stations; `mean_c` is the mean of the stations' means."""

    month: str = _MONTH


class _GlobalSeason(_GlobalPeriod):
    """One season over all stations; `mean_c` is the mean of the stations' means."""

    season: str = _SEASON


class _GlobalYear(_GlobalPeriod):
    """One year over all stations; `mean_c` is the mean of the stations' means."""

    year: int = _YEAR


def _with(fields: Iterable[Shown], name: str, base: type[BaseModel]) -> type[BaseModel]:
    """A row with the statistics of the catalogue."""
    statistics: dict[str, Any] = model_fields(fields)
    return create_model(name, __base__=base, __doc__=base.__doc__, **statistics)


STATION_ROWS: Final = {
    "hourly": _with(STATION_FIELDS, "Hour", _StationHour),
    "daily": _with(STATION_FIELDS, "Day", _StationDay),
    "monthly": _with(STATION_FIELDS, "Month", _StationMonth),
    "seasonal": _with(STATION_FIELDS, "Season", _StationSeason),
    "yearly": _with(STATION_FIELDS, "Year", _StationYear),
}
GLOBAL_ROWS: Final = {
    "hourly": _with(GLOBAL_FIELDS, "GlobalHour", _GlobalHour),
    "daily": _with(GLOBAL_FIELDS, "GlobalDay", _GlobalDay),
    "monthly": _with(GLOBAL_FIELDS, "GlobalMonth", _GlobalMonth),
    "seasonal": _with(GLOBAL_FIELDS, "GlobalSeason", _GlobalSeason),
    "yearly": _with(GLOBAL_FIELDS, "GlobalYear", _GlobalYear),
}


class Station(BaseModel):
    """One station, what is known of it and how complete it is."""

    station_id: str = _STATION_ID
    name: str | None = Field(examples=["CHICAGO O'HARE INTERNATIONAL AIRPORT"])
    country: str | None = Field(
        examples=["US"], description="ISO 3166 code; fips:XX where only NOAA has one"
    )
    country_name: str | None = Field(examples=["United States"], description="In English")
    state: str | None = Field(examples=["IL"])
    icao: str | None = Field(examples=["KORD"])
    iata: str | None = Field(examples=["ORD"])
    wmo: str | None = Field(examples=["72530"])
    latitude_deg: float | None
    longitude_deg: float | None
    elevation_m: float | None
    first_observed_at: str | None = Field(examples=["2014-01-01T00:00:00Z"])
    last_observed_at: str | None
    hour_count: int = Field(ge=0, description="Hours with a temperature, batch layer, routine rule")
    completeness: float | None = Field(
        ge=0, le=1, description="hour_count by the hours from first to last observation"
    )
    aliases: list[str] = Field(description="Every code that may stand for the id")
    distance_km: float | None = Field(description="From `near`, if asked for")


class StationHours(BaseModel):
    """From when to when a station has temperatures that count under a rule, in either layer."""

    rule: str = Field(examples=["routine"])
    first_hour: str = _HOUR_START
    last_hour: str = _HOUR_START


class StationDetail(Station):
    """One station whole; without a temperature `temperatures` is empty."""

    temperatures: list[StationHours]


class OneStation(BaseModel):
    """The answer about one station."""

    data: StationDetail
    meta: Meta


class Country(BaseModel):
    """One country that has stations."""

    country: str = Field(description="ISO 3166 code; fips:XX where only NOAA has one", examples=["US"])
    name: str = Field(description="In English", examples=["United States"])
    noaa_codes: list[str] = Field(description="NOAA's (FIPS) codes of its stations", examples=[["US"]])
    station_count: int = Field(ge=1)


class Page(BaseModel, Generic[Row, About]):
    """One page of a list."""

    data: list[Row]
    meta: About
    next: str | None = Field(description="Pass as `cursor` for the next page; null on the last")
