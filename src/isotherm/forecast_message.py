"""A forecast on its way: one message of the topic `isotherm.forecast`, key = station.

One station's temperature from one origin, at every lead. Among messages of one key (station, origin,
kind) the highest version wins, so one that is sent again changes nothing.
"""

import math
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, StringConstraints, model_validator

from isotherm.forecast.issue import Issued
from isotherm.forecast.model import Method
from isotherm.forecast.targets import FAR_LEADS_H, NEAR_LEADS_H
from isotherm.message_fields import DatasetName, FeedId, HourStart, StationId, UtcTime
from isotherm.messages import Message, Strict, Version

LEADS_H: Final = (*NEAR_LEADS_H, *FAR_LEADS_H)
METHODS: Final = tuple(one.name.lower() for one in Method)
NOTHING: Final = Method.NOTHING.name.lower()

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_HOUR_S: Final = 3600
# Nobody has measured more: a model that says so has nothing to say.
_MOST_C: Final = 100.0

Tenths = Annotated[int, Field(ge=-(2**15), lt=2**15)]
ModelVersion = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._+-]{1,64}$")]
ForecastKey = tuple[str, datetime, str]


class Kind(StrEnum):
    """Whether the truth was out when a forecast was made.

    Attributes:
        SERVICE: none of the hours forecast was known here.
        HINDCAST: some were, and were not looked at.
    """

    SERVICE = "service"
    HINDCAST = "hindcast"


class Leads(Strict):
    """What is forecast, one value per lead in every list; temperatures in tenths of a degree.

    Attributes:
        lead_h: hours from the origin, always `LEADS_H`.
        temperature_tenths: null where nothing can be said; the method is `nothing` there.
        low_tenths: lower end of the 80 % interval; null with the upper one where it is not known.
        high_tenths: its upper end.
        method: how each value was made, see `forecast.model.Method`.
        yesterday_tenths: the same hour of the last day known at the origin: a baseline.
        climatology_tenths: another one, see `forecast.baselines`.
        damped14_tenths: the damped anomaly around the last 14 days.
    """

    lead_h: list[int]
    temperature_tenths: list[Tenths | None]
    low_tenths: list[Tenths | None]
    high_tenths: list[Tenths | None]
    method: list[str]
    yesterday_tenths: list[Tenths | None]
    climatology_tenths: list[Tenths | None]
    damped14_tenths: list[Tenths | None]

    @model_validator(mode="after")
    def _lists_agree(self) -> Self:
        if tuple(self.lead_h) != LEADS_H:
            raise ValueError(f"lead_h: should be {LEADS_H[0]} to {LEADS_H[-1]} as `LEADS_H` has them")
        for name in type(self).model_fields:
            if len(getattr(self, name)) != len(LEADS_H):
                raise ValueError(f"{name}: should hold {len(LEADS_H)} values, one per lead")
        if unknown := sorted(set(self.method) - set(METHODS)):
            raise ValueError(f"method: {', '.join(unknown)} should be one of {', '.join(METHODS)}")
        for values in zip(
            self.temperature_tenths, self.low_tenths, self.high_tenths, self.method, strict=True
        ):
            _require_interval(*values)
        return self


def _require_interval(value: int | None, low: int | None, high: int | None, method: str) -> None:
    if (value is None) != (method == NOTHING):
        raise ValueError(f"temperature_tenths: null if and only if the method is {NOTHING}")
    if (low is None) != (high is None) or (value is None and low is not None):
        raise ValueError("low_tenths, high_tenths: both or neither, and only of a temperature")
    if value is not None and low is not None and high is not None and not low <= value <= high:
        raise ValueError("temperature_tenths: should lie between low and high")


class ForecastMessage(Message):
    """One station's forecast from one origin.

    Attributes:
        station_id: native, of the dataset.
        dataset: whose hours it rests on.
        origin_hour: the start of the last hour that was looked at.
        issued_at: when it was made.
        kind: see `Kind`.
        model_version: of what made it.
        feed_id: the feed of a stream; null from batch.
        version: the highest of a key wins, see `version_at`.
        leads: what is forecast.
    """

    station_id: StationId
    dataset: DatasetName
    origin_hour: HourStart
    issued_at: UtcTime
    kind: Literal["service", "hindcast"]
    model_version: ModelVersion
    feed_id: FeedId | None = None
    version: Version
    leads: Leads

    @property
    def key(self) -> ForecastKey:
        """What it is the forecast of."""
        return (self.station_id, self.origin_hour, self.kind)


def version_at(made_at: datetime) -> int:
    """The version of a forecast made at a moment: milliseconds since 1970.

    So a forecast made later wins, whoever made it, and one sent again has the version it had.
    """
    return (made_at - _EPOCH) // _MILLISECOND


def message_of(
    made: Issued,
    station_id: str,
    dataset: str,
    kind: Kind,
    model_version: str,
    *,
    made_ms: int,
    feed_id: str | None = None,
) -> ForecastMessage:
    """As it travels; its version is when it was made."""
    return ForecastMessage(
        station_id=station_id,
        dataset=dataset,
        origin_hour=datetime.fromtimestamp(made.origin_hour * _HOUR_S, UTC),
        issued_at=datetime.fromtimestamp(made_ms // 1000, UTC),
        kind=kind.value,
        model_version=model_version,
        feed_id=feed_id,
        version=made_ms,
        leads=leads_of(made),
    )


def leads_of(made: Issued) -> Leads:
    """In tenths of a degree; what nobody has ever measured is nothing said."""
    says = np.abs(made.temperature_c) <= _MOST_C
    value, low, high = (
        _tenths(np.where(says, one, np.nan)) for one in (made.temperature_c, made.low_c, made.high_c)
    )
    return Leads(
        lead_h=list(made.leads_h),
        temperature_tenths=value,
        low_tenths=low,
        high_tenths=high,
        method=[
            METHODS[one] if is_said else NOTHING for one, is_said in zip(made.method, says, strict=True)
        ],
        yesterday_tenths=_tenths(made.yesterday_c),
        climatology_tenths=_tenths(made.climatology_c),
        damped14_tenths=_tenths(made.damped14_c),
    )


def _tenths(values_c: npt.NDArray[np.float64]) -> list[int | None]:
    return [None if math.isnan(one) else int(one) for one in np.rint(values_c * 10).tolist()]
