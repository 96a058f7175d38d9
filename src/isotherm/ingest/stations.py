"""The station table: filled from the datasets' lists, and from a station's own file where silent.

Only stations with files are in it: of the 29 000 in NOAA's list most would be empty pages.
"""

import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.mysql import insert

from isotherm.archive.station_year import Archive
from isotherm.datasets.dataset import Dataset
from isotherm.errors import SourceError
from isotherm.ingest.report import log
from isotherm.station import Station
from isotherm.stores import tables
from isotherm.stores.places import natives_of, places_of
from isotherm.stores.station_index import index_stations

_TABLE = tables.station
_DESCRIPTIVE = tuple(one.name for one in fields(Station) if one.name != "station_id")


class StationDirectory:
    """What is known of stations; a list (3 MB) is read once, when it is first asked for."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lists: dict[str, Mapping[str, Station]] = {}
        self._lock = threading.Lock()

    def listed(self, dataset: Dataset) -> Mapping[str, Station]:
        """A dataset's list by station id; empty where the archive has none that can be read."""
        with self._lock:
            if dataset.name not in self._lists:
                self._lists[dataset.name] = self._read_list(dataset)
            return self._lists[dataset.name]

    def _read_list(self, dataset: Dataset) -> Mapping[str, Station]:
        try:
            entries = self._archive.read_station_list(dataset)
        except SourceError as error:
            log.warning(f"No station list: {error} Stations are described by their own files.")
            return {}
        if not entries:
            log.warning("The archive has no station list: stations are described by their own files.")
        return {one.station.station_id: one.station for one in entries}

    def describe(
        self, dataset: Dataset, station_id: str, file_content: bytes, source_file: str
    ) -> Station:
        """A station as the list has it, each gap filled from the station's own file.

        Args:
            dataset: whose file it is.
            station_id: the station.
            file_content: one of its files, plain or gzip.
            source_file: that file's name, for messages.
        """
        listed = self.listed(dataset).get(station_id)
        if listed is not None and listed.name and listed.latitude_deg is not None:
            return listed
        described = dataset.describe_station(file_content, source_file)
        if listed is None or described is None:
            return described or listed or Station(station_id)
        values = {
            name: value if (value := getattr(listed, name)) is not None else getattr(described, name)
            for name in _DESCRIPTIVE
        }
        return Station(station_id, **values)


def write_station(connection: Connection, station: Station) -> None:
    """Insert or update one station, with codes and search terms.

    What is unknown now does not erase what was known.
    """
    statement = insert(_TABLE).values(**asdict(station))
    connection.execute(
        statement.on_duplicate_key_update(
            {name: func.coalesce(statement.inserted[name], _TABLE.c[name]) for name in _DESCRIPTIVE}
        )
    )
    index_stations(connection, [station.station_id])


def refresh_observed_period(connection: Connection, stations: Collection[str]) -> None:
    """Bring the first and last observation of these stations, and of their places, up to date.

    The last is the last of an hour that counts: a lone bad row makes no station newer.
    """
    natives = natives_of(connection, places_of(connection, stations).values())
    members = {**{one: [one] for one in stations}, **natives}
    files = tables.source_file.c
    wanted = sorted({one for ids in members.values() for one in ids})
    spans = connection.execute(
        select(files.station_id, func.min(files.first_observed_at), func.max(files.newest_loaded_at))
        .where(files.station_id.in_(wanted))
        .group_by(files.station_id)
    )
    of_station = {station_id: span for station_id, *span in spans}
    for one, ids in members.items():
        found = [of_station[member] for member in ids if member in of_station]
        first = min((span[0] for span in found if span[0] is not None), default=None)
        last = max((span[1] for span in found if span[1] is not None), default=None)
        connection.execute(
            update(_TABLE)
            .where(_TABLE.c.station_id == one)
            .values(first_observed_at=first, last_observed_at=last)
        )
