"""Versions that were refused because they cover less: what taking them would lose, and taking them.

An operator accepts versions, not files: what the archive has meanwhile is judged as any other file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from isotherm.archive.station_year import StationYear
from isotherm.datasets.coverage import covered_days
from isotherm.datasets.registry import dataset_named
from isotherm.errors import IsothermError, SettingsError
from isotherm.ingest.notify import notify
from isotherm.ingest.report import log, write_table
from isotherm.ingest.transfer_folder import transfer_folder
from isotherm.ingest.transfer_report import Outcome, TransferReport
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.stores import source_files
from isotherm.stores.source_files import RefusedFile

# Of a sha256: enough to name one of some thousand files.
_SHOWN_DIGITS: Final = 12
_NAMED_DAYS: Final = 5
_NAMED_FILES: Final = 10
_COLUMNS: Final = (
    "version", "dataset", "year", "station", "refused at (UTC)",
    "rows now", "rows then", "days now", "days lost", "which",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Loss:
    """What taking a version would do to the days that have an observation; None: not known."""

    day_count: int | None = None
    lost_days: tuple[date, ...] | None = None
    remark: str = ""


@in_workplace
def accept_versions(place: Workplace, form: Mapping[str, Any], *, run_label: str) -> dict[str, Any]:
    """Show what refused versions would lose; outside a dry run, take those that the form names.

    Args:
        place: the stores.
        form: `dry_run`, `versions` (beginnings of their sha256), `station_ids`, `year`.
        run_label: recorded as who accepted them.

    Returns:
        Files by outcome; empty where nothing was taken.

    Raises:
        SettingsError: it is no dry run and names no version, or one that is not refused (any more).
        SourceError: none of them could be had.
    """
    with place.engine.connect() as connection:
        refused = source_files.read_refused(connection)
    chosen = choose_refused(refused, form)
    if not refused:
        log.info("No version of any file is refused: nothing to accept.")
        return {}
    _write_losses(place, chosen)
    if form["dry_run"]:
        log.info(
            "A dry run: nothing was taken. To take some, trigger again with dry_run off and their "
            "versions, as the first column has them."
        )
        return {}
    accepted = {one.station_year: one.refused_sha256 for one in chosen}
    transfer = replace(place.transfer, accepted=accepted, accepted_by=run_label)
    report = transfer.run(accepted)
    report.write()
    return dict(report.counts)


def choose_refused(refused: Sequence[RefusedFile], form: Mapping[str, Any]) -> list[RefusedFile]:
    """Those a form means: of the stations, year and versions it names; all where it names none.

    Raises:
        SettingsError: see `accept_versions`.
    """
    ids, year, versions = form["station_ids"], form["year"], tuple(form["versions"] or ())
    if not (form["dry_run"] or versions):
        raise SettingsError(
            "Which versions? A dry run shows those that are refused; name the ones to accept in "
            "`versions` and trigger again."
        )
    unknown = [
        one for one in versions if not any(file.refused_sha256.startswith(one) for file in refused)
    ]
    if unknown:
        raise SettingsError(
            f"Not refused, or not any more: {', '.join(unknown)}. A dry run shows what is; the archive "
            "may have published another version since."
        )
    return [
        one
        for one in refused
        if (not ids or one.station_id in ids)
        and (year is None or one.year == year)
        and (not versions or one.refused_sha256.startswith(versions))
    ]


def tell_of_refusals(report: TransferReport) -> None:
    """Tell people of versions that were refused for the first time, each once."""
    news = [one for one in report.with_outcome(Outcome.REFUSED) if one.is_news]
    if not news:
        return
    shown = [f"{one.station_year.year} {one.station_year.station_id}: {one.reason}" for one in news]
    more = [f"and {len(news) - _NAMED_FILES} more"] if len(news) > _NAMED_FILES else []
    notify(
        f"Isotherm: {len(news)} files cover less than ours and were refused",
        "\n".join((*shown[:_NAMED_FILES], *more)),
    )


def _write_losses(place: Workplace, files: Sequence[RefusedFile]) -> None:
    rows = []
    with transfer_folder(place.transfers) as folder:
        for one in files:
            loss = _loss_of(place, one, folder)
            lost = loss.lost_days
            named = ", ".join(map(str, (lost or ())[:_NAMED_DAYS]))
            more = " …" if len(lost or ()) > _NAMED_DAYS else ""
            rows.append(
                (
                    one.refused_sha256[:_SHOWN_DIGITS], one.dataset, one.year, one.station_id,
                    one.refused_at, one.row_count, one.refused_row_count,
                    loss.day_count, None if lost is None else len(lost), loss.remark or named + more,
                )
            )  # fmt: skip
    write_table("Refused because they cover less than ours", _COLUMNS, rows)


def _loss_of(place: Workplace, one: RefusedFile, folder: Path) -> _Loss:
    """Compare both versions' days; a version that cannot be had any more is said to be gone."""
    key = one.station_year
    try:
        fetched = place.archive.fetch(key, folder / f"{key.dataset}-{key.year}-{key.station_id}")
        if fetched is None or fetched.path is None:
            return _Loss(remark="the archive has no such file any more")
        if fetched.sha256 != one.refused_sha256:
            return _Loss(remark="the archive has another version now: the next run judges it")
        then = _days_of(key, fetched.path.read_bytes())
        fetched.path.unlink()
        with place.engine.connect() as connection:
            known = source_files.read_known_files(connection, key.dataset, [key.year])[key]
        now = _days_of(key, place.store.read(known.hdfs_path))
    except IsothermError as error:
        return _Loss(remark=str(error))
    return _Loss(len(now), tuple(sorted(now - then)))


def _days_of(key: StationYear, content: bytes) -> frozenset[date]:
    return covered_days(dataset_named(key.dataset), content, station_id=key.station_id, year=key.year)
