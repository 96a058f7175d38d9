"""What a run of `train_temperature_forecast` is to do, as its form and the platform say."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from isotherm.errors import SettingsError
from isotherm.forecast import trees
from isotherm.ingest.report import log
from isotherm.ingest.selection import choose_stations
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.reconcile.choice import offer_of_held
from isotherm.settings import Settings, load_settings
from isotherm.spark.training import TrainingPlan
from isotherm.station_choice import StationChoice
from isotherm.stores.source_files import newest_held_day, read_held
from isotherm.stores.training_files import TrainingFiles, remove_old_trainings
from isotherm.utc import read_day

BEFORE: Final = "before"
# Of the run at hand, and of two that failed and may be cleared.
_TRAININGS_KEPT: Final = 3
_FIRST_DAY: Final = date(1900, 1, 1)


@in_workplace
def plan_training(place: Workplace, *, form: Mapping[str, Any], run_label: str) -> str:
    """Write down what is to be done; returns the version it is called by, empty = nothing to do.

    Args:
        place: the stores.
        form: of the run.
        run_label: which run asks.

    Raises:
        SettingsError: the form makes no sense.
        StoreError: HDFS does not answer.
    """
    until_day = read_day(form["until_day"]) if form.get("until_day") else None
    with place.engine.connect() as connection:
        newest = newest_held_day(connection, place.datasets)
        if newest is None:
            log.info("The batch layer holds nothing yet.")
            return ""
        place_ids = _choose(place, connection, form, until_day or newest)
    version = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    settings, trains = load_settings(), not form.get("roll_back")
    plan = TrainingPlan(
        version,
        run_label,
        place_ids,
        None if until_day is None else _hour_after(until_day),
        settings.forecast_years,
        trains=trains,
        trees_dir=_trees_dir(settings) if trains else None,
    )
    files = TrainingFiles(place.store, version)
    files.write_plan({name: getattr(plan, name) for name in plan.__slots__})
    if removed := remove_old_trainings(place.store, _TRAININGS_KEPT):
        log.info(f"Removed what is left of trainings that came to no end: {', '.join(removed)}")
    log.info(
        f"Version {version}: {'all places' if place_ids is None else f'{len(place_ids)} places'}, "
        f"at most {plan.years} years of each, until {until_day or 'the newest hour of each'}; "
        + ("they are trained." if plan.trains else "nothing is trained: their models are rolled back.")
    )
    return version


def _trees_dir(settings: Settings) -> str | None:
    """Where LightGBM lies, if trees are asked for and it can be loaded."""
    if not settings.forecast_trees:
        return None
    trees.use_packages(settings.trees_dir)
    if why := trees.why_unavailable():
        log.warning(f"Trained without trees: {why}")
        return None
    return str(settings.trees_dir)


def _choose(
    place: Workplace, connection: Connection, form: Mapping[str, Any], last: date
) -> tuple[str, ...] | None:
    """The places of the form; None = all."""
    choice = StationChoice.of_form(form)
    if choice.is_empty:
        return None
    held = read_held(connection, place.datasets, _FIRST_DAY, last)
    chosen = choose_stations(choice, offer_of_held(connection, held))
    if not chosen.places:
        raise SettingsError(f"The batch layer holds none of {choice.describe()}. Choose others.")
    return chosen.places


def _hour_after(day: date) -> int:
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return int(end.timestamp()) // 3600
