"""The first task of `ingest_observations`: the files that one UTC day needs, from the archive to HDFS.

A station-year file is the archive's unit of change, so a day's run asks for the year files of its
stations and mostly hears that they are unchanged. What has changed is loaded whole, by `batch_tasks`,
wherever it lies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

from isotherm.archive.station_year import StationYear
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.registry import DATASETS
from isotherm.errors import SettingsError
from isotherm.ingest.batch_tasks import find_work, prepare
from isotherm.ingest.chosen import choose_from_archive
from isotherm.ingest.day_rows import find_torn_days
from isotherm.ingest.followed_files import find_followed, goes_on
from isotherm.ingest.known_files import find_lost_sources
from isotherm.ingest.report import folded, log
from isotherm.ingest.selection import asked_day, plan_station_years
from isotherm.ingest.shrunken_files import tell_of_refusals
from isotherm.ingest.transfer_report import describe_missing
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.settings import load_settings
from isotherm.station_choice import StationChoice
from isotherm.stores import source_files

# Two runs at a time share the archive's four connections.
AT_ONCE: Final = 2


@in_workplace
def download_day(
    place: Workplace,
    *,
    form: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    takes_all: bool = False,
    share_answers: bool = False,
) -> dict[str, Any]:
    """Bring the changed year files of the run's stations to HDFS.

    Args:
        place: the stores.
        form: `day`, the day a run by hand asks for, and the fields of `station_choice.FORM_FIELDS`.
        partition_key: the day a scheduled or backfilled run owns, YYYY-MM-DD; without either day, the
            newest year the archive has.
        takes_all: ask as well for whatever may have changed since last time (see `followed_files`), of
            the stations we have, unless the form chooses others.
        share_answers: do not ask a server again for what another run or attempt asked minutes ago.

    Returns:
        Counts of files, and which of the typed stations were found; empty where nothing is left to be
        summarised or loaded by anybody.

    Raises:
        SettingsError: the choice cannot be read; or nothing is left to be done, and a station typed by
            its id is known to nobody.
    """
    form = form or {}
    choice = StationChoice.of_form(form)
    day = asked_day(partition_key, form.get("day"))
    log.info(f"This run ingests {f'{day} (UTC)' if day else 'the newest year the archive has'}.")
    prepare(place)
    chosen, typed_ids = _choose(place, choice, day, takes_all=takes_all)
    followed = _followed(place) if takes_all and choice.is_empty else frozenset()
    # What Spark could not read, because HDFS has lost it, is fetched whatever year it is of.
    wanted = {*chosen, *followed, *find_lost_sources(place.engine, place.store)}
    counts: dict[str, Any] = {"typed_found": [], "typed_missing": []}
    if wanted:
        with folded(f"{len(wanted)} files"):
            report = replace(place.transfer, at_once=AT_ONCE).run(
                wanted, asked_since=place.asked_since(share_answers)
            )
        report.write(typed=typed_ids)
        tell_of_refusals(report)
        typed = report.typed(typed_ids, known=place.known_stations())
        counts = {**report.counts, **typed}
        if day is not None:
            _give_torn_day_to_loader(place, chosen, day)
    if find_work(place).is_done:
        if counts["typed_missing"]:
            raise SettingsError(describe_missing(counts["typed_missing"]))
        log.info("Everything is summarised and loaded: nothing to do after this.")
        return {}
    return {"day": day.isoformat() if day else None, **counts}


def _followed(place: Workplace) -> frozenset[StationYear]:
    with place.engine.connect() as connection:
        found = find_followed(connection, within_days=load_settings().past_years_within_days)
    log.info(found.describe())
    return found.all


def _choose(
    place: Workplace, choice: StationChoice, day: date | None, *, takes_all: bool
) -> tuple[list[StationYear], Mapping[str, Sequence[str]]]:
    """The files to be asked for, and the ids for which each typed one stands."""
    year = day.year if day else None
    # A run that asks for what may have changed does not ask for what never will.
    datasets = [one for one in DATASETS if not (takes_all and day) or goes_on(one, day)]
    listing = [one for dataset in datasets for one in _list_year(place, dataset, year)]
    years = sorted({one.year for one in listing})[-1:] if year is None else [year]
    in_year = [one for one in listing if one.year in years]
    with place.engine.connect() as connection:
        chosen = choose_from_archive(connection, place.directory, choice, in_year)
    wanted = plan_station_years(
        chosen.station_ids, in_year, years=years, datasets=[dataset.name for dataset in datasets]
    )
    label = place.archive.label
    if not wanted:
        log.info(f"{label} has no file for {day or 'any day'}: a hole, nothing to ask for.")
        return [], {}
    listed = len({one.station_id for one in in_year})
    log.info(
        f"{day or 'The newest year'}: {len(chosen.station_ids)} stations of the {listed} that {label} "
        f"lists for {years[0]}."
    )
    return wanted, chosen.typed


def _list_year(place: Workplace, dataset: Dataset, year: int | None) -> list[StationYear]:
    """What there is of a year; without one, of the newest that has anything."""
    if year is not None:
        return place.archive.list_station_years(dataset, year, year)
    newest = datetime.now(UTC).date()
    newest = min(newest, dataset.last_day or newest)
    for candidate in range(newest.year, dataset.first_year - 1, -1):
        if listing := place.archive.list_station_years(dataset, candidate, candidate):
            return listing
    return []


def _give_torn_day_to_loader(place: Workplace, wanted: Sequence[StationYear], day: date) -> None:
    with place.engine.begin() as connection:
        torn = find_torn_days(connection, wanted, day)
        marked = {
            one: count
            for one, files in torn.items()
            if (count := source_files.mark_day(connection, files, one))
        }
    for one, count in marked.items():
        log.warning(
            f"In MySQL the hours of {one} are not those its days were made of, at {count} stations: "
            "they are loaded again."
        )
