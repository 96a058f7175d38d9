"""The quality rules of all datasets, without their readers: for what must import no engine.

A test keeps them equal to those of `registry`.
"""

from typing import Final

from isotherm.datasets.global_hourly.quality import QUALITY as GLOBAL_HOURLY

QUALITY_RULES: Final = (GLOBAL_HOURLY,)
