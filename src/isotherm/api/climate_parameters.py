"""Query parameters of the routes about climate, and what of a place they ask for."""

from typing import Annotated, Final, Literal

from fastapi import Query

from isotherm.api.parameters import cursor_of
from isotherm.climatology.periods import PeriodName
from isotherm.climatology.thresholds import Element, Threshold

Period = Annotated[
    PeriodName,
    Query(description="Length of the periods; all is everything in the range as one"),
]
Below = Annotated[
    float | None,
    Query(
        ge=-100, le=100, description="Own days: `element` below this; °C, to hundredths", examples=[5]
    ),
]
AtLeast = Annotated[
    float | None,
    Query(
        ge=-100,
        le=100,
        description="Own days: `element` this or more; °C, to hundredths. With `below`: in between",
        examples=[0],
    ),
]
ElementName = Annotated[
    Element, Query(description="What of a day is held against `at_least` and `below`")
]
HeatingBase = Annotated[
    float, Query(ge=-50, le=50, description="Means below it count; °C, to hundredths", examples=[18])
]
CoolingBase = Annotated[
    float, Query(ge=-50, le=50, description="Means above it count; °C, to hundredths", examples=[18])
]
_PERCENT: Final = r"(100(\.0{1,3})?|[0-9]{1,2}(\.[0-9]{1,3})?)"
Percents = Annotated[
    str,
    Query(
        description="Percents from 0 to 100, up to three decimals, separated by commas; ten at most",
        examples=["10,50,90"],
        pattern=f"^{_PERCENT}(,{_PERCENT}){{0,9}}$",
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


def own_threshold(element: Element, at_least: float | None, below: float | None) -> Threshold | None:
    """The threshold a request may bring, in degrees Celsius; None where it brings none."""
    if at_least is None and below is None:
        return None
    low, high = (None if one is None else hundredths(one) for one in (at_least, below))
    return Threshold("own_days", element, low, high)


def hundredths(degrees: float) -> int:
    """Hundredths of a degree, nearest."""
    return round(degrees * 100)
