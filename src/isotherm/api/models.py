"""What the answers look like, for the API's description; a test holds real answers against it."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Row = TypeVar("Row", bound=BaseModel)
About = TypeVar("About", bound=BaseModel)
_STATION_ID = Field(examples=["72530094846"], description="11 characters, zeros kept")


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


class Temperatures(BaseModel):
    """Statistics of a period, in degrees Celsius."""

    observation_count: int = Field(ge=0, examples=[3])
    min_c: float = Field(examples=[-11.1])
    mean_c: float = Field(examples=[-11.066666666666666], description="Unrounded")
    max_c: float = Field(examples=[-11.0])
    layer: str = Field(examples=["batch"])
    rule: str = Field(examples=["routine"])
    dataset: str = Field(examples=["global-hourly"])


class StationPeriod(Temperatures):
    """One period of one station; the counts say why observations did not count."""

    missing_count: int = Field(ge=0)
    summary_of_day_count: int = Field(ge=0)
    special_count: int = Field(ge=0)
    superseded_count: int = Field(ge=0)
    bad_quality_count: int = Field(ge=0)
    out_of_range_count: int = Field(ge=0)
    malformed_count: int = Field(ge=0)

    station_id: str = _STATION_ID


class Hour(StationPeriod):
    """One hour of one station, and what it was computed from."""

    hour_start: str = Field(examples=["2014-01-01T00:00:00Z"])
    source_file: str | None = Field(examples=["72530094846.csv"], description="Batch layer")
    source_sha256: str | None = Field(description="Batch layer: the file's version")
    version: int | None = Field(description="Speed layer: the newest Kafka offset behind it")


class Day(StationPeriod):
    """One day of one station."""

    day: str = Field(examples=["2014-01-01"])
    hour_count: int = Field(description="Hours with a temperature")


class Month(StationPeriod):
    """One month of one station."""

    month: str = Field(examples=["2014-01"])
    hour_count: int


class Year(StationPeriod):
    """One year of one station."""

    year: int = Field(examples=[2014])
    hour_count: int


class GlobalPeriod(Temperatures):
    """One period over all stations; `mean_c` is the mean of the stations' means."""

    station_count: int = Field(ge=1)


class GlobalHour(GlobalPeriod):
    """One hour over all stations."""

    hour_start: str = Field(examples=["2014-01-01T00:00:00Z"])


class GlobalDay(GlobalPeriod):
    """One day over all stations."""

    day: str = Field(examples=["2014-01-01"])


class GlobalMonth(GlobalPeriod):
    """One month over all stations."""

    month: str = Field(examples=["2014-01"])


class GlobalYear(GlobalPeriod):
    """One year over all stations."""

    year: int = Field(examples=[2014])


class Station(BaseModel):
    """One station, what is known of it and how complete it is."""

    station_id: str = _STATION_ID
    name: str | None = Field(examples=["CHICAGO O'HARE INTERNATIONAL AIRPORT"])
    country: str | None = Field(examples=["US"])
    state: str | None = Field(examples=["IL"])
    icao: str | None = Field(examples=["KORD"])
    latitude_deg: float | None
    longitude_deg: float | None
    elevation_m: float | None
    first_observed_at: str | None = Field(examples=["2014-01-01T00:00:00Z"])
    last_observed_at: str | None
    hour_count: int = Field(ge=0, description="Hours with a temperature, batch layer, routine rule")
    completeness: float | None = Field(
        ge=0, le=1, description="hour_count by the hours from first to last observation"
    )
    aliases: list[str]
    distance_km: float | None = Field(description="From `near`, if asked for")


class Page(BaseModel, Generic[Row, About]):
    """One page of a list."""

    data: list[Row]
    meta: About
    next: str | None = Field(description="Pass as `cursor` for the next page; null on the last")
