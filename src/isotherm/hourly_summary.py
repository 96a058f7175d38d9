"""The mergeable hourly summary: statistics in integers, so that any order and grouping gives the same.

Which statistics there are and how each merges says `isotherm.statistics.catalogue`; here is what the
layers are called.
"""

from typing import Final

from isotherm.statistics.catalogue import REASON_COUNTS

__all__ = ["REASON_COUNTS"]

LAYER_BATCH: Final = "batch"
LAYER_SPEED: Final = "speed"
LAYERS: Final = (LAYER_BATCH, LAYER_SPEED)
