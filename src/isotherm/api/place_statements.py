"""The statements by which a page of a place is read: what the id means, who serves, the rows."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from isotherm.api.packed_rows import nullable, packed, quoted
from isotherm.api.prepared import Prepared
from isotherm.api.series import Selection, Series
from isotherm.api.series_rows import hours_statement, rows_statement
from isotherm.datasets.registry import DATASETS
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.tables import hourly_summary, served_day, source_file, station, station_place

# Among the columns: of `_membership`, and the one behind them.
LATITUDE: Final = 2
CONTESTED: Final = 5
_MOST_FILES: Final = 50_000


def station_name(number: int) -> str:
    """The name of the value that is one of the ids."""
    return f"station_{number}"


def run_names(number: int) -> tuple[str, str]:
    """The names of the values that bound the days of which an id's hours are left out."""
    return f"others_first_{number}", f"others_end_{number}"


def membership_statement() -> Prepared:
    """What the id means, and nothing else."""
    return _membership_statement()


def place_statement(series: Series, selection: Selection, natives: int) -> Prepared:
    """What the id means, who serves, the files, and of each of so many ids its page."""
    return _place_statement(series, selection.bounds, natives, selection.is_whole)


def about_statement(natives: int) -> Prepared:
    """What the id means, who serves, and the files of so many ids."""
    return _about_statement(natives)


def pages_statement(series: Series, selection: Selection, spares: tuple[bool, ...]) -> Prepared:
    """Of each id its page, of some without the hours of days that others serve (`run_names`)."""
    return _pages_statement(series, selection.bounds, spares, selection.is_whole)


@cache
def _membership_statement() -> Prepared:
    return Prepared.of(sa.select(*_membership()))


@cache
def _place_statement(series: Series, bounds: frozenset[str], natives: int, is_whole: bool) -> Prepared:
    behind = _behind(natives) if series.is_hourly else [sa.null(), sa.null()]
    pages = _pages(series, bounds, (False,) * natives, is_whole=is_whole)
    return Prepared.of(sa.select(*_membership(), *behind, *pages))


@cache
def _about_statement(natives: int) -> Prepared:
    return Prepared.of(sa.select(*_membership(), *_behind(natives)))


@cache
def _pages_statement(
    series: Series, bounds: frozenset[str], spares: tuple[bool, ...], is_whole: bool
) -> Prepared:
    return Prepared.of(sa.select(*_pages(series, bounds, spares, is_whole=is_whole)))


def _pages(
    series: Series, bounds: frozenset[str], spares: tuple[bool, ...], *, is_whole: bool
) -> list[sa.ScalarSelect[Any]]:
    if not series.is_hourly:
        return [rows_statement(series, bounds, station_name(0)).scalar_subquery()]
    return [
        hours_statement(
            series,
            bounds,
            station_name(number),
            *([_is_ours(number)] if is_spared else []),
            is_whole=is_whole,
        ).scalar_subquery()
        for number, is_spared in enumerate(spares)
    ]


def _is_ours(number: int) -> sa.ColumnElement[bool]:
    """Leaves out hours of the batch layer in a run of days that others serve.

    The reader would; here it spares MySQL what takes it longest, to pack them.
    """
    bounds: list[sa.BindParameter[Any]] = [sa.bindparam(one) for one in run_names(number)]
    first, end = bounds
    hour = hourly_summary.c
    return sa.or_(hour.layer != LAYER_BATCH, hour.hour_start < first, hour.hour_start >= end)


def _membership() -> list[sa.ColumnElement[Any]]:
    """The id as it is known, its place (null: itself), latitude, the place's own place, other ids."""
    asked: sa.BindParameter[str] = sa.bindparam("asked", type_=sa.String)
    place: sa.BindParameter[str] = sa.bindparam("place", type_=sa.String)
    of_asked = sa.select(station.c.station_id).where(station.c.station_id == asked)
    place_of = sa.select(station_place.c.place_id)
    ids = sa.select(sa.text("GROUP_CONCAT(station_id ORDER BY station_id)")).select_from(station_place)
    latitude = sa.select(station.c.latitude_deg).where(station.c.station_id == place)
    parts: list[sa.Select[Any]] = [
        of_asked,
        place_of.where(station_place.c.station_id == asked),
        latitude,
        place_of.where(station_place.c.station_id == place),
        ids.where(station_place.c.place_id == place),
    ]
    return [one.scalar_subquery() for one in parts]


def _behind(natives: int) -> list[sa.ScalarSelect[Any]]:
    return [_contested(), _files([station_name(number) for number in range(natives)])]


def _contested() -> sa.ScalarSelect[Any]:
    table = served_day.c
    columns = [quoted(sa.func.date_format(table.day, "%Y-%m-%d")), quoted(table.dataset)]
    where = [
        table.place_id == sa.bindparam("place"),
        table.day.between(sa.bindparam("first_day"), sa.bindparam("last_day")),
    ]
    # As many days as the page may have rows.
    enough: sa.BindParameter[int] = sa.bindparam("enough", type_=sa.Integer)
    return packed([*columns, quoted(table.station_id)], [table.day], where, enough).scalar_subquery()


def _files(natives: Sequence[str]) -> sa.ScalarSelect[Any]:
    table = source_file.c
    sha256 = sa.func.coalesce(table.loaded_sha256, table.summarised_sha256)
    columns = [quoted(table.station_id), quoted(table.dataset), table.year, nullable(quoted(sha256))]
    where = [
        table.station_id.in_([sa.bindparam(one) for one in natives]),
        table.year.between(sa.bindparam("first_year"), sa.bindparam("last_year")),
        table.dataset.in_([sa.literal_column(f"'{one.name}'") for one in DATASETS]),
    ]
    return packed(columns, [table.station_id, table.year], where, _MOST_FILES).scalar_subquery()
