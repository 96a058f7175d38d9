"""GHCNh's station list (ghcnh-station-list.csv), and what a file says of its station."""

import csv
import io
from collections.abc import Callable
from typing import Final

import polars as pl

from isotherm.datasets.dataset import ListedStation
from isotherm.datasets.ghcnh import is_ghcn_id
from isotherm.datasets.ghcnh.reader import FILE_NAME
from isotherm.datasets.ghcnh.table import PROBLEM, decompress, read_table
from isotherm.datasets.listed_numbers import elevation_of, number_of
from isotherm.errors import SourceError
from isotherm.station import CODE_LENGTH, NAME_LENGTH, Station, usable_position

_ID_COLUMN: Final = "GHCN_ID"
_COLUMNS: Final = (
    _ID_COLUMN, "LATITUDE", "LONGITUDE", "ELEVATION", "STATE", "NAME", "GSN", "(US)HCN_(US)CRN",
    "WMO_ID", "ICAO", "ISO_CODE",
)  # fmt: skip
_NAMES_IN_FILES: Final = (
    "STATION", "Station_ID", "Station_name", "LATITUDE", "Latitude", "LONGITUDE", "Longitude",
    "ELEVATION", "Elevation",
)  # fmt: skip
_WMO_DIGITS: Final = 5
_ICAO_LETTERS: Final = 4


def read_station_list(
    content: bytes, source_file: str = "ghcnh-station-list.csv"
) -> list[ListedStation]:
    """The station list, sorted by id; it has no periods. What cannot be read of a station is unknown.

    Raises:
        SourceError: it is no station list, or not all of it.
    """
    plain = decompress(content, source_file)
    text = plain.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    rows = csv.DictReader(io.StringIO(text))
    if _ID_COLUMN not in (rows.fieldnames or ()):
        raise SourceError(
            f"{source_file}: no column {_ID_COLUMN}. It is not NOAA's list of GHCNh stations; check "
            "the archive's address."
        )
    if not text.endswith("\n"):
        raise SourceError(f"{source_file}: the list ends in the middle of a line. Try again later.")
    found = {one.station_id: one for row in rows if (one := _station(row)) is not None}
    return [ListedStation(found[station_id], None, None) for station_id in sorted(found)]


def station_from_file(content: bytes, source_file: str) -> Station | None:
    """The station as the last row of its own file that names a position describes it, or None.

    Raises:
        SourceError: the file cannot be read.
    """
    rows = read_table(decompress(content, source_file), _NAMES_IN_FILES, source_file)
    rows = rows.filter(pl.col(PROBLEM).is_null())
    last = {
        name.upper(): next(
            (one for one in reversed(rows[name].to_list()) if one not in (None, "")), None
        )
        for name in _NAMES_IN_FILES
        if name in rows.columns
    }
    named = FILE_NAME.search(source_file)
    station_id = last.get("STATION") or last.get("STATION_ID") or (named[1] if named else "")
    described = {
        _ID_COLUMN: str(station_id),
        "NAME": last.get("STATION_NAME"),
        **{name: last.get(name) for name in ("LATITUDE", "LONGITUDE", "ELEVATION")},
    }
    return _station(
        {name: str(value) if value is not None else "" for name, value in described.items()}
    )


def write_station_list(entries: list[ListedStation]) -> bytes:
    """The list in NOAA's format."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        one = entry.station
        place = [one.latitude_deg, one.longitude_deg, one.elevation_m]
        writer.writerow(
            [one.station_id, *place, one.state, one.name, None, None, one.wmo, one.icao, None]
        )
    return out.getvalue().encode()


def _station(row: dict[str, str]) -> Station | None:
    station_id = (row.get(_ID_COLUMN) or "").strip()
    if not is_ghcn_id(station_id):
        return None
    latitude, longitude = usable_position(
        number_of(row.get("LATITUDE")), number_of(row.get("LONGITUDE"))
    )
    return Station(
        station_id,
        name=_text(row.get("NAME"), NAME_LENGTH),
        country=station_id[:2],  # FIPS 10-4, by the network's own rule
        state=_text(row.get("STATE"), CODE_LENGTH),
        icao=_code(row.get("ICAO"), _ICAO_LETTERS, str.isalpha),
        wmo=_code(row.get("WMO_ID"), _WMO_DIGITS, str.isdigit),
        latitude_deg=latitude,
        longitude_deg=longitude,
        elevation_m=elevation_of(row.get("ELEVATION")),
    )


def _text(value: str | None, length: int) -> str | None:
    printable = "".join(one if one.isprintable() else " " for one in value or "")
    return printable.strip()[:length].strip() or None


def _code(value: str | None, length: int, is_kind: Callable[[str], bool]) -> str | None:
    """An ICAO or WMO code; six stations of the list have words in their place."""
    code = (value or "").strip()
    return code if len(code) == length and code.isascii() and is_kind(code) else None
