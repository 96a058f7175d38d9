"""A station's hours on their way out: integers turned into degrees, and where each hour came from.

MySQL gives statistics that belong together as one text, `1,-111,-111,-111`. A year has nearly nine
thousand hours and some hundreds of each of these texts, so each is read, converted and written once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any, Final

from isotherm.api.fields import FIELD_GROUPS, FieldGroup, names_of, values_of
from isotherm.api.packed_rows import Row, columns_of, unpack
from isotherm.api.parted_rows import Part, PartedRows
from isotherm.api.style import DEFAULT_STYLE, Style
from isotherm.api.units import UnitsName
from isotherm.api.zones import in_zone
from isotherm.datasets.registry import DATASETS
from isotherm.hourly_summary import LAYER_BATCH

_PLACE: Final = ("station_id", "hour_start")
_ORIGIN: Final = ("layer", "rule", "dataset")
_PROVENANCE: Final = ("version", "source_file", "source_sha256", "source_station_id")
_YEAR: Final = slice(len("2014"))


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
    rows: Sequence[Row],
    station_id: str,
    rule: str,
    files: SourceFiles = NO_FILES,
    style: Style = DEFAULT_STYLE,
) -> PartedRows:
    """Hours of one station as the API gives them: degrees Celsius, unless the style has other units.

    Args:
        rows: as `series_columns` has them; each with the id it was published under.
        station_id: of the place.
        rule: the selection rule.
        files: those behind batch hours.
        style: units and clock.
    """
    columns = columns_of(rows, 5 + len(FIELD_GROUPS))
    hours, datasets, layers, *groups, versions, natives = columns
    place = Part(_PLACE, hours, partial(_places, station_id, style))
    measured = [
        Part(names_of(group.fields, style.units), texts, partial(_measured, group, style.units))
        for group, texts in zip(FIELD_GROUPS, groups, strict=True)
    ]
    keys = _origin_keys(hours, datasets, layers, versions, natives)
    origin = Part((*_ORIGIN, *_PROVENANCE), keys, partial(_origins, rule, files))
    return PartedRows(place, *measured, origin)


def _origin_keys(hours: Sequence[str], *columns: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What the origin of each hour, which are in order, depends on; mostly the same for all of them."""
    if not hours:
        return []
    first = tuple(one[0] for one in columns)
    is_one_year = hours[0][_YEAR] == hours[-1][_YEAR]
    if is_one_year and all(map(lambda one, value: one.count(value) == len(one), columns, first)):
        return [(*first, hours[0][_YEAR])] * len(hours)
    years = [one[_YEAR] for one in hours]
    return list(zip(*columns, years, strict=True))


def _places(station_id: str, style: Style, hours: Sequence[str]) -> list[Iterable[Any]]:
    """The columns of `_PLACE`."""
    zone = style.zone
    return [repeat(station_id), hours if zone is None else [in_zone(one, zone) for one in hours]]


def _measured(group: FieldGroup, units: UnitsName, texts: Sequence[str]) -> Sequence[Sequence[Any]]:
    """The columns of a group's fields."""
    read = unpack(",".join(texts), len(group.statistics))
    names = [one.name for one in group.statistics]
    columns = dict(zip(names, read.columns(), strict=True))
    return [values_of(one, columns, units) for one in group.fields]


def _origins(rule: str, files: SourceFiles, keys: Sequence[tuple[Any, ...]]) -> list[Iterable[Any]]:
    """The columns of `_ORIGIN` and `_PROVENANCE`."""
    datasets, layers, versions, natives, _ = zip(*keys, strict=True)
    behind = [
        files.get((native, dataset, year), _UNKNOWN) if layer == LAYER_BATCH else _UNKNOWN
        for dataset, layer, _, native, year in keys
    ]
    sources = [[one.name for one in behind], [one.sha256 for one in behind]]
    return [layers, repeat(rule), datasets, versions, *sources, natives]


def source_files(rows: Iterable[Row]) -> SourceFiles:
    """The files behind batch hours, from `station_id, dataset, year, sha256`."""
    return {
        (native, dataset, f"{year:04}"): SourceFileName(
            _LAYOUTS[dataset].neutral_name(native, year), sha256
        )
        for native, dataset, year, sha256 in rows
    }
