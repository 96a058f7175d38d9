"""Columns that are made of a reading's others before statistics are taken of them, in integers.

The wind is a vector, so that winds can be averaged: how fast the air moves towards the east and towards
the north. Its parts are rounded to millimetres per second of each reading, by a table of sines in
integers, so that sums are the same in any order and on any machine.
"""

from math import radians, sin
from typing import Final

import polars as pl

_QUARTER_DEG: Final = 90
_SINE_STEPS: Final = 100_000
# Of 0 to 450 degrees: a cosine is a sine a quarter further on.
SINES: Final = tuple(round(_SINE_STEPS * sin(radians(degrees))) for degrees in range(360 + 91))
# A speed has tenths of a metre per second.
_MMS_PER_TENTH: Final = 100


def _towards(first_deg: int) -> pl.Expr:
    """A part of the wind's vector; directions say where a wind comes from."""
    speed = pl.col("wind_speed_tenths_ms")
    sines = pl.Series(SINES, dtype=pl.Int32)[first_deg : first_deg + 361]
    sine = pl.lit(sines).gather(pl.col("wind_direction_deg"))
    steps = _SINE_STEPS // _MMS_PER_TENTH
    # Floor division after half a step rounds, halves up.
    part = (speed * -sine + steps // 2) // steps
    return pl.when(speed.is_not_null()).then(part.fill_null(0))


# By name; what each is made of says the catalogue.
DERIVED: Final[dict[str, pl.Expr]] = {
    "wind_east_mms": _towards(0),
    "wind_north_mms": _towards(_QUARTER_DEG),
}
