"""NOAA's Global Historical Climatology Network hourly (GHCNh), v1.1.0 and v1.0.1.

The archive that lives: it replaces global-hourly, is rewritten daily for the current year, and now and
then for any other.
Source: ghcnh_DOCUMENTATION and ghcnh-columns, v1.1.0, 2026-03-10.
"""

from typing import Final

from isotherm.station import STATION_ID_PATTERN, is_station_id

NAME: Final = "ghcnh"
# Of 38 870 ids 2 682 hold a hyphen or an underscore, 96 small letters.
ID_PATTERN: Final = STATION_ID_PATTERN


def is_ghcn_id(text: str) -> bool:
    """Whether the text is an id of this dataset: country (2), network (1) and the station in it (8)."""
    return is_station_id(text)
