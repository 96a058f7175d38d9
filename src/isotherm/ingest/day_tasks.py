"""The tasks of `ingest_observations`: one UTC day, from the archive to MySQL.

A station-year file is NOAA's unit of change, so a day's run asks for the year files of its stations
and mostly hears that they are unchanged; what it loads is the one day.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from isotherm.archive.station_year import StationYear
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.ingest import manifest
from isotherm.ingest.load import log_loaded
from isotherm.ingest.report import log, write_table
from isotherm.ingest.selection import StationChoice, asked_day, choose_stations
from isotherm.ingest.workplace import Workplace, in_workplace

Xcom = dict[str, Any]


@in_workplace
def choose_day_stations(
    place: Workplace,
    *,
    count: int | None,
    ids: list[str] | None,
    partition_key: str | None,
    form_day: str | None,
) -> Xcom:
    """Choose the stations of a run.

    Args:
        place: the stores.
        count: how many stations the form asks for.
        ids: the ids the form asks for.
        partition_key: the day a scheduled or backfilled run owns, YYYY-MM-DD.
        form_day: the day a run by hand asks for; without either, the newest the archive has.

    Returns:
        `day` (None = the newest of the files), `year`, `stations`; empty when the archive has no file
        of that year: then there is nothing to do, and that is no error.
    """
    choice = StationChoice.from_form(count=count, ids=ids)
    day = asked_day(partition_key, form_day)
    year = day.year if day else None
    listing = (
        place.archive.list_first_visit(GLOBAL_HOURLY)
        if year is None
        else place.archive.list_station_years(GLOBAL_HOURLY, year, year)
    )
    if day is None and listing:
        year = max(one.year for one in listing)
    with place.engine.connect() as connection:
        known = manifest.read_known_stations(connection)
    in_year = [one for one in listing if one.year == year]
    stations = choose_stations(choice, in_year, known=known)
    if not stations:
        log.info(f"{place.archive.label} has no file for {day or 'any day'}: a hole, nothing to do.")
        return {}
    log.info(
        f"{day or 'The newest day'}: {len(stations)} of the {len(in_year)} stations that "
        f"{place.archive.label} lists for {year}."
    )
    return {"day": day.isoformat() if day else None, "year": year, "stations": stations}


@in_workplace
def download_day(place: Workplace, chosen: Mapping[str, Any]) -> Xcom:
    """Bring the changed year files of the stations to HDFS.

    Returns:
        `day` (now always stated, unless no file has any observation), `first_year`, `last_year`.
    """
    year: int = chosen["year"]
    summary = place.transfer.run(
        StationYear(one, year, GLOBAL_HOURLY.name) for one in chosen["stations"]
    )
    newest = summary.newest_day
    day = chosen["day"] or (newest.isoformat() if newest else None)
    columns = ("day", "files", "changed", "unchanged", "absent", "refused", "rows", "kB")
    row = (
        day, len(chosen["stations"]), summary.changed, summary.unchanged, summary.absent,
        summary.refused, summary.row_count, summary.size_bytes // 1000,
    )  # fmt: skip
    write_table("Files", columns, [row])
    return {"day": day, "first_year": year, "last_year": year}


@in_workplace
def has_unread_files(place: Workplace, downloaded: Mapping[str, Any]) -> bool:
    """Whether Spark has work: a file whose newest version is not in the Parquet."""
    years = (downloaded["first_year"], downloaded["last_year"])
    with place.engine.connect() as connection:
        count = manifest.count_unread_files(connection, *years)
    log.info(f"{count} files of {years[0]} to {years[1]} are newer than their summaries.")
    return count > 0


@in_workplace
def load_day(place: Workplace, chosen: Mapping[str, Any], downloaded: Mapping[str, Any]) -> Xcom:
    """Take the day's summaries to MySQL; returns what was loaded, with zeros for a hole."""
    if downloaded["day"] is None:
        log.info("None of the files has an observation: nothing to load.")
        return {}
    day = date.fromisoformat(downloaded["day"])
    loaded = place.loader.load_day(day, chosen["stations"])
    log_loaded([loaded])
    return loaded.as_xcom()
