"""Query parameters of the routes about climate, and what of a place they ask for."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import Query

from isotherm.api.parameters import cursor_of
from isotherm.api.problems import bad_parameter
from isotherm.climatology.periods import PeriodName
from isotherm.climatology.thresholds import Element, Threshold

Period = Annotated[
    PeriodName,
    Query(description="Length of the periods; all is everything in the range as one"),
]
_Degrees = Annotated[
    float | None,
    Query(ge=-100, le=100, description="°C, to hundredths", examples=[5]),
]
Below = _Degrees
AtLeast = _Degrees
ElementName = Annotated[
    Element, Query(description="What of a day `below` or `at_least` is held against")
]
Base = Annotated[float, Query(ge=-50, le=50, description="°C, to hundredths", examples=[18])]
Percents = Annotated[
    str,
    Query(
        description="Percents from 0 to 100, up to three decimals, separated by commas; ten at most",
        examples=["10,50,90"],
        pattern=r"^[0-9]{1,3}(\.[0-9]{1,3})?(,[0-9]{1,3}(\.[0-9]{1,3})?){0,9}$",
    ),
]
AnomalyPeriod = Annotated[
    Literal["day", "month", "season", "year"], Query(description="Length of the periods")
]
NormalsBy = Annotated[
    Literal["month", "day", "hour"],
    Query(
        description="month: calendar months; day: days of the year, smoothed over 15 days; hour: "
        "hours of the day in each month, UTC"
    ),
]
Cursor = Annotated[str | None, cursor_of("^[0-9]{1,7}$")]


@dataclass(frozen=True, slots=True)
class OwnThreshold:
    """The threshold a request may bring: `below` or `at_least`, of one element of the day."""

    element: Element
    below: float | None
    at_least: float | None

    def read(self) -> Threshold | None:
        """None where none was asked for.

        Raises:
            RequestValidationError: both were.
        """
        if self.below is None and self.at_least is None:
            return None
        if self.below is not None and self.at_least is not None:
            raise bad_parameter("at_least", self.at_least, "accepted: one of `below` and `at_least`")
        value = self.at_least if self.below is None else self.below
        return Threshold("own_days", self.element, self.below is not None, hundredths(value or 0.0))


def hundredths(degrees: float) -> int:
    """Hundredths of a degree, nearest."""
    return round(degrees * 100)


def read_percents(text: str) -> list[float]:
    """The percents asked for, in that order.

    Raises:
        RequestValidationError: one is above 100.
    """
    percents = [float(one) for one in text.split(",")]
    if max(percents) > _HUNDRED:
        raise bad_parameter("percents", text, "accepted: percents from 0 to 100, such as 10,50,90")
    return percents


_HUNDRED: Final[Any] = 100
