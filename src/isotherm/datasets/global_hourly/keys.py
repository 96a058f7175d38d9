"""Station and time of each row, or why it has none; the text columns, a distinct value at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from isotherm.datasets.global_hourly import is_isd_id
from isotherm.datasets.global_hourly.cells import Records
from isotherm.datasets.global_hourly.csv_records import printable
from isotherm.datasets.global_hourly.times import careful_time, read_times

_LONGEST_CODE: Final = 32  # characters kept of a report type or source; real ones have 5

NO_CELLS: Final = "no cells to be told apart: a quote is left open, or one is beyond all measure"

_UNREADABLE_STATION: Final = "STATION is not 11 digits and capital letters"
_UNREADABLE_DATE: Final = "DATE is not YYYY-MM-DDTHH:MM:SS"
_REPEATED_HEADER: Final = "the header line again"


@dataclass(frozen=True, slots=True)
class Keys:
    """Station and time of the regular records of a file.

    Attributes:
        stations: text.
        moments: microseconds since 1970, UTC.
        is_good: whether both could be read.
        problems: by record number, why not.
    """

    stations: pl.Series
    moments: npt.NDArray[np.int64]
    is_good: npt.NDArray[np.bool_]
    problems: dict[int, str]

    def good(self) -> "Keys":
        """Those that could be read."""
        if not self.problems:
            return self
        good = self.is_good
        return Keys(self.stations.filter(pl.Series(good)), self.moments[good], good[good], {})


def read_keys(records: Records) -> Keys:
    """The keys of the regular records."""
    column = records.columns["STATION"]
    stations = by_distinct_value(column, str.strip, pl.String())
    is_station = by_distinct_value(column, lambda text: is_isd_id(text.strip()), pl.Boolean())
    moments, is_time = read_times(records.columns["DATE"])
    is_good = is_station.to_numpy() & is_time
    problems = {}
    for row in map(int, np.flatnonzero(~is_good)):
        key = careful_key(records.text("STATION", row), records.text("DATE", row))
        problems[int(records.lines[row])] = str(key)
    return Keys(stations, moments, is_good, problems)


def careful_key(station: str, date: str) -> tuple[str, datetime] | str:
    """Station and time of one row, or why it has none."""
    station_id = station.strip()
    if (station_id, date) == ("STATION", "DATE"):
        return _REPEATED_HEADER
    if not is_isd_id(station_id):
        return _UNREADABLE_STATION
    moment = careful_time(date)
    return _UNREADABLE_DATE if moment is None else (station_id, moment)


def trimmed_code(text: str) -> str | None:
    """A report type or source without its padding; None where nothing remains."""
    return printable(text).strip()[:_LONGEST_CODE] or None


def by_distinct_value(
    column: pa.BinaryArray, change: Callable[[str], str | bool | None], dtype: pl.DataType
) -> pl.Series:
    """A column of few distinct texts, each changed once, to text or a truth value."""
    encoded = column.dictionary_encode()
    texts = [value.decode("utf-8", "replace") for value in encoded.dictionary.to_pylist()]
    changed = pl.Series([change(text) for text in texts], dtype=dtype)
    return changed.gather(pl.Series(pl.from_arrow(encoded.indices)))
