"""What the answers about a place's climate look like; a test holds real answers against it."""

from typing import Final, Literal

from pydantic import BaseModel, Field

from isotherm.api.models import STARTS_AT, Coverage, SeriesMeta
from isotherm.climatology.records import KINDS

_PERIOD: Final = Field(description="2014-01, 2014-DJF, 2014, or all", examples=["2014"], min_length=3)
_MONTH: Final = Field(ge=1, le=12, examples=[1], description="1 is January")
_EVERY_MONTH: Final = Field(
    ge=1, le=12, examples=[1], description="1 is January; null is all months together"
)


class PlaceProvenance(Coverage):
    """What is behind the rows: the months of the place that were read, from the first to the last."""

    first_month: str = Field(examples=["2013-12"])
    last_month: str = Field(examples=["2014-12"])
    hour_count: int = Field(ge=1, description="Hours with a temperature", examples=[8759])
    datasets: list[str] = Field(description="Which served", examples=[["ghcnh", "global-hourly"]])
    loaded_at: str = Field(
        description="When one of these months last changed", examples=["2026-11-25T00:04:10Z"]
    )


class ClimateMeta(SeriesMeta):
    """What holds for every row about one place's climate."""

    station_id: str = Field(examples=["72530094846"], description="11 characters, zeros kept")
    provenance: PlaceProvenance | None = Field(description="Null where no month was read")


class ReferenceYears(BaseModel):
    """The years normals are of: 1991 to 2020 where ten of them are there, else all."""

    first_year: int = Field(examples=[1991])
    last_year: int = Field(examples=[2020])
    year_count: int = Field(ge=1, description="Years of them that have a day", examples=[30])


class NormalsMeta(ClimateMeta):
    """The same with the reference period; null where there is no day at all."""

    reference: ReferenceYears | None


class WholePeriod(Coverage):
    """Everything a place has, merged from its years."""

    first_month: str = Field(examples=["2013-12"])
    starts_at: str | None = STARTS_AT
    last_month: str = Field(examples=["2014-12"])
    hour_count: int = Field(ge=1, examples=[8759])
    observation_count: int = Field(ge=1, examples=[8800])
    min_c: float = Field(examples=[-26.1])
    mean_c: float = Field(examples=[8.69])
    max_c: float = Field(examples=[33.3])
    dew_point_count: int = Field(ge=0, examples=[8800])
    mean_dew_point_c: float | None = Field(examples=[2.9])


class ThresholdDays(Coverage):
    """Days beyond thresholds in one period; only days with a temperature can count."""

    period: str = _PERIOD
    starts_at: str | None = STARTS_AT
    frost_days: int = Field(ge=0, description="Minimum below 0 °C", examples=[140])
    ice_days: int = Field(ge=0, description="Maximum below 0 °C", examples=[68])
    summer_days: int = Field(ge=0, description="Maximum 25 °C or more", examples=[90])
    tropical_nights: int = Field(ge=0, description="Minimum of the UTC day 20 °C or more", examples=[9])
    own_days: int | None = Field(
        ge=0, description="By `element`, `at_least` and `below`; null without", examples=[12]
    )


class Streak(Coverage):
    """The longest run of days of one kind within a period, whose ends cut it."""

    period: str = _PERIOD
    starts_at: str | None = STARTS_AT
    kind: str = Field(examples=["frost_days"])
    longest_days: int = Field(ge=0, examples=[21])
    first_day: str | None = Field(examples=["2014-02-03"], description="Of equal runs the first")
    last_day: str | None = Field(examples=["2014-02-23"])


class DegreeDays(Coverage):
    """Sums over a period's days of how far their means lie below or above a base."""

    period: str = _PERIOD
    starts_at: str | None = STARTS_AT
    heating_degree_days: float = Field(
        ge=0, description="Of days below `heating_base_c`", examples=[3700.5]
    )
    cooling_degree_days: float = Field(
        ge=0, description="Of days above `cooling_base_c`", examples=[310.2]
    )


class Record(Coverage):
    """One extreme of a place, with its day; of equal ones the first.

    How complete the days are that were there to choose from: those of the calendar month, or all, from
    the first month that has a day to the last.
    """

    month: int | None = _EVERY_MONTH
    kind: Literal[KINDS] = Field(  # type: ignore[valid-type] # they are literals
        description="highest and lowest of any day, the others of days whose mean is good"
    )
    value_c: float = Field(examples=[33.3])
    day: str = Field(examples=["2014-06-17"])
    starts_at: str | None = STARTS_AT
    day_count: int = Field(ge=1, description="Days it was chosen from", examples=[365])


class Percentile(Coverage):
    """The smallest temperature below or at which so many percent of all observations lie.

    How complete their days are: as of a record.
    """

    month: int | None = _EVERY_MONTH
    percent: float = Field(ge=0, le=100, examples=[90.0])
    value_c: float = Field(examples=[25.6], description="One that was observed, to a tenth")
    observation_count: int = Field(ge=1, examples=[8800])


class Normal(Coverage):
    """What is normal for a month, an hour of the day in a month, or a day of the year.

    How complete the days behind it are: those of the month, of a day of the year those within seven
    days of it, from the first month of the reference period that has a day to the last.
    """

    month: int = _MONTH
    day: int | None = Field(ge=1, le=31, description="Of `by=day`, else null", examples=[14])
    hour: int | None = Field(ge=0, le=23, description="UTC; of `by=hour`, else null", examples=[5])
    mean_c: float = Field(examples=[-5.83])
    mean_min_c: float | None = Field(
        description="Mean of the days' minima; null of `by=hour`", examples=[-8.1]
    )
    mean_max_c: float | None = Field(
        description="Mean of the days' maxima; null of `by=hour`", examples=[-0.6]
    )
    mean_dew_point_c: float | None = Field(examples=[-10.02])
    count: int = Field(ge=1, description="Days behind it; of `by=hour` observations", examples=[310])


class Anomaly(BaseModel):
    """How far a period was from normal."""

    period: str = Field(examples=["2014-01"], min_length=4)
    starts_at: str | None = STARTS_AT
    mean_c: float = Field(
        examples=[-8.79], description="Mean of its days' means; longer: of its months'"
    )
    normal_c: float = Field(examples=[-4.27], description="Of the same day, or months")
    anomaly_c: float = Field(examples=[-4.52], description="mean_c less normal_c")
    good_day_count: int = Field(ge=0, examples=[31])
    completeness: float = Field(ge=0, le=1, examples=[1.0])
    grade: Literal["good", "weak"] = Field(examples=["good"])
