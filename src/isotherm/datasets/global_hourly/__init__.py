"""NOAA global-hourly (ISD): one CSV file per station and year, 1901 to August 2025, then frozen."""

import re
from typing import Final

NAME: Final = "global-hourly"

_ID: Final = re.compile(r"[0-9A-Z]{11}")


def is_isd_id(text: str) -> bool:
    """Whether the text is an id of this dataset: USAF (6) and WBAN (5), digits and capital letters."""
    return _ID.fullmatch(text) is not None
