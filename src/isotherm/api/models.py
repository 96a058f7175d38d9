"""What the answers look like, for the API's description; a test holds real answers against it.

Rows of series are in `series_models`.
"""

from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Row = TypeVar("Row", bound=BaseModel)
About = TypeVar("About", bound=BaseModel)
STATION_ID: Final[Any] = Field(examples=["72530094846"], description="11 characters, zeros kept")
HOUR_START: Final[Any] = Field(
    examples=["2014-01-01T00:00:00Z"], description="Its first instant; UTC unless `tz` says else"
)
COUNTRY_CODE: Final = "ISO 3166 code; fips:XX where only NOAA has one"
STARTS_AT: Final[Any] = Field(
    None,
    examples=["2013-12-31T18:00:00-06:00"],
    description="There with `tz`: when the period, which is of UTC, begins by that zone's clock",
)


class Meta(BaseModel):
    """What holds for every row of a list."""

    model_config = ConfigDict(extra="allow")

    attribution: str = Field(
        description="Whose data it is; keep it with the data", examples=["Data: NOAA NCEI"]
    )
    archive: str = Field(description="Where the observations came from", examples=["noaa"])
    simulated: bool = Field(description="True: made up, not observed")


class SeriesMeta(Meta):
    """What holds for every row of a series."""

    rule: str = Field(examples=["routine"])
    layer: str = Field(description="The layer asked for, or how it was chosen", examples=["batch"])
    units: dict[str, str] = Field(
        description="Of each field, and of the times",
        examples=[{"mean_c": "degree Celsius", "observation_count": "1", "time": "UTC"}],
    )


class GlobalProvenance(BaseModel):
    """What is behind rows over all stations, which say themselves how many stations they are of."""

    loaded_at: str | None = Field(
        description="When a row of the series last changed, whatever was asked for; null: never",
        examples=["2026-11-25T00:04:10Z"],
    )


class GlobalMeta(SeriesMeta):
    """What holds for every row over all stations."""

    provenance: GlobalProvenance


class StationSeriesMeta(SeriesMeta):
    """What holds for every row of one station's series."""

    station_id: str = STATION_ID


class SeveralStationsMeta(SeriesMeta):
    """What holds for every row of several stations' series."""

    station_ids: list[str] = Field(
        description="The places, in the order of their rows", examples=[["72530094846", "01001099999"]]
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


class Station(BaseModel):
    """One station, what is known of it and how complete it is."""

    station_id: str = STATION_ID
    name: str | None = Field(examples=["CHICAGO O'HARE INTERNATIONAL AIRPORT"])
    country: str | None = Field(examples=["US"], description=COUNTRY_CODE)
    country_name: str | None = Field(examples=["United States"], description="In English")
    state: str | None = Field(examples=["IL"])
    icao: str | None = Field(examples=["KORD"])
    iata: str | None = Field(examples=["ORD"])
    wmo: str | None = Field(examples=["72530"])
    latitude_deg: float | None = Field(examples=[41.995])
    longitude_deg: float | None = Field(examples=[-87.934])
    elevation_m: float | None = Field(examples=[201.8])
    first_observed_at: str | None = Field(examples=["2014-01-01T00:00:00Z"])
    last_observed_at: str | None = Field(examples=["2026-11-24T23:51:00Z"])
    hour_count: int = Field(
        ge=0, description="Hours with a temperature, batch layer, routine rule", examples=[8759]
    )
    completeness: float | None = Field(
        ge=0, le=1, description="hour_count by the hours from first to last observation", examples=[1.0]
    )
    aliases: list[str] = Field(
        description="Every code that may stand for the id", examples=[["USW00094846", "KORD"]]
    )
    distance_km: float | None = Field(description="From `near`, if asked for", examples=[11.4])


class StationHours(BaseModel):
    """From when to when a station has temperatures that count under a rule, in either layer."""

    rule: str = Field(examples=["routine"])
    first_hour: str = HOUR_START
    last_hour: str = HOUR_START


class StationDetail(Station):
    """One station whole; without a temperature `temperatures` is empty."""

    temperatures: list[StationHours]


class OneStation(BaseModel):
    """The answer about one station."""

    data: StationDetail
    meta: Meta


class Country(BaseModel):
    """One country that has stations."""

    country: str = Field(description=COUNTRY_CODE, examples=["US"])
    name: str = Field(description="In English", examples=["United States"])
    noaa_codes: list[str] = Field(description="NOAA's (FIPS) codes of its stations", examples=[["US"]])
    station_count: int = Field(ge=1, examples=[12])


class Page(BaseModel, Generic[Row, About]):
    """One page of a list."""

    data: list[Row]
    meta: About
    next: str | None = Field(
        description="Pass as `cursor` for the next page; null on the last", examples=["72530094846"]
    )
