"""Which station-years a run takes: by ids, country, box or count, and the same ones every time.

Everything here is pure. The listing comes from the archive, positions from the datasets' station lists,
the known stations from MySQL.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from isotherm.archive.station_year import StationYear
from isotherm.errors import SettingsError
from isotherm.station import Station, is_station_id

DEFAULT_STATION_COUNT: Final = 100


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the map in degrees; west > east means it crosses the date line."""

    west: float
    south: float
    east: float
    north: float

    def contains(self, station: Station) -> bool:
        """Whether a station lies inside; one without a position lies nowhere."""
        if station.latitude_deg is None or station.longitude_deg is None:
            return False
        if not self.south <= station.latitude_deg <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= station.longitude_deg <= self.east
        return station.longitude_deg >= self.west or station.longitude_deg <= self.east


@dataclass(frozen=True, slots=True)
class StationChoice:
    """What a form says about stations; `ids` wins over everything else."""

    count: int | None = None
    ids: tuple[str, ...] = ()
    country: str | None = None
    box: Box | None = None

    @classmethod
    def from_form(
        cls,
        *,
        count: int | None = None,
        ids: Collection[str] | str | None = None,
        country: str | None = None,
        box: str | None = None,
    ) -> "StationChoice":
        """Read the fields of a form.

        Args:
            count: at most so many stations.
            ids: station ids, as a list or as text between spaces or commas.
            country: NOAA's two-letter (FIPS) country code, as `US` or `NO`.
            box: `west,south,east,north` in degrees.

        Raises:
            SettingsError: a value cannot be read; the message says what is accepted.
        """
        listed = re.split(r"[\s,]+", ids.strip()) if isinstance(ids, str) else list(ids or ())
        wanted = tuple(dict.fromkeys(one.strip() for one in listed if one.strip()))
        if wrong := [one for one in wanted if not is_station_id(one)]:
            raise SettingsError(
                f"Not station ids: {', '.join(wrong)}. An id has 11 characters, leading zeros "
                "included, as 72530094846 or USW00094846."
            )
        code = country.strip().upper() if country else None
        return cls(count, wanted, code or None, parse_box(box) if box and box.strip() else None)

    @property
    def needs_places(self) -> bool:
        """Whether choosing needs to know where stations are."""
        return not self.ids and (self.country is not None or self.box is not None)


def parse_box(text: str) -> Box:
    """Read `west,south,east,north` in degrees.

    Raises:
        SettingsError: it is not four numbers within -180..180 and -90..90, south below north.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90):
        raise SettingsError(
            f"Not a box: {text!r}. Give west,south,east,north in degrees, as -10,50,30,72 for "
            "north-western Europe."
        )
    return Box(west, south, east, north)


def choose_stations(
    choice: StationChoice,
    listing: Iterable[StationYear],
    *,
    known: Collection[str] = (),
    places: Mapping[str, Station] | None = None,
) -> list[str]:
    """The stations a run takes, sorted; the same listing gives the same stations.

    Stations typed by id are taken as they are: a list may not know what the archive has. By count,
    stations the platform already has come first, then those with most years in the listing, then in a
    fixed shuffle that spreads a small selection over the world (in order of their ids the first hundred
    are all Norwegian).

    Args:
        choice: what the form says. With no count, ids, country or box at all: the known stations, or
            `DEFAULT_STATION_COUNT` when there are none yet.
        listing: station-years the archive offers in the period.
        known: stations that have files in the platform.
        places: position and country by station id, when `choice.needs_places`.
    """
    years = Counter(one.station_id for one in listing)
    if choice.ids:
        return sorted(_in_case_of(choice.ids, years.keys() | set(known)))
    offered = {one for one in years if _is_wanted(choice, (places or {}).get(one))}
    known_offered = offered & set(known)
    # None of them, where none has a file: others would make a day like no day before or after it.
    if choice == StationChoice() and known:
        return sorted(known_offered)
    ordered = sorted(offered, key=lambda one: (one not in known_offered, -years[one], _shuffle(one)))
    return sorted(ordered[: choice.count or DEFAULT_STATION_COUNT])


def plan_station_years(
    stations: Collection[str],
    listing: Iterable[StationYear],
    *,
    years: Iterable[int],
    datasets: Iterable[str],
) -> list[StationYear]:
    """The files a run asks for, in the order of years.

    Args:
        stations: the chosen ones.
        listing: station-years the archive offers in the period; those of the stations are asked for.
        years: the period; a station that no list knows is asked for in each of its years.
        datasets: names; likewise.
    """
    wanted = set(stations)
    plan = {one for one in listing if one.station_id in wanted}
    unlisted = wanted - {one.station_id for one in plan}
    plan |= {
        StationYear(station_id, year, dataset)
        for year in years
        for dataset in datasets
        for station_id in unlisted
    }
    return sorted(plan, key=lambda one: (one.year, one.dataset, one.station_id))


def asked_day(partition_key: str | None, form_day: str | None) -> date | None:
    """The UTC day a run is about; None = the newest one the chosen files hold.

    A scheduled or backfilled run owns the day of its partition; the form's day counts for a run
    triggered by hand.
    """
    text = partition_key or form_day
    return date.fromisoformat(text) if text else None


def _is_wanted(choice: StationChoice, station: Station | None) -> bool:
    if not choice.needs_places:
        return True
    if station is None:
        return False
    is_country = choice.country is None or station.country == choice.country
    return is_country and (choice.box is None or choice.box.contains(station))


def _in_case_of(typed: Iterable[str], known: Collection[str]) -> set[str]:
    """Ids as typed, or as the one known id is written that differs in its case alone."""
    alike: dict[str, list[str]] = {}
    for one in known:
        alike.setdefault(one.casefold(), []).append(one)
    found = set()
    for one in typed:
        meant = alike.get(one.casefold(), [])
        found.add(meant[0] if one not in meant and len(meant) == 1 else one)
    return found


def _shuffle(station_id: str) -> str:
    return hashlib.sha256(station_id.encode()).hexdigest()
