"""What the answers about groups of stations look like."""

from pydantic import Field

from isotherm.api.models import COUNTRY_CODE, STARTS_AT, Coverage


class _Group(Coverage):
    """Means of the stations' means: every station weighs the same, however often it reports."""

    station_count: int = Field(ge=1, examples=[12])
    mean_c: float = Field(examples=[9.41], description="Mean of the stations' means")
    dew_station_count: int = Field(ge=0, description="Stations that report a dew point", examples=[11])
    mean_dew_point_c: float | None = Field(examples=[4.02], description="Mean of these stations' means")
    observation_count: int = Field(ge=1, examples=[105_120])


class ElevationYear(_Group):
    """The stations of one band of elevation in one year; days are those of all of them together."""

    year: int = Field(examples=[2014])
    starts_at: str | None = STARTS_AT
    from_m: int = Field(description="Metres above sea level", examples=[0])
    to_m: int = Field(description="Where the next band begins", examples=[500])


class DewPointMonth(_Group):
    """All stations in one month, temperature and dew point; days are those of all together."""

    month: str = Field(examples=["2014-01"])
    starts_at: str | None = STARTS_AT


class CountryMonth(_Group):
    """The stations of one country in one month; days are those of all of them together."""

    country: str = Field(description=COUNTRY_CODE, examples=["US"])
    month: str = Field(examples=["2014-01"])
    starts_at: str | None = STARTS_AT


class CountryYear(_Group):
    """The stations of one country in one year; days are those of all of them together."""

    country: str = Field(description=COUNTRY_CODE, examples=["US"])
    year: int = Field(examples=[2014])
    starts_at: str | None = STARTS_AT
