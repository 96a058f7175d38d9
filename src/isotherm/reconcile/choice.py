"""Which days and files a reconciliation replays: those that the batch layer holds, none else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from isotherm.datasets.dataset import Dataset
from isotherm.errors import SettingsError
from isotherm.ingest.chosen import read_records
from isotherm.ingest.selection import Offer, choose_stations
from isotherm.station import Station
from isotherm.station_choice import Record, StationChoice, said_of_stations
from isotherm.stores.places import places_of
from isotherm.stores.source_files import HeldVersion, newest_held_day, read_held
from isotherm.stores.tables import station
from isotherm.stream.disorder import Disorder
from isotherm.utc import read_day


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for.

    Attributes:
        first_day: UTC; None = the newest day that the batch layer holds.
        last_day: included.
        stations: what the form says of them, field by field.
        disorder: what is put into the feed on purpose, which changes no hour; None for nothing.
    """

    first_day: date | None
    last_day: date | None
    stations: Mapping[str, Any]
    disorder: Disorder | None = None

    @classmethod
    def of_form(cls, form: Mapping[str, Any]) -> "Asked":
        """Read the form of `reconcile_layers`.

        Raises:
            SettingsError: days are the wrong way round; stations or disorder cannot be read.
        """
        stations = said_of_stations(form)
        StationChoice.of_form(stations)
        disorder = Disorder.of(form.get("disorder"))
        if not form.get("day"):
            if form.get("last_day"):
                raise SettingsError("last_day is given without day. Trigger again with both.")
            return cls(None, None, stations, disorder)
        first = read_day(form["day"])
        last = read_day(form.get("last_day") or form["day"])
        if first > last:
            raise SettingsError(f"day {first} is after last_day {last}. Swap them.")
        return cls(first, last, stations, disorder)


@dataclass(frozen=True, slots=True)
class ChosenDays:
    """Days, both included, and the files that hold them."""

    first_day: date
    last_day: date
    files: tuple[HeldVersion, ...]


def choose_days(
    connection: Connection, datasets: tuple[Dataset, ...], asked: Asked
) -> ChosenDays | None:
    """What is replayed; None where the batch layer holds nothing of it.

    Raises:
        ChoiceError: a typed code means no station, or several.
    """
    first = asked.first_day or newest_held_day(connection, datasets)
    if first is None:
        return None
    last = asked.last_day or first
    held = read_held(connection, datasets, first, last)
    if not held:
        return None
    chosen = choose_stations(StationChoice.of_form(asked.stations), offer_of_held(connection, held))
    files = tuple(one for one in held if one.station_id in chosen.station_ids)
    return ChosenDays(first, last, files) if files else None


def offer_of_held(connection: Connection, held: list[HeldVersion]) -> Offer:
    """All from MySQL: whoever is held is described there, and no archive is asked."""
    ids = sorted({one.station_id for one in held})
    places = {one: place for one, place in places_of(connection, ids).items() if one != place}
    columns = [station.c[name] for name in Station.__dataclass_fields__]
    rows = connection.execute(
        select(*columns).where(station.c.station_id.in_([*ids, *places.values()]))
    )
    stations = {row.station_id: Station(**row._asdict()) for row in rows}
    # Hours are counted by place: a record of one under another id is here all the same.
    records = dict.fromkeys(ids, Record(is_known=True)) | read_records(connection)
    return Offer([one.station_year for one in held], records, stations, places)
