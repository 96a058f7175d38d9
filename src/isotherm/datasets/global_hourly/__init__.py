"""NOAA global-hourly (ISD): one CSV file per station and year, 1901 to August 2025, then frozen."""

from typing import Final

NAME: Final = "global-hourly"
