"""Which models speak from now on: promotion of what a training made, and roll-back."""

import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from isotherm import forecast
from isotherm.datasets.made_by import fingerprint
from isotherm.errors import SettingsError
from isotherm.forecast.promotion import Decision, decide, has_lost
from isotherm.forecast.station_training import Judgement
from isotherm.ingest.forecast_plan import BEFORE
from isotherm.ingest.forecast_report import SHOWN, Note, show_models
from isotherm.ingest.notify import notify
from isotherm.ingest.report import log, write_table
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.spark.training import TrainingPlan
from isotherm.spark.training_work import PREPARED, TRAINED
from isotherm.stores import model_store
from isotherm.stores.service_days import read_service_days
from isotherm.stores.station_models import (
    KEPT_VERSIONS,
    ModelVersion,
    StationModelRow,
    forget_versions,
    promoted_versions,
    read_station_models,
    read_versions,
    record_version,
    write_station_models,
)
from isotherm.stores.training_files import TrainingFiles
from isotherm.utc import to_naive

_SERVICE_WINDOW: Final = timedelta(days=30)


@in_workplace
def promote(place: Workplace, *, version: str, form: Mapping[str, Any]) -> int:
    """Decide which models speak, and show it; safe to repeat. Returns how many were promoted.

    Args:
        place: the stores.
        version: of the training, whose plan says whether models are rolled back instead.
        form: of the run.

    Raises:
        SettingsError: the version to roll back to is not there.
        StoreError: HDFS does not answer.
    """
    files = TrainingFiles(place.store, version)
    plan = TrainingPlan.of(files.read_plan())
    if not plan.trains:
        return _roll_back(place, plan, str(form["roll_back"]), _flat(files.read_notes(PREPARED)))
    notes = sorted(_flat(files.read_notes(TRAINED)), key=lambda one: str(one["station_id"]))
    now = _now()
    with place.engine.begin() as connection:
        rolled_back = _roll_back_losers(connection, now)
        before = read_station_models(connection)
        judged = [(one, _judge(one, before.get(one["station_id"]), now)) for one in notes]
        rows = [
            _row(note, decision, before.get(note["station_id"]), version, now)
            for note, decision in judged
            if note["failure"] is None
        ]
        write_station_models(connection, rows)
        record_version(connection, _version(plan, judged, now))
    _tell_losers(rolled_back)
    _forget_old(place)
    # A row that is killed here stays: everything above is found done by the next attempt.
    show_models(judged, tried_trees=plan.trees_dir is not None)
    return sum(decision.is_promoted for _, decision in judged)


def _judge(note: Note, row: StationModelRow | None, now: datetime) -> Decision:
    if note["failure"] is not None:
        return Decision(False, f"not trained: {note['failure']}")
    names = Judgement.__dataclass_fields__
    judged = Judgement(**{name: note[name] for name in names})
    return decide(judged, rolled_back_at=row.rolled_back_at if row else None, now=now)


def _row(
    note: Note, decision: Decision, before: StationModelRow | None, version: str, now: datetime
) -> StationModelRow:
    """What is said of a station from now on."""
    baselines = {f"{name}_mae_c": _known(one) for name, one in note["baseline_mae_c"].items()}
    row = StationModelRow(
        station_id=note["station_id"],
        version=before.version if before else None,
        version_before=before.version_before if before else None,
        since=before.since if before else now,
        why=decision.why,
        judged_at=now,
        judged_version=version,
        row_count=note["row_count"],
        variant=note["variant"],
        neighbours=tuple(note["neighbours"]),
        pair_count=note["pair_count"],
        model_mae_c=_known(note["model_mae_c"]),
        current_mae_c=_known(note["current_mae_c"]),
        rolled_back_at=before.rolled_back_at if before else None,
        **baselines,
    )
    if not decision.is_promoted or row.version == version:
        return row
    # The choice goes on speaking where only its fit is newer: its days in service go on counting.
    is_same = before is not None and before.version is not None and row.current_mae_c is None
    since = row.since if is_same else now
    return replace(row, version=version, version_before=row.version, since=since, rolled_back_at=None)


def _version(
    plan: TrainingPlan, judged: Sequence[tuple[Note, Decision]], now: datetime
) -> ModelVersion:
    begun = datetime.strptime(plan.version, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - UTC, as the table's
    until = now if plan.until_hour is None else _of_hour(plan.until_hour)
    failed = sum(note["failure"] is not None for note, _ in judged)
    return ModelVersion(
        plan.version,
        trained_at=now,
        until_hour=until.replace(minute=0, second=0),
        made_by=f"ridge {_code()}" if plan.trees_dir is None else f"ridge, trees {_code()}",
        run_label=plan.run_label,
        station_count=len(judged) - failed,
        failed_count=failed,
        promoted_count=sum(decision.is_promoted for _, decision in judged),
        seconds=(now - begun).total_seconds(),
    )


def _code() -> str:
    """Of the package that fits: where it differs, versions of the same days may differ."""
    names = sorted(one.name for one in pkgutil.iter_modules(forecast.__path__))
    return fingerprint(tuple(f"{forecast.__name__}.{name}" for name in names))


def _roll_back(place: Workplace, plan: TrainingPlan, target: str, notes: Iterable[Note]) -> int:
    """By form: to the version before, or to one by its name."""
    wanted = {str(one["station_id"]) for one in notes}
    there: dict[str, set[str]] = {}
    now, lines, rows = _now(), [], []
    with place.engine.begin() as connection:
        if target != BEFORE and target not in {one.version for one in read_versions(connection)}:
            raise SettingsError(f"There is no version {target}. Those there are: {_names(connection)}.")
        for station_id, row in sorted(read_station_models(connection, wanted).items()):
            to = row.version_before if target == BEFORE else target
            if to is not None and to not in there:
                there[to] = model_store.stations_of(place.store, to)
            why = "rolled back by hand"
            if to is not None and station_id not in there[to]:
                lines.append((station_id, row.version, row.version, f"version {to} does not have it"))
                continue
            if to is None and target == BEFORE:
                why = "rolled back by hand: there was none before, the damped anomaly speaks"
            lines.append((station_id, row.version, to, why))
            rows.append(replace(row, version=to, version_before=row.version, since=now, why=why))
        write_station_models(connection, rows)
    write_table("Rolled back", ("station", "from", "to", "why"), lines[:SHOWN])
    return len(rows)


def _roll_back_losers(connection: sa.Connection, now: datetime) -> list[StationModelRow]:
    """Models that lost to the damped anomaly over a week in service, as they are from now on."""
    days = read_service_days(connection, (now - _SERVICE_WINDOW).date())
    found = []
    for station_id, row in read_station_models(connection, days.keys()).items():
        since = [one for one in days[station_id] if one.day > row.since.date()]
        if row.version is None or not has_lost(since):
            continue
        why = (
            f"version {row.version} lost to damped14 in service over seven days until "
            f"{max(one.day for one in since)}"
        )
        found.append(
            replace(
                row,
                version=row.version_before,
                version_before=None,
                since=now,
                why=why,
                rolled_back_at=now,
            )
        )
    write_station_models(connection, found)
    return found


def _tell_losers(rows: Sequence[StationModelRow]) -> None:
    if not rows:
        return
    lines = [f"{one.station_id}: {one.why}; now {one.version or 'the damped anomaly'}" for one in rows]
    for line in lines:
        log.warning(line)
    notify(f"Isotherm: {len(rows)} forecast models rolled back", "\n".join(lines[:SHOWN]))


def _forget_old(place: Workplace) -> None:
    """Keep the last versions whole, and of older ones what speaks for a station."""
    with place.engine.connect() as connection:
        spoken = promoted_versions(connection)
        kept = {one.version for one in read_versions(connection)[:KEPT_VERSIONS]}
    on_hdfs = model_store.versions(place.store)
    # A folder that is newer than any row is of a training that is going on.
    old = [one for one in on_hdfs if one not in kept and one < max(kept, default="")]
    for version in old:
        model_store.keep_only(place.store, version, spoken.get(version, ()))
    with place.engine.begin() as connection:
        forget_versions(connection, [one for one in old if one not in spoken])


def _names(connection: sa.Connection) -> str:
    return ", ".join(one.version for one in read_versions(connection)) or "none"


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else value


def _flat(notes: Mapping[int, Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [note for some in notes.values() for note in some]


def _now() -> datetime:
    return to_naive(datetime.now(UTC)).replace(microsecond=0)


def _of_hour(hour: int) -> datetime:
    return to_naive(datetime.fromtimestamp(hour * 3600, UTC))
