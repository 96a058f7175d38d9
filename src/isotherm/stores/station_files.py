"""Which files some stations have, and which they would have of some years: table `source_file`."""

from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa

from isotherm.archive.station_year import StationYear
from isotherm.datasets.facts import FACTS
from isotherm.stores.places import Member, members_of
from isotherm.stores.tables import source_file


def files_wanted(
    connection: sa.Connection, place_ids: Collection[str], first_year: int, last_year: int
) -> tuple[dict[StationYear, int], list[StationYear]]:
    """What a fill of these years asks the archive for.

    A place is asked for under each id and dataset it has any file of; one that has none under its own
    id, of the dataset that serves first.

    Args:
        connection: to read with.
        place_ids: the places.
        first_year: inclusive.
        last_year: inclusive.

    Returns:
        The files that are here, with their bytes on HDFS, and those that are not.
    """
    members = _members(connection, place_ids)
    wanted = {
        StationYear(member.station_id, year, facts.name)
        for member in members
        for facts in FACTS
        if facts.name == member.dataset
        for year in range(first_year, last_year + 1)
        if facts.first_year <= year <= (facts.last_day.year if facts.last_day else year)
    }
    known = _known(connection, {one.station_id for one in members}, first_year, last_year)
    here = {one: known[one] for one in wanted if one in known}
    return here, sorted(wanted - known.keys())


def _members(connection: sa.Connection, place_ids: Iterable[str]) -> list[Member]:
    found = members_of(connection, place_ids)
    first = FACTS[0].name
    return [one for place, some in found.items() for one in some or [Member(first, place)]]


def _known(
    connection: sa.Connection, station_ids: Collection[str], first_year: int, last_year: int
) -> Mapping[StationYear, int]:
    file = source_file.c
    rows = connection.execute(
        sa.select(file.dataset, file.year, file.station_id, file.size_bytes).where(
            file.station_id.in_(sorted(station_ids)), file.year.between(first_year, last_year)
        )
    )
    return {StationYear(row.station_id, row.year, row.dataset): row.size_bytes for row in rows}
