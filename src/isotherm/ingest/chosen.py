"""What an archive and the platform offer, and what a choice of stations takes of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, select

from isotherm.archive.station_year import StationYear
from isotherm.cross_walk import cross_walk
from isotherm.datasets.registry import DATASETS
from isotherm.ingest.report import log
from isotherm.ingest.selection import Chosen, Offer, choose_stations
from isotherm.ingest.stations import StationDirectory
from isotherm.station import Station
from isotherm.station_choice import Record, StationChoice
from isotherm.stores import source_files
from isotherm.stores.places import places_of
from isotherm.stores.tables import station

_SHOWN: Final = 20


def choose_from_archive(
    connection: Connection,
    directory: StationDirectory,
    choice: StationChoice,
    listing: Sequence[StationYear],
) -> Chosen:
    """The stations a run takes of what the archive lists, told in the log.

    Args:
        connection: to MySQL, which says what the platform has.
        directory: the archive's station lists; read only where the choice needs them.
        choice: what was said.
        listing: station-years the archive offers in the period.

    Raises:
        ChoiceError: a typed code means no station, or several.
    """
    for note in choice.notes:
        log.info(note)
    chosen = choose_stations(choice, offer_of(connection, directory, choice, listing))
    _tell(choice, chosen, {one.station_id for one in listing})
    return chosen


def offer_of(
    connection: Connection,
    directory: StationDirectory,
    choice: StationChoice,
    listing: Sequence[StationYear],
) -> Offer:
    """What there is to choose from, as far as the choice needs to know it."""
    known = {
        one
        for dataset in DATASETS
        for one in source_files.read_known_stations(connection, dataset.name)
    }
    records = dict.fromkeys(known, Record(is_known=True))
    if choice.is_empty and known:
        return Offer(listing, records)
    records |= read_records(connection)
    listed = {one.station_id for one in listing}
    lists: list[Mapping[str, Station]] = []
    if _needs_lists(choice, listing, listed):
        lists = [directory.listed(dataset) for dataset in DATASETS]
    stations = {one: station for some in reversed(lists) for one, station in some.items()}
    # Of a code the station may be one that neither has.
    met = known | listed
    asked = met if met.issuperset(choice.ids) else stations.keys()
    places = _listed_places(lists, asked) | _kept_places(connection, known | listed)
    return Offer(listing, records, stations, places)


def _needs_lists(choice: StationChoice, listing: Sequence[StationYear], listed: set[str]) -> bool:
    """Whether it matters where stations are, and what they are called elsewhere.

    The lists of all datasets (70 000 stations) take seconds. An id that the platform has of another
    dataset than the listed one may have another name there.
    """
    is_one_dataset = len({one.dataset for one in listing}) < 2
    return choice.needs_places or not is_one_dataset or not listed.issuperset(choice.ids)


def _listed_places(lists: Sequence[Mapping[str, Station]], asked: Collection[str]) -> dict[str, str]:
    """By the lists alone: where the dataset that serves first has a station of another one."""
    newest, *others = lists or [{}]
    older = [station for listed in others for one, station in listed.items() if one in asked]
    if not newest or not older:
        return {}
    return {one: match.station_id for one, match in cross_walk(older, newest.values()).matches.items()}


def _kept_places(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """What the platform has decided before holds."""
    return {one: place for one, place in places_of(connection, ids).items() if one != place}


def read_records(connection: Connection) -> dict[str, Record]:
    """What is known of each station that has hours with a temperature, by id."""
    columns = (
        station.c.station_id,
        station.c.hour_count,
        station.c.first_observed_at,
        station.c.last_observed_at,
    )
    rows = connection.execute(select(*columns).where(station.c.hour_count > 0))
    return {one[0]: Record(True, *one[1:]) for one in rows}


def _tell(choice: StationChoice, chosen: Chosen, listed: Collection[str]) -> None:
    log.info(f"The choice: {choice.describe()}; {len(chosen.places)} found.")
    if chosen.left_out:
        log.warning(f"Not where the choice wants them, or one too many: {_some(chosen.left_out)}.")
    unlisted = [one for ids in chosen.typed.values() for one in ids if one not in listed]
    if unlisted:
        log.warning(
            f"The archive does not list {_some(unlisted)} in these years: asked for all the same."
        )


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more
