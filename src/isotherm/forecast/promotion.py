"""Which model speaks for a station: what has proved itself on the last days, and what has not, goes.

A new model is promoted where it beats every baseline and what speaks today, on the same pairs of the
last 14 days. Where none ever did, the damped anomaly speaks. One that loses to its baseline in service
for a week goes back to the one before, and the station gets no other for a week.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from isotherm.forecast.station_training import Judgement

# Fewer pairs than a station with four reports a day has in 14 days say too little.
LEAST_PAIRS: Final = 200
# The model itself, not what it falls back on, has to have spoken for so many of them.
LEAST_MODEL_SHARE: Final = 0.5
SERVICE_DAYS: Final = 7
_BARRED_FOR: Final = timedelta(days=SERVICE_DAYS)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a new model is to speak, and why, in words."""

    is_promoted: bool
    why: str


def decide(
    judged: Judgement, *, rolled_back_at: datetime | None = None, now: datetime | None = None
) -> Decision:
    """Judge a new model.

    Args:
        judged: what it did.
        rolled_back_at: when the station's last model was rolled back for what it did in service.
        now: of the same kind; needed with it.
    """
    if judged.pair_count < LEAST_PAIRS:
        return Decision(False, f"{judged.pair_count} pairs in 14 days, {LEAST_PAIRS} are needed")
    if judged.model_share < LEAST_MODEL_SHARE:
        return Decision(False, f"too little history: {judged.row_count} origins with all features")
    if rolled_back_at is not None and now is not None and now < rolled_back_at + _BARRED_FOR:
        return Decision(
            False, f"rolled back on {rolled_back_at:%Y-%m-%d}: none for {SERVICE_DAYS} days"
        )
    name, baseline = min(judged.baseline_mae_c.items(), key=lambda one: one[1])
    mine = judged.model_mae_c
    if not mine < baseline:
        return Decision(False, f"loses to {name}: {mine:.3f} against {baseline:.3f} C")
    if judged.current_mae_c is not None and not mine < judged.current_mae_c:
        return Decision(False, f"loses to the current choice: {mine:.3f}, {judged.current_mae_c:.3f} C")
    return Decision(True, f"beats {name}: {mine:.3f} against {baseline:.3f} C")


@dataclass(frozen=True, slots=True)
class ServiceDay:
    """A day's sums of absolute errors in service: the forecast's and its baseline's, same pairs."""

    day: date
    pair_count: int
    error_sum: float
    baseline_error_sum: float


def has_lost(days: Sequence[ServiceDay]) -> bool:
    """Whether a model lost to its baseline over its last seven days in service.

    Args:
        days: in which it spoke, any order; those without a pair do not count.
    """
    last = sorted((one for one in days if one.pair_count), key=lambda one: one.day)[-SERVICE_DAYS:]
    if len(last) < SERVICE_DAYS:
        return False
    return sum(one.error_sum for one in last) > sum(one.baseline_error_sum for one in last)
