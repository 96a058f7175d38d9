"""Which stations are meant: one object, read from the same words by forms, command line and API.

Words are joined by *and*: ids, country, box, nearness, elevation narrow the choice, and a count takes
the first of what is left: the nearest, else the most complete.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from isotherm.areas import Box, Circle, ElevationBand
from isotherm.countries import Country, other_reading, read_country
from isotherm.errors import ChoiceError
from isotherm.station import Station

MAX_COUNT: Final = 50_000
# An id, or a code people know a station by; IATA's have three letters.
CODE_PATTERN: Final = "^[0-9A-Za-z_-]{3,32}$"
# Several in a row, between commas or blanks.
IDS_PATTERN: Final = "^[0-9A-Za-z_-]{3,32}([, ]+[0-9A-Za-z_-]{3,32}){0,499}$"
# What each accepts, in the words of every form, message and description.
COUNT_WORDS: Final = "at most so many: the nearest of `near`, else those with the most complete record"
ID_WORDS: Final = "station ids of any dataset, or ICAO, IATA or WMO codes"
IDS_WORDS: Final = f"{ID_WORDS}, between commas or blanks"
COUNTRY_WORDS: Final = (
    "ISO 3166 code or name of a country; two letters are ISO's (AU is Australia), NOAA's own code is "
    "said as fips:AU (Austria)"
)
DEFAULT_WORDS: Final = (
    "Empty, and nothing else said: the stations the platform has, or 100 when it has none yet"
)
RADIUS_WORDS: Final = "how far from `near`, in kilometres; left out: however far, nearest first"
# Name of a field of the forms -> word of the choice.
FORM_FIELDS: Final[Mapping[str, str]] = {
    "station_ids": "ids",
    "country": "country",
    "box": "box",
    "near": "near",
    "radius_km": "radius_km",
    "elevation": "elevation",
    "station_count": "count",
}


def said_of_stations(form: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form that choose stations and say something, as they are."""
    return {name: form[name] for name in FORM_FIELDS if form.get(name) not in (None, "", [])}


_BETWEEN: Final = re.compile("[ ,]+")


@dataclass(frozen=True, slots=True)
class StationChoice:
    """What was said; nothing at all means the stations the platform has.

    Attributes:
        count: at most so many.
        ids: ids and codes as typed, each once; what they mean is for whoever knows the stations.
        country: in it.
        box: inside it.
        near: nearest first, within its radius if it has one.
        elevation: at such an elevation.
        notes: what the asker should know of how a word was read.
    """

    count: int | None = None
    ids: tuple[str, ...] = ()
    country: Country | None = None
    box: Box | None = None
    near: Circle | None = None
    elevation: ElevationBand | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(
        cls,
        *,
        count: int | None = None,
        ids: Collection[str] | str | None = None,
        country: str | None = None,
        box: str | None = None,
        near: str | None = None,
        radius_km: float | None = None,
        elevation: str | None = None,
    ) -> Self:
        """Read the words of a choice; None says nothing.

        Args:
            count: at most so many stations.
            ids: ids and codes, as a list or as text between commas or blanks.
            country: code or name, see `countries.read_country`.
            box: `west,south,east,north` in degrees.
            near: `latitude,longitude` in degrees.
            radius_km: how far from `near`.
            elevation: `from,to` in metres.

        Raises:
            ChoiceError: a word cannot be read; the message says what is accepted.
        """
        if count is not None and not 0 < count <= MAX_COUNT:
            raise ChoiceError("count", f"Not a count: {count}. Give a number from 1 to {MAX_COUNT}.")
        if radius_km is not None and near is None:
            raise ChoiceError("radius_km", "A radius is said of a position: give `near` too.")
        note = other_reading(country) if country else None
        return cls(
            count,
            _read_ids(ids),
            read_country(country) if country is not None else None,
            Box.read(box) if box is not None else None,
            Circle.read(near, radius_km) if near is not None else None,
            ElevationBand.read(elevation) if elevation is not None else None,
            (note,) if note else (),
        )

    @classmethod
    def of_form(cls, form: Mapping[str, Any]) -> Self:
        """Read the fields of a form; one that it lacks says nothing.

        Raises:
            ChoiceError: a field cannot be read; the message says what is accepted.
        """
        said = said_of_stations(form)
        return cls.read(**{word: said.get(name) for name, word in FORM_FIELDS.items()})

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        return self == StationChoice()

    @property
    def needs_places(self) -> bool:
        """Whether choosing needs to know where stations are."""
        return any((self.country, self.box, self.near, self.elevation))

    def takes(self, station: Station) -> bool:
        """Whether a station is where the choice wants it; ids and count are not looked at."""
        if self.country is not None and station.country not in self.country.noaa_codes:
            return False
        if self.box is not None and not self.box.contains(station.latitude_deg, station.longitude_deg):
            return False
        if self.elevation is not None and not self.elevation.contains(station.elevation_m):
            return False
        if self.near is None:
            return True
        away_km = self.near.distance_km(station.latitude_deg, station.longitude_deg)
        return away_km is not None and (self.near.radius_km is None or away_km <= self.near.radius_km)

    def describe(self) -> str:
        """The choice in words, countries spelled out."""
        parts = [
            f"{', '.join(self.ids)}" if self.ids else "",
            f"in {self.country}" if self.country else "",
            f"in the box {self.box}" if self.box else "",
            f"nearest to {self.near}" if self.near else "",
            f"at elevations {self.elevation}" if self.elevation else "",
            f"at most {self.count}" if self.count is not None else "",
        ]
        said = ", ".join(one for one in parts if one)
        return f"stations {said}" if said else "the stations the platform has"


@dataclass(frozen=True, slots=True)
class Record:
    """How much is known of a station's temperatures.

    Attributes:
        is_known: whether the platform has it.
        hour_count: hours with a temperature.
        first_observed_at: UTC.
        last_observed_at: UTC.
        year_count: years the archive lists of it; matters only where the platform does not have it.
    """

    is_known: bool = False
    hour_count: int = 0
    first_observed_at: datetime | None = None
    last_observed_at: datetime | None = None
    year_count: int = 0

    @property
    def completeness(self) -> float | None:
        """Hours with a temperature by the hours from first to last observation, both included."""
        hours = self._hours
        return None if hours is None else round(min(1.0, self.hour_count / hours), 4)

    @property
    def _hours(self) -> int | None:
        if self.first_observed_at is None or self.last_observed_at is None:
            return None
        whole = [
            one.replace(minute=0, second=0, microsecond=0)
            for one in (self.first_observed_at, self.last_observed_at)
        ]
        return (whole[1] - whole[0]) // timedelta(hours=1) + 1

    def rank(self, station_id: str) -> tuple[int, ...]:
        """Sorts the most complete first; in integers, which MySQL and Python divide alike.

        Of equally complete ones those with more hours; after them those the platform does not have, the
        ones with more years first; then a fixed shuffle that spreads a small choice over the world (in
        order of their ids the first hundred are of one country).
        """
        hours = self._hours
        share = min(RANK_SCALE, self.hour_count * RANK_SCALE // hours) if hours else 0
        years = 0 if self.is_known else self.year_count
        digest = hashlib.sha256(station_id.encode()).digest()
        return not self.is_known, -share, -self.hour_count, -years, int.from_bytes(digest)


RANK_SCALE: Final = 10_000
IN_SERVICE: Final = timedelta(days=366)


def choose(choice: StationChoice, offered: Mapping[str, tuple[Station, Record]]) -> list[str]:
    """The ids that a choice takes of what is offered, in its order: nearest, else most complete, first.

    Args:
        choice: what was said; its ids are taken to be among what is offered already.
        offered: station, and what is known of its record, by id.
    """
    wanted = [one for one, (station, _) in offered.items() if choice.takes(station)]
    if (near := choice.near) is not None:
        away = {one: _away(near, offered[one][0]) for one in wanted}
        wanted.sort(key=lambda one: (away[one], one))
    else:
        wanted.sort(key=lambda one: offered[one][1].rank(one))
    return wanted[: choice.count]


def in_service(last_observed: Mapping[str, datetime | None]) -> list[str]:
    """Of stations with one code those that are meant: observed within a year of the newest of them."""
    times = [one for one in last_observed.values() if one is not None]
    since = max(times) - IN_SERVICE if times else None
    return [
        station_id
        for station_id, time in last_observed.items()
        if since is None or (time is not None and time >= since)
    ]


def several_have(code: str, stations: Sequence[tuple[str, str | None]]) -> str:
    """What is said where a code means several stations: all of them, by id and name."""
    named = ", ".join(f"{name or 'no name'} ({station_id})" for station_id, name in stations)
    return (
        f"{len(stations)} stations have the code {code[:40]}: {named}. Ask for one of them by its id."
    )


def _away(near: Circle, station: Station) -> float:
    distance_km = near.distance_km(station.latitude_deg, station.longitude_deg)
    return float("inf") if distance_km is None else round(distance_km, 3)


def _read_ids(ids: Collection[str] | str | None) -> tuple[str, ...]:
    is_row = isinstance(ids, str) and re.fullmatch(IDS_PATTERN, ids) is not None
    listed = _BETWEEN.split(ids) if is_row and isinstance(ids, str) else ids
    wanted = tuple(dict.fromkeys([listed] if isinstance(listed, str) else listed or ()))
    if wrong := [one for one in wanted if not re.fullmatch(CODE_PATTERN, one)]:
        raise ChoiceError(
            "ids",
            f"Not station ids: {', '.join(wrong)}. Give {IDS_WORDS}, as USW00094846 or KORD.",
        )
    return wanted
