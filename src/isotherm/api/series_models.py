"""What the rows of the series look like, in each of the units they may be asked for."""

from collections.abc import Iterable
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, Field, create_model

from isotherm.api.fields import GLOBAL_FIELDS, STATION_FIELDS, Shown, model_fields
from isotherm.api.models import HOUR_START, STARTS_AT, STATION_ID, Coverage
from isotherm.api.units import UnitsName

_DAY: Final[Any] = Field(examples=["2014-01-01"])
_MONTH: Final[Any] = Field(examples=["2014-01"])
_SEASON: Final[Any] = Field(
    examples=["2014-DJF"], description="DJF, MAM, JJA or SON of the year it ends in"
)
_YEAR: Final[Any] = Field(examples=[2014])


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

    station_id: str = STATION_ID
    hour_start: str = HOUR_START
    version: int | None = Field(
        description="Speed layer: the newest Kafka offset behind it", examples=[1417]
    )
    source_file: str | None = Field(examples=["72530094846.csv"], description="Batch layer")
    source_sha256: str | None = Field(
        description="Batch layer: the file's version",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    source_station_id: str = Field(
        examples=["72530094846"], description="The id it was published under, one of the place's"
    )


class _StationPeriod(_Row, Coverage):
    station_id: str = STATION_ID
    starts_at: str | None = STARTS_AT
    hour_count: int = Field(ge=1, description="Hours with a temperature", examples=[8759])


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
    station_count: int = Field(ge=1, examples=[12])


class _GlobalHour(_GlobalPeriod):
    """One hour over all stations; its mean is the mean of the stations' means."""

    hour_start: str = HOUR_START


class _GlobalCovered(_GlobalPeriod, Coverage):
    """Days are those of all stations together."""

    starts_at: str | None = STARTS_AT


class _GlobalDay(_GlobalCovered):
    """One day over all stations, its mean that of the stations' means; days are of all together."""

    day: str = _DAY


class _GlobalMonth(_GlobalCovered):
    """One month over all stations, its mean that of the stations' means; days are of all together."""

    month: str = _MONTH


class _GlobalSeason(_GlobalCovered):
    """One season over all stations, its mean that of the stations' means; days are of all together."""

    season: str = _SEASON


class _GlobalYear(_GlobalCovered):
    """One year over all stations, its mean that of the stations' means; days are of all together."""

    year: int = _YEAR


_STATION_BASES: Final[dict[str, tuple[str, type[_Row]]]] = {
    "hourly": ("Hour", _StationHour),
    "daily": ("Day", _StationDay),
    "monthly": ("Month", _StationMonth),
    "seasonal": ("Season", _StationSeason),
    "yearly": ("Year", _StationYear),
}
_GLOBAL_BASES: Final[dict[str, tuple[str, type[_Row]]]] = {
    "hourly": ("GlobalHour", _GlobalHour),
    "daily": ("GlobalDay", _GlobalDay),
    "monthly": ("GlobalMonth", _GlobalMonth),
    "seasonal": ("GlobalSeason", _GlobalSeason),
    "yearly": ("GlobalYear", _GlobalYear),
}


def _with(
    fields: Iterable[Shown], bases: dict[str, tuple[str, type[_Row]]], units: UnitsName
) -> dict[str, type[BaseModel]]:
    """Of each series its row with the statistics of the catalogue, in these units."""
    statistics: dict[str, Any] = model_fields(fields, units)
    ending = "" if units == "metric" else units.capitalize()
    return {
        series: create_model(f"{name}{ending}", __base__=base, __doc__=base.__doc__, **statistics)
        for series, (name, base) in bases.items()
    }


# In the platform's units first, then in the others.
STATION_MODELS: Final = [_with(STATION_FIELDS, _STATION_BASES, one) for one in get_args(UnitsName)]
GLOBAL_MODELS: Final = [_with(GLOBAL_FIELDS, _GLOBAL_BASES, one) for one in get_args(UnitsName)]
STATION_ROWS, GLOBAL_ROWS = STATION_MODELS[0], GLOBAL_MODELS[0]
