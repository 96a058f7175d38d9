"""A station's hours on their way out: integers turned into degrees, and where each hour came from.

A year has nearly nine thousand hours and some hundreds of each element's statistics, `1, -111, -111,
-111`: each of these is converted and written once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from isotherm.api.fields import FIELD_GROUPS, READ_STATISTICS, FieldGroup, names_of, values_of
from isotherm.api.packed_hours import (
    DATASET_NAMES,
    LAYER_NAMES,
    NO_VERSION,
    HourRows,
    plain_values,
)
from isotherm.api.packed_rows import Row
from isotherm.api.parted_rows import Part, PartedRows, Places
from isotherm.api.style import DEFAULT_STYLE, Style
from isotherm.api.units import UnitsName
from isotherm.api.zones import in_zone
from isotherm.datasets.registry import DATASETS
from isotherm.hourly_summary import LAYER_BATCH

_PLACE: Final = ("station_id", "hour_start")
_ORIGIN: Final = ("layer", "rule", "dataset")
_PROVENANCE: Final = ("version", "source_file", "source_sha256", "source_station_id")
# A year in the numbers of `HourRows.times`.
_OF_A_YEAR: Final = 10**6
_GROUP_COLUMNS: Final = tuple(
    slice(first, first + len(one.statistics))
    for one in FIELD_GROUPS
    for first in [READ_STATISTICS.index(one.statistics[0])]
)


@dataclass(frozen=True, slots=True)
class SourceFileName:
    """The file of NOAA's an hour of the batch layer was computed from."""

    name: str | None
    sha256: str | None


# By station id, dataset and year.
SourceFiles = Mapping[tuple[str, str, str], SourceFileName]
_UNKNOWN: Final = SourceFileName(None, None)
_LAYOUTS: Final = {one.name: one.layout for one in DATASETS}
NO_FILES: Final[SourceFiles] = {}


def hour_names(units: UnitsName) -> tuple[str, ...]:
    """What a record of an hour holds, in order; the columns of its CSV."""
    shown = [name for one in FIELD_GROUPS for name in names_of(one.fields, units)]
    return (*_PLACE, *shown, *_ORIGIN, *_PROVENANCE)


def hour_records(
    rows: HourRows,
    owner: str | Sequence[str],
    rule: str,
    files: SourceFiles = NO_FILES,
    style: Style = DEFAULT_STYLE,
) -> PartedRows:
    """Hours of stations as the API gives them: degrees Celsius, unless the style has other units.

    Args:
        rows: each with the id it was published under.
        owner: the place's id, or that of each row's place.
        rule: the selection rule.
        files: those behind batch hours.
        style: units and clock.
    """
    starts, zone = rows.starts(), style.zone
    hours = starts if zone is None else [in_zone(one, zone) for one in starts]
    measured = [
        Part(names, *_measured(rows, group, columns, style.units))
        for group, columns, names in zip(
            FIELD_GROUPS, _GROUP_COLUMNS, _group_names(style.units), strict=True
        )
    ]
    return PartedRows(*_place(owner, hours), *measured, _origins(rows, rule, files))


def _place(owner: str | Sequence[str], hours: Sequence[str]) -> Sequence[Part]:
    if not isinstance(owner, str):
        return [Part(_PLACE, (owner, hours))]
    same = np.zeros(len(hours), np.int32)
    return [Part(_PLACE[:1], ([owner],), same), Part(_PLACE[1:], (hours,))]


@cache
def _group_names(units: UnitsName) -> tuple[tuple[str, ...], ...]:
    return tuple(names_of(one.fields, units) for one in FIELD_GROUPS)


def _measured(
    rows: HourRows, group: FieldGroup, columns: slice, units: UnitsName
) -> tuple[tuple[Sequence[Any], ...], Places]:
    """The columns of a group's fields, and the rows' places in them."""
    distinct, places = rows.distinct(columns)
    read = {
        one.name: plain_values(values, one)
        for one, values in zip(group.statistics, distinct.T, strict=True)
    }
    return tuple(values_of(one, read, units) for one in group.fields), places


def _origins(rows: HourRows, rule: str, files: SourceFiles) -> Part:
    """The fields of `_ORIGIN` and `_PROVENANCE`, mostly the same for all hours."""
    distinct, places = _distinct_origins(rows)
    made = []
    for dataset, layer, native, version, year in distinct:
        key = (rows.ids[native], DATASET_NAMES[dataset], f"{year:04}")
        file = files.get(key, _UNKNOWN) if LAYER_NAMES[layer] == LAYER_BATCH else _UNKNOWN
        shown = None if version == NO_VERSION else version
        made.append((LAYER_NAMES[layer], rule, key[1], shown, file.name, file.sha256, key[0]))
    names = (*_ORIGIN, *_PROVENANCE)
    return Part(names, tuple(zip(*made, strict=True)) or ((),) * len(names), places)


def _distinct_origins(rows: HourRows) -> tuple[list[list[int]], Places]:
    """Dataset, layer, native, version and year of hours, and of each row which of these it has."""
    columns = [rows.records["dataset"], rows.records["layer"], rows.natives, rows.versions]
    of_rows = np.stack([*columns, rows.times // _OF_A_YEAR], axis=1, dtype=np.int64)
    if len(of_rows) and (of_rows == of_rows[0]).all():
        return of_rows[:1].tolist(), np.zeros(len(of_rows), np.int64)
    distinct, places = np.unique(of_rows, axis=0, return_inverse=True)
    return distinct.tolist(), places


def source_files(rows: Iterable[Row]) -> SourceFiles:
    """The files behind batch hours, from `station_id, dataset, year, sha256`."""
    return {
        (native, dataset, f"{year:04}"): SourceFileName(
            _LAYOUTS[dataset].neutral_name(native, year), sha256
        )
        for native, dataset, year, sha256 in rows
    }
