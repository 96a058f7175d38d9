"""What the answers about forecasts and their scores look like; a test holds real answers against it."""

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from isotherm.api.models import Meta
from isotherm.api.styled_rows import imperial

KindName = Literal["service", "hindcast"]
MethodName = Literal["nothing", "climatology", "damped14", "own", "neighbours", "blend"]
METHOD_TEXT: Final[dict[str, str]] = {
    "blend": "the mean of the station's model and of boosted trees",
    "neighbours": "the station's model with what neighbouring stations report",
    "own": "the station's own model",
    "damped14": "fallback: the usual of the last 14 days, and what is left of today's departure",
    "climatology": "fallback: what is usual at this hour and day of the year",
    "nothing": "nothing can be said: too little is known",
}
_STATION_ID: Final[Any] = Field(examples=["72530094846"], description="Of the place")
_KIND: Final[Any] = Field(
    description="service: no hour that is forecast was known here when it was issued; hindcast: made "
    "in a replay or afterwards, from what was known at its origin; null: there is none"
)
_SKILL: Final = (
    "By how much the forecast's mean absolute error is smaller, percent; on the pairs of both"
)


class ForecastHour(BaseModel):
    """One hour to come; null where nothing is known."""

    lead_h: int = Field(ge=1, le=96, description="Hours from the origin", examples=[24])
    valid_at: str = Field(description="Start of the hour", examples=["2014-01-02T05:00:00Z"])
    temperature_c: float | None = Field(description="Mean of the hour", examples=[-3.2])
    low_c: float | None = Field(description="Lower end of the 80 % interval", examples=[-5.9])
    high_c: float | None = Field(description="Its upper end", examples=[-0.4])
    method: MethodName = Field(description="How it was made; `method_text` in words")
    method_text: str = Field(examples=["the station's own model"])
    yesterday_c: float | None = Field(
        description="Same hour of the last day known: a baseline", examples=[7.2]
    )
    climatology_c: float | None = Field(
        description="Usual at that hour and season: a baseline", examples=[5.9]
    )
    damped14_c: float | None = Field(
        description="Usual of the last 14 days and a part of today's departure: a baseline",
        examples=[6.8],
    )
    observed_c: float | None = Field(
        description="What came, where that is known by now", examples=[6.1]
    )


class ForecastMeta(Meta):
    """Which forecast it is; all null where the station has none, and why."""

    station_id: str = _STATION_ID
    kind: KindName | None = _KIND
    origin_hour: str | None = Field(
        description="Start of the last hour that was looked at", examples=["2014-01-01T05:00:00Z"]
    )
    issued_at: str | None = Field(
        description="When it was made, by the wall clock", examples=["2026-11-25T00:04:10Z"]
    )
    lag_h: float | None = Field(
        description="Hours from the end of the origin to the issue", examples=[26.0]
    )
    model_version: str | None = Field(description="Of what made it", examples=["20261125T031500"])
    dataset: str | None = Field(description="Whose hours it rests on", examples=["ghcnh"])
    feed_id: str | None = Field(
        description="The stream's feed; null: made in batch", examples=["2014-01-01_2014-01-31_100"]
    )
    first_origin: str | None = Field(
        description="Of the oldest forecast there is of this kind", examples=["2026-10-20T00:00:00Z"]
    )
    newest_origin: str | None = Field(description="Of the newest", examples=["2026-11-24T23:00:00Z"])
    reason: str | None = Field(
        description="Why there is no forecast, or none of some hours",
        examples=["No temperature of the last 14 days"],
    )
    units: dict[str, str] = Field(examples=[{"temperature_c": "degree Celsius"}])


class Scores(BaseModel):
    """What forecasts came to; null where there is no pair."""

    pair_count: int = Field(ge=0, description="Forecasts of hours that came", examples=[3360])
    mae_c: float | None = Field(description="Mean absolute error", examples=[1.62])
    rmse_c: float | None = Field(description="Root of the mean squared error", examples=[2.31])
    bias_c: float | None = Field(description="Mean of forecast less observation", examples=[-0.25])
    interval_pair_count: int = Field(
        ge=0, description="Of the pairs, those with an interval", examples=[3360]
    )
    coverage_pct: float | None = Field(
        description="Of these, inside the interval; 80 is right", examples=[79.6]
    )
    skill_vs_yesterday_pct: float | None = Field(
        description=f"Same hour yesterday. {_SKILL}", examples=[36.8]
    )
    skill_vs_climatology_pct: float | None = Field(
        description=f"Climatology. {_SKILL}", examples=[31.2]
    )
    skill_vs_damped14_pct: float | None = Field(
        description=f"Damped anomaly. {_SKILL}", examples=[18.4]
    )
    yesterday_mae_c: float | None = Field(description="The baseline's own error", examples=[2.56])
    climatology_mae_c: float | None = Field(description="The baseline's own error", examples=[2.35])
    damped14_mae_c: float | None = Field(description="The baseline's own error", examples=[1.98])
    yesterday_pair_count: int = Field(ge=0, description="Pairs of both", examples=[3340])
    climatology_pair_count: int = Field(ge=0, description="Pairs of both", examples=[3360])
    damped14_pair_count: int = Field(ge=0, description="Pairs of both", examples=[3352])


class LeadScores(Scores):
    """What a station's forecasts of one lead came to."""

    lead_h: int = Field(ge=1, le=96, description="Hours from the origin", examples=[24])


class StationScores(Scores):
    """What a station's forecasts of the next 24 hours came to."""

    station_id: str = _STATION_ID
    name: str | None = Field(examples=["CHICAGO O'HARE INTERNATIONAL AIRPORT"])
    day_count: int = Field(ge=1, description="Days with a pair", examples=[31])


class AllScores(BaseModel):
    """Over all stations, each counting once."""

    station_count: int = Field(ge=0, examples=[12])
    mean_mae_c: float | None = Field(examples=[1.62])
    mean_skill_vs_yesterday_pct: float | None = Field(examples=[36.8])
    mean_skill_vs_climatology_pct: float | None = Field(examples=[31.2])
    mean_skill_vs_damped14_pct: float | None = Field(examples=[18.4])
    mean_coverage_pct: float | None = Field(examples=[80.1])


ScoresImperial: Any = imperial(Scores)
AllScoresImperial: Any = imperial(AllScores)


class _ScoresMeta(Meta):
    kind: KindName | None = _KIND
    first_day: str | None = Field(description="UTC day that was forecast", examples=["2014-01-01"])
    last_day: str | None = Field(description="Included", examples=["2014-01-28"])
    reason: str | None = Field(
        description="Why there is no score", examples=["No hour that was forecast has come yet"]
    )
    units: dict[str, str] = Field(examples=[{"temperature_c": "degree Celsius"}])


class StationScoresMeta(_ScoresMeta):
    """Which days are scored, and leads 1 to 24 together."""

    station_id: str = _STATION_ID
    day_count: int = Field(ge=0, description="Days with a pair", examples=[31])
    overall: Scores | ScoresImperial | None = Field(description="Leads 1 to 24 together")


class AllScoresMeta(_ScoresMeta):
    """Which days are scored, and the mean over the stations."""

    overall: AllScores | AllScoresImperial
