"""NOAA's station list (isd-history.csv), and what a station's own file says where it is silent."""

import csv
import io
from datetime import date, datetime
from typing import Final

from isotherm.datasets.dataset import ListedStation
from isotherm.datasets.global_hourly import is_isd_id
from isotherm.datasets.global_hourly.csv_records import (
    decompress,
    printable,
    split_fields,
    split_records,
)
from isotherm.datasets.listed_numbers import elevation_of, number_of
from isotherm.errors import SourceError
from isotherm.station import CODE_LENGTH, NAME_LENGTH, Station, usable_position

_TAIL_BYTES: Final = 16 * 1024  # dozens of rows
_ID_COLUMNS: Final = ("USAF", "WBAN")
_COLUMNS: Final = (
    *_ID_COLUMNS, "STATION NAME", "CTRY", "STATE", "ICAO", "LAT", "LON", "ELEV(M)", "BEGIN", "END",
)  # fmt: skip
# What NOAA's own isd-history.txt and older lists call the same columns.
_OTHER_NAMES: Final = {
    "NAME": "STATION NAME",
    "COUNTRY": "CTRY",
    "ST": "STATE",
    "CALL": "ICAO",
    "LATITUDE": "LAT",
    "LONGITUDE": "LON",
    "ELEV": "ELEV(M)",
    "ELEVATION": "ELEV(M)",
}


def read_station_history(content: bytes, source_file: str = "isd-history.csv") -> list[ListedStation]:
    """The station list, sorted by id; of lines with one id the one that reaches furthest counts.

    Only the two id columns are required; what is not there is unknown. A damaged line is passed over.
    Positions at 0/0 or blank are unknown (None); the elevation beside them is kept as published, as of
    the mobile "WXPOD" stations, whose elevation is their number.

    Raises:
        SourceError: it is no station list, or not all of it.
    """
    # No value of it goes over several lines: every CR is a line end.
    plain = decompress(content, source_file).replace(b"\r", b"\n")
    lines = plain.decode("utf-8", "replace").split("\n")
    names = [_column_name(one) for one in split_fields(lines[0])]
    missing = [name for name in _ID_COLUMNS if name not in names]
    if missing:
        raise SourceError(
            f"{source_file}: no column {', '.join(missing)}. It is not NOAA's station list; "
            "check the archive's address."
        )
    if not plain.endswith(b"\n"):
        raise SourceError(f"{source_file}: the list ends in the middle of a line. Try again later.")
    entries: dict[str, ListedStation] = {}
    for line in lines[1:]:
        fields = split_fields(line)
        entry = _entry(dict(zip(names, fields, strict=True))) if len(fields) == len(names) else None
        if entry is None:
            continue
        other = entries.get(entry.station.station_id)
        if other is None or (entry.last_day or date.min) >= (other.last_day or date.min):
            entries[entry.station.station_id] = entry
    return [entries[station_id] for station_id in sorted(entries)]


def station_from_file(content: bytes, source_file: str) -> Station | None:
    """The station as the last readable row of its own global-hourly file describes it, or None.

    The name stays whole, with its comma ("JAN MAYEN NOR NAVY, NO"); the country and, in the United
    States, the state are read off its end ("..., IL US"). Coordinates move inside a file (a station
    reports through several channels): the last row wins.

    Raises:
        SourceError: the gzip stream is cut off or damaged.
    """
    plain = decompress(content, source_file)
    names = split_fields(plain.split(b"\n", 1)[0].decode("utf-8", "replace"))
    # The last rows are near the end: the whole file is cut into records only where they say nothing.
    tail = plain[plain.rfind(b"\n", 0, -_TAIL_BYTES) :] if len(plain) > _TAIL_BYTES else plain
    return _last_described(tail, names) or _last_described(plain, names)


def write_station_history(entries: list[ListedStation]) -> bytes:
    """The list in NOAA's format: every value quoted, signed positions, days as YYYYMMDD."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        one = entry.station
        latitude = "" if one.latitude_deg is None else f"{one.latitude_deg:+07.3f}"
        longitude = "" if one.longitude_deg is None else f"{one.longitude_deg:+08.3f}"
        elevation = "" if one.elevation_m is None else f"{one.elevation_m:+07.1f}"
        days = [f"{day:%Y%m%d}" if day else "" for day in (entry.first_day, entry.last_day)]
        texts = [part or "" for part in (one.name, one.country, one.state, one.icao)]
        ids = [one.station_id[:6], one.station_id[6:]]
        writer.writerow([*ids, *texts, latitude, longitude, elevation, *days])
    return out.getvalue().encode()


def _column_name(heading: str) -> str:
    name = heading.strip().upper()
    return _OTHER_NAMES.get(name, name)


def _entry(row: dict[str, str]) -> ListedStation | None:
    station_id = f"{row['USAF'].strip()}{row['WBAN'].strip()}"
    if not is_isd_id(station_id):
        return None
    latitude, longitude = usable_position(number_of(row.get("LAT")), number_of(row.get("LON")))
    station = Station(
        station_id,
        name=_name(row.get("STATION NAME")),
        country=_code(row.get("CTRY")),
        state=_code(row.get("STATE")),
        icao=_code(row.get("ICAO")),
        latitude_deg=latitude,
        longitude_deg=longitude,
        elevation_m=elevation_of(row.get("ELEV(M)")),
    )
    return ListedStation(station, _day(row.get("BEGIN")), _day(row.get("END")))


def _last_described(plain: bytes, names: list[str]) -> Station | None:
    for record in reversed(list(split_records(plain, len(names)))):
        fields = split_fields(record)
        row = dict(zip(names, fields, strict=False))
        if len(fields) == len(names) and is_isd_id(row.get("STATION", "").strip()):
            return _described(row)
    return None


def _described(row: dict[str, str]) -> Station:
    name = _name(row.get("NAME"))
    place = name.rsplit(",", 1)[1].split() if name and "," in name else []
    country = _code(place[-1]) if place and len(place[-1]) == 2 else None
    state = _code(place[0]) if country and len(place) == 2 and len(place[0]) == 2 else None
    latitude, longitude = usable_position(
        number_of(row.get("LATITUDE")), number_of(row.get("LONGITUDE"))
    )
    call_sign = _code(row.get("CALL_SIGN"))
    return Station(
        row["STATION"].strip(),
        name=name,
        country=country,
        state=state,
        icao=call_sign if call_sign and len(call_sign) == 4 and call_sign.isalpha() else None,
        latitude_deg=latitude,
        longitude_deg=longitude,
        elevation_m=elevation_of(row.get("ELEVATION")),
    )


def _name(value: str | None) -> str | None:
    return printable(value or "").strip()[:NAME_LENGTH].strip() or None


def _code(value: str | None) -> str | None:
    """A country, state or airport code; what is none (of a shifted or renamed column) is left out."""
    code = (value or "").strip()
    return code if code.isascii() and code.isalnum() and len(code) <= CODE_LENGTH else None


def _day(value: str | None) -> date | None:
    try:
        return datetime.strptime(value or "", "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
