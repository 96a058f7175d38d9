"""The versions of files that MySQL holds whole, as the code of now reads them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from isotherm.archive.station_year import StationYear
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.made_by import made_by
from isotherm.stores.tables import source_file
from isotherm.utc import to_aware, to_naive

_TABLE: Final = source_file


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """A file whose rows stand in MySQL, all of them, and nothing of it is under way.

    Attributes:
        sha256: of the plain content.
        published_at: with its zone.
        loaded_at: when; a load meanwhile makes another one of it.
    """

    dataset: str
    year: int
    station_id: str
    sha256: str
    published_at: datetime
    hdfs_path: str
    loaded_at: datetime | None

    @property
    def station_year(self) -> StationYear:
        """Whose file it is."""
        return StationYear(self.station_id, self.year, self.dataset)


_COLUMNS: Final = [_TABLE.c[name] for name in HeldVersion.__dataclass_fields__]


def read_held(
    connection: Connection, datasets: Iterable[Dataset], first_day: date, last_day: date
) -> list[HeldVersion]:
    """The files that have observations in these days (both included), sorted.

    Left out are those that Spark, a load or an operator's answer has still to come to, and those that
    other code than today's has read.
    """
    first = to_naive(datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC))
    end = to_naive(datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC))
    statement = select(*_COLUMNS).where(
        _is_held(datasets),
        _TABLE.c.year.between(first_day.year, last_day.year),
        _TABLE.c.last_observed_at >= first,
        _TABLE.c.first_observed_at < end + timedelta(days=1),
    )
    found = [_version(row) for row in connection.execute(statement)]
    return sorted(found, key=lambda one: (one.year, one.dataset, one.station_id))


def still_held(
    connection: Connection, datasets: Iterable[Dataset], versions: Collection[HeldVersion]
) -> list[HeldVersion]:
    """Those of the versions that still stand in MySQL as they did."""
    years = {one.year for one in versions}
    if not years:
        return []
    statement = select(*_COLUMNS).where(_is_held(datasets), _TABLE.c.year.in_(sorted(years)))
    now = {_version(row) for row in connection.execute(statement)}
    return [one for one in versions if one in now]


def newest_held_day(connection: Connection, datasets: Iterable[Dataset]) -> date | None:
    """The day of the newest observation that counts and stands in MySQL; None: there is none."""
    newest = connection.scalar(select(func.max(_TABLE.c.newest_loaded_at)).where(_is_held(datasets)))
    return None if newest is None else newest.date()


def _is_held(datasets: Iterable[Dataset]) -> ColumnElement[bool]:
    by_code = [and_(_TABLE.c.dataset == one.name, _TABLE.c.made_by == made_by(one)) for one in datasets]
    return and_(
        or_(*by_code),
        _TABLE.c.is_pending == 0,
        _TABLE.c.has_changes == 0,
        _TABLE.c.loaded_sha256 == _TABLE.c.sha256,
        _TABLE.c.summarised_sha256 == _TABLE.c.sha256,
    )


def _version(row: Row[Any]) -> HeldVersion:
    values = row._asdict()
    return HeldVersion(**values | {"published_at": to_aware(values["published_at"])})
