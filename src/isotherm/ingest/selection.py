"""Which files of an archive a choice of stations takes, and the same ones every time.

Chosen are *places*: the records of one place in several datasets, under several ids, are one choice,
and each dataset is asked for its own. Everything here is pure; `chosen` asks archive and MySQL.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Final

from isotherm.archive.station_year import StationYear
from isotherm.errors import ChoiceError
from isotherm.station import Station, is_station_id
from isotherm.station_choice import IDS_WORDS, Record, StationChoice, choose, in_service, several_have
from isotherm.station_codes import codes_of
from isotherm.station_search import normal_code
from isotherm.utc import read_day

DEFAULT_STATION_COUNT: Final = 100


@dataclass(frozen=True)
class Offer:
    """What there is to choose from.

    Attributes:
        listing: station-years the archive offers in the period.
        records: what the platform has, by id of station or place.
        stations: where stations are, by id, listed by any dataset; of one that several list, as the
            dataset that serves first has it.
        place_of: place of each id that is not its own.
    """

    listing: Sequence[StationYear]
    records: Mapping[str, Record] = field(default_factory=dict)
    stations: Mapping[str, Station] = field(default_factory=dict)
    place_of: Mapping[str, str] = field(default_factory=dict)

    def place(self, station_id: str) -> str:
        """The place of an id."""
        return self.place_of.get(station_id, station_id)

    @cached_property
    def members(self) -> dict[str, set[str]]:
        """The ids of each place that the archive lists in the period."""
        found = defaultdict(set)
        for one in {one.station_id for one in self.listing}:
            found[self.place(one)].add(one)
        return dict(found)

    @cached_property
    def years(self) -> dict[str, int]:
        """In how many of the years there is a file of each place."""
        found = defaultdict(set)
        for one in self.listing:
            found[self.place(one.station_id)].add(one.year)
        return {place: len(years) for place, years in found.items()}

    @cached_property
    def all_ids(self) -> dict[str, set[str]]:
        """Every id of each place, whether the archive lists it in the period or not."""
        found = defaultdict(set)
        for one in (*self.stations, *self.records, *self.place_of):
            found[self.place(one)].add(one)
        return dict(found)

    @cached_property
    def codes(self) -> dict[str, set[str]]:
        """The places that have a code; ids that differ in their case alone are found like codes."""
        found = defaultdict(set)
        for station in self.stations.values():
            for code in codes_of(station):
                found[code].add(self.place(station.station_id))
        for one in {*self.stations, *self.records, *(entry.station_id for entry in self.listing)}:
            found[one.upper()].add(self.place(one))
        return dict(found)

    def described(self, place: str) -> Station:
        """A place as its own list has it, else as one of its ids is described."""
        ids = (place, *sorted(self.members.get(place, ())))
        return next((self.stations[one] for one in ids if one in self.stations), Station(place))

    def record(self, place: str) -> Record:
        """What is known of a place."""
        ids = {place, *self.members.get(place, ())}
        known = [self.records[one] for one in ids if one in self.records]
        longest = max(known, key=lambda one: one.hour_count, default=Record())
        return replace(longest, year_count=self.years.get(place, 0))

    def means(self, typed: str) -> str:
        """The place that a typed id or code means; an id that nobody lists is a place of its own.

        Raises:
            ChoiceError: it is neither, or a code of several places.
        """
        if typed in self.all_ids.get(self.place(typed), ()) or typed in self.members:
            return self.place(typed)
        code = normal_code(typed)
        found = {one for text in (typed.upper(), code) for one in self.codes.get(text, ())}
        # The record of an airport may have been begun anew: that with files in the period is meant, and
        # that in service.
        near = sorted(found & self.members.keys() or found)
        meant = in_service({one: self.record(one).last_observed_at for one in near})
        if len(meant) > 1:
            raise ChoiceError("ids", several_have(typed, [(one, self._name(one)) for one in meant]))
        if meant:
            return meant[0]
        for one in (typed, code):
            if is_station_id(one):
                return one
        raise ChoiceError(
            "ids", f"No station {typed}: no list has it, and it has not the 11 characters of an id. "
            f"Give {IDS_WORDS}.",
        )  # fmt: skip

    def _name(self, place: str) -> str | None:
        return self.described(place).name


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a choice came to.

    Attributes:
        places: their ids, in the order of the choice.
        station_ids: the ids under which datasets have them, sorted.
        typed: each typed id or code, and the ids it stands for.
        left_out: typed ones that are not where the other words want them.
    """

    places: tuple[str, ...]
    station_ids: tuple[str, ...]
    typed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def choose_stations(choice: StationChoice, offer: Offer) -> Chosen:
    """The stations a run takes; the same offer gives the same stations.

    Without a word: those the platform has, or `DEFAULT_STATION_COUNT` when it has none yet. An id that
    was typed is taken also where no list knows it: a list may not know what the archive has.

    Raises:
        ChoiceError: a typed code means no station, or several.
    """
    if choice.is_empty and offer.records:
        # None of them, where none has a file: others would make a day like no day before or after it.
        known = sorted(one for ids in offer.members.values() for one in ids if one in offer.records)
        return Chosen(tuple(dict.fromkeys(map(offer.place, known))), tuple(known))
    typed = {one: offer.means(one) for one in choice.ids}
    wanted = set(typed.values()) if typed else offer.members
    offered = {one: (offer.described(one), offer.record(one)) for one in wanted}
    places = choose(choice, offered)
    if choice.is_empty:
        places = places[:DEFAULT_STATION_COUNT]
    ids = {one: tuple(sorted(_ids_of(offer, one))) for one in places}
    return Chosen(
        tuple(places),
        tuple(sorted(one for some in ids.values() for one in some)),
        {text: ids[place] for text, place in typed.items() if place in ids},
        tuple(text for text, place in typed.items() if place not in ids),
    )


def _ids_of(offer: Offer, place: str) -> Collection[str]:
    """Those the archive lists in the period; where it lists none, all there are."""
    return offer.members.get(place) or offer.all_ids.get(place) or {place}


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
    return read_day(text) if text else None
