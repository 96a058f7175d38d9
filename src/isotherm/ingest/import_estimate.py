"""An import's estimate: made from the stores before it begins, held against what then happened."""

import json
import shutil
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from isotherm.archive.station_year import StationYear
from isotherm.datasets.registry import DATASETS
from isotherm.errors import SettingsError
from isotherm.ingest.estimate import Estimate, disk_line, estimate_import
from isotherm.ingest.plan import PlanPart
from isotherm.ingest.report import log, write_lines, write_table
from isotherm.ingest.workplace import Workplace
from isotherm.progress import format_seconds
from isotherm.stores.tables import source_file
from isotherm.stores.work_pace import read_paces
from isotherm.utc import to_naive

_BESIDE_PLAN: Final = ".estimate"


@dataclass(frozen=True, slots=True)
class DiskNeed:
    """Whether an import fits on the disk, in words too."""

    fits: bool
    words: str


def make_estimate(
    place: Workplace,
    plan: Sequence[StationYear],
    listing: Mapping[StationYear, int | None],
    known: Collection[StationYear],
    part_count: int,
) -> Estimate:
    """What a plan will take, by how quick we were.

    Args:
        place: the stores.
        plan: the files it asks for.
        listing: what the archive lists in its years, with bytes where it says them.
        known: files of the plan that we have.
        part_count: how many tasks download.
    """
    with place.engine.connect() as connection:
        paces = read_paces(connection)
    return estimate_import(
        plan,
        listed=Counter((one.dataset, one.year) for one in listing),
        known=known,
        paces=paces,
        sizes={one: size for one in plan if (size := listing.get(one)) is not None},
        part_count=part_count,
    )


def show_estimate(title: str, estimate: Estimate, place: Workplace) -> DiskNeed:
    """Write the estimate to the log: a table by dataset and year, the totals, the disk."""
    log.info(title)
    write_lines(estimate.table())
    log.info(f"Estimated: {estimate.describe()}.")
    datasets = {one.dataset for one in estimate.years if one.new}
    if guessed := sorted(datasets - estimate.measured):
        log.info(
            f"Nothing of {', '.join(guessed)} was imported here before: its numbers are averages of "
            "other installations."
        )
    need = DiskNeed(*disk_line(estimate.disk_bytes, shutil.disk_usage(_disk_of(place)).free))
    log.info(need.words) if need.fits else log.warning(need.words)
    return need


def require_disk(need: DiskNeed, *, anyway: bool) -> None:
    """Refuse an import that would fill the disk.

    Raises:
        SettingsError: it does not fit, and nobody said that it is to begin all the same.
    """
    if not need.fits and not anyway:
        raise SettingsError(
            f"{need.words} Free some, choose fewer years or stations, or trigger again with "
            "even_if_full on."
        )


def keep_estimate(place: Workplace, part: PlanPart, estimate: Estimate) -> None:
    """Keep it beside the part's plan, for the comparison at the end."""
    place.store.write(f"{part.path}{_BESIDE_PLAN}", json.dumps(estimate.totals()).encode())


def compare_estimate(place: Workplace, parts: Sequence[PlanPart]) -> None:
    """Show what was estimated beside what it took, and how far off that was.

    Args:
        place: the stores.
        parts: of the plan.
    """
    content = place.store.read_if_exists(f"{parts[0].path}{_BESIDE_PLAN}")
    if content is None:
        return
    estimated: dict[str, Any] = json.loads(content)
    taken = _taken(place, parts)
    rows = [
        (name, estimated[name], taken[name], _ratio(taken[name], estimated[name]))
        for name in ("files", "bytes", "observations", "seconds")
    ]
    write_table("Estimated, and what it took", ("what", "estimated", "took", "ratio"), rows)
    log.info(
        f"Estimated {format_seconds(estimated['seconds'])} for {estimated['files']} files, took "
        f"{format_seconds(taken['seconds'])} for {taken['files']}. Files that were known and had "
        "changed are among the latter. The next estimate knows what this import took."
    )


def _taken(place: Workplace, parts: Sequence[PlanPart]) -> Mapping[str, int]:
    """What was loaded of the plan's years since it was made; they are a range of the key."""
    since = datetime.fromisoformat(parts[0].planned_at)
    file = source_file.c
    statement = sa.select(
        sa.func.count(), sa.func.sum(file.size_bytes), sa.func.sum(file.row_count)
    ).where(
        file.dataset.in_([one.name for one in DATASETS]),
        file.year.between(parts[0].first_year, parts[-1].last_year),
        file.loaded_at >= to_naive(since),
    )
    with place.engine.connect() as connection:
        files, size, rows = connection.execute(statement).one()
    seconds = round((datetime.now(UTC) - since).total_seconds())
    return {
        "files": files, "bytes": int(size or 0), "observations": int(rows or 0), "seconds": seconds
    }  # fmt: skip


def _ratio(taken: int, estimated: int) -> str:
    return f"{taken / estimated:.2f}" if estimated else ""


def _disk_of(place: Workplace) -> str:
    folder = place.transfers
    while not folder.exists():
        folder = folder.parent
    return str(folder)
