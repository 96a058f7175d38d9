"""The first tasks of `import_history`: whole years, from the archive to HDFS."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from isotherm.archive.station_year import StationYear
from isotherm.datasets.registry import DATASETS, dataset_named
from isotherm.errors import SettingsError
from isotherm.ingest.batch_tasks import prepare
from isotherm.ingest.chosen import choose_from_archive
from isotherm.ingest.import_estimate import (
    compare_estimate,
    keep_estimate,
    make_estimate,
    require_disk,
    show_estimate,
)
from isotherm.ingest.known_files import find_lost_sources, in_ledger
from isotherm.ingest.plan import PlanPart, count_parts, read_plan, read_typed, write_plan, write_typed
from isotherm.ingest.report import folded, log
from isotherm.ingest.selection import plan_station_years
from isotherm.ingest.shrunken_files import tell_of_refusals
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.station_choice import StationChoice


@in_workplace
def plan_import(place: Workplace, form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Choose station-years and split them into tasks.

    Args:
        place: the stores.
        form: `first_year`, `last_year`, `dataset` (a name; empty = all that have files), `dry_run`,
            `even_if_full`, and the fields of `station_choice.FORM_FIELDS`.

    Returns:
        A `PlanPart` per task; none in a dry run, which only shows the plan, and none when the archive
        has no file in these years.

    Raises:
        SettingsError: the years are the wrong way round, a choice cannot be read, or the disk is too
            full for what will come.
    """
    first_year, last_year = form["first_year"], form["last_year"]
    if first_year > last_year:
        raise SettingsError(
            f"first_year {first_year} is after last_year {last_year}. Trigger again, years swapped."
        )
    choice = StationChoice.of_form(form)
    listing: dict[StationYear, int | None] = {}
    datasets = [dataset_named(form["dataset"])] if form.get("dataset") else DATASETS
    for dataset in datasets:
        listing |= place.archive.list_sizes(dataset, first_year, last_year)
    with place.engine.connect() as connection:
        chosen = choose_from_archive(connection, place.directory, choice, list(listing))
    plan = plan_station_years(
        chosen.station_ids,
        listing,
        years=range(first_year, last_year + 1),
        datasets=[dataset.name for dataset in datasets],
    )
    known = in_ledger(place.engine, plan).keys()
    years_at_once = _years_at_once(place, set(plan) - known)
    estimate = make_estimate(place, plan, listing, known, count_parts(plan, years_at_once))
    need = show_estimate(f"{place.archive.label}, {first_year} to {last_year}", estimate, place)
    if not plan:
        log.warning("No file matches. Widen the years or the choice of stations and trigger again.")
    if form["dry_run"]:
        log.info("A dry run: nothing was downloaded. Trigger again with dry_run off to import this.")
        return []
    require_disk(need, anyway=form["even_if_full"])
    prepare(place)
    wanted = {*plan, *find_lost_sources(place.engine, place.store)}
    parts = write_plan(place.store, list(wanted), years_at_once)
    if parts:
        write_typed(place.store, parts[0], chosen.typed)
        keep_estimate(place, parts[0], estimate)
    return [part.as_xcom() for part in parts]


@in_workplace
def download_years(
    place: Workplace,
    part: Mapping[str, Any],
) -> dict[str, Any]:
    """Bring the changed files of one part of a plan to HDFS.

    Args:
        place: the stores.
        part: a `PlanPart`.

    Returns:
        Files by outcome, and which of the typed stations were found in these years.
    """
    plan_part = PlanPart(**part)
    wanted = read_plan(place.store, plan_part)
    # A server that has answered since the plan was made is not asked again, whichever attempt asked.
    since = place.asked_since_plan(datetime.fromisoformat(plan_part.planned_at))
    with folded(
        f"{plan_part.title}: {len(wanted)} files, part {plan_part.number} of {plan_part.count}"
    ):
        report = place.transfer.run(wanted, asked_since=since)
    typed = read_typed(place.store, plan_part)
    report.write(typed=typed)
    tell_of_refusals(report)
    return {**report.counts, **report.typed(typed)}


@in_workplace
def compare_with_estimate(place: Workplace, parts: Sequence[Mapping[str, Any]]) -> None:
    """Show what the import took beside what was estimated.

    Args:
        place: the stores.
        parts: what `plan_import` gave.
    """
    compare_estimate(place, [PlanPart(**one) for one in parts])


def title_of(part: Mapping[str, Any]) -> str:
    """Name of a mapped task in the UI, as `1901-1910` or `2014 bucket 00-15`."""
    return PlanPart(**part).title


def _years_at_once(place: Workplace, new: Collection[StationYear]) -> set[int]:
    """The years that an archive of all stations brings: each is one task."""
    archives = place.transfer.year_archives.years_of(new)
    if archives:
        shown = ", ".join(f"{dataset} {year}" for dataset, year in archives)
        log.info(f"These years come from archives of all stations: {shown}.")
    return {year for _, year in archives}
