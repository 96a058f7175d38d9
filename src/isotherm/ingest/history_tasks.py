"""The tasks of `import_history`: whole years, from the archive to MySQL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from isotherm.archive.station_year import StationYear
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import SettingsError
from isotherm.ingest import manifest
from isotherm.ingest.load import Loaded, log_loaded
from isotherm.ingest.report import folded, log, write_table
from isotherm.ingest.selection import StationChoice, choose_stations, group_years, plan_years
from isotherm.ingest.transfer import TransferSummary
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.quality import REJECTED

# About two minutes of downloading: long enough to be worth a task, short enough to try again.
FILES_PER_TASK: Final = 400

YearPlan = dict[str, Any]


@in_workplace
def plan_import(place: Workplace, form: Mapping[str, Any]) -> list[list[YearPlan]]:
    """Choose station-years and split them into tasks.

    Args:
        place: the stores.
        form: `first_year`, `last_year`, `dry_run`, `station_count`, `station_ids`, `country`, `box`.

    Returns:
        Groups of `{"year": ..., "stations": [...]}`; none in a dry run, which only shows the plan, and
        none when the archive has no file in these years.

    Raises:
        SettingsError: the years are the wrong way round, or a choice cannot be read.
    """
    first_year, last_year = form["first_year"], form["last_year"]
    if first_year > last_year:
        raise SettingsError(
            f"first_year {first_year} is after last_year {last_year}. Trigger again, years swapped."
        )
    listing = place.archive.list_station_years(GLOBAL_HOURLY, first_year, last_year)
    plan = plan_years(_choose(place, form, listing), listing)
    write_table(
        f"{place.archive.label}, {first_year} to {last_year}",
        ("year", "stations listed", "stations chosen"),
        [(year, _count_year(listing, year), len(stations)) for year, stations in plan.items()],
    )
    if not plan:
        log.warning("No file matches. Widen the years or the choice of stations and trigger again.")
    if form["dry_run"]:
        log.info("A dry run: nothing was downloaded. Trigger again with dry_run off to import this.")
        return []
    groups = group_years(plan, files_per_group=FILES_PER_TASK)
    return [[{"year": year, "stations": plan[year]} for year in group] for group in groups]


@in_workplace
def download_years(place: Workplace, group: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Bring the changed files of some years to HDFS; one folded group of log lines a year."""
    transfer = place.transfer
    summaries = []
    for part in group:
        with folded(f"{part['year']}: {len(part['stations'])} files"):
            summary = transfer.run(
                StationYear(one, part["year"], GLOBAL_HOURLY.name) for one in part["stations"]
            )
        log.info(
            f"{part['year']}: {summary.changed} changed, {summary.unchanged} unchanged, "
            f"{summary.absent} absent, {summary.refused} refused, {summary.row_count} rows"
        )
        summaries.append({"year": part["year"], **summary.as_xcom()})
    return summaries


def describe_years(group: Iterable[Mapping[str, Any]]) -> str:
    """Name of a mapped task in the UI, as `1901-1910`."""
    years = [part["year"] for part in group]
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"


@in_workplace
def load_years(
    place: Workplace,
    groups: Sequence[Sequence[Mapping[str, Any]]],
    downloads: Iterable[Sequence[Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    """Take the years' summaries to MySQL; progress while it works, a table at the end."""
    parts = [part for group in groups for part in group]
    loads = []
    for number, part in enumerate(parts, start=1):
        loaded = place.loader.load_year(part["year"], part["stations"])
        log.info(f"Year {number} of {len(parts)}")
        log_loaded([loaded])
        loads.append(loaded)
    files = {
        one["year"]: TransferSummary.from_xcom({k: v for k, v in one.items() if k != "year"})
        for group in downloads
        for one in group
    }
    _write_result(loads, files)
    return [one.as_xcom() for one in loads]


def _choose(place: Workplace, form: Mapping[str, Any], listing: Sequence[StationYear]) -> list[str]:
    choice = StationChoice.from_form(
        count=form["station_count"], ids=form["station_ids"], country=form["country"], box=form["box"]
    )
    with place.engine.connect() as connection:
        known = manifest.read_known_stations(connection)
    places = place.directory.listed if choice.needs_places else {}
    chosen = choose_stations(choice, listing, known=known, places=places)
    if absent := sorted(set(choice.ids) - set(chosen)):
        log.warning(f"The archive has no file of {', '.join(absent)} in these years: left out.")
    return chosen


def _write_result(loads: Sequence[Loaded], files: Mapping[int, TransferSummary]) -> None:
    rejected = [reason.value for reason in REJECTED]
    columns = (
        "year", "station-years", "files changed", "refused", "rows", "hours", "observations",
        *(reason.replace("_", " ") for reason in rejected),
    )  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for one in loads:
        file = files.get(int(one.period), TransferSummary())
        rows.append(
            (
                int(one.period), one.station_count, file.changed, file.refused, file.row_count,
                one.hour_count, one.observation_count, *(one.rejected[name] for name in rejected),
            )
        )  # fmt: skip
    total = ("all", *(sum(int(str(row[i])) for row in rows) for i in range(1, len(columns))))
    write_table("Imported (hours and observations under the default rule)", columns, [*rows, total])


def _count_year(listing: Iterable[StationYear], year: int) -> int:
    return sum(one.year == year for one in listing)
