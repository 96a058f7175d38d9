"""What the DAGs have in common: owner, retries, limits, form fields, and the batch DAGs' last steps."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, TypeVar

from airflow.sdk import Asset, Param, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from isotherm import areas, countries
from isotherm import station_choice as choice
from isotherm.datasets.facts import FACTS
from isotherm.errors import IsothermError, SettingsError
from isotherm.ingest.day_ranges import days_of

Value = TypeVar("Value")


def tell_of_failure(context: Mapping[str, Any]) -> None:
    """Tell people of a task that failed for good; imported only then."""
    from isotherm.ingest import failure_notices

    failure_notices.tell_of_failure(context)


def tell_of_attempt(context: Mapping[str, Any]) -> None:
    """Tell people of a task that fails and tries again."""
    from isotherm.ingest import failure_notices

    failure_notices.tell_of_attempt(context)


DEFAULT_ARGS: Final[dict[str, Any]] = {
    "owner": "isotherm",
    "retries": 3,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=6),
    "on_failure_callback": tell_of_failure,
    # The further a run is, the sooner its next task: a load must not wait for the looks of all other
    # runs, which would find the same changes.
    "weight_rule": "upstream",
}
# For a task that is to last for months: each death of Airflow's scheduler or of the task's supervisor
# takes an attempt, and the next goes on where the last one was, soon however many there were before. A
# cause that stays is told of at once: an attempt starts its programs eight times, 300 take half a day.
WITHOUT_END: Final[dict[str, Any]] = {
    "retries": 300,
    "retry_exponential_backoff": 0,
    "execution_timeout": None,
    "on_retry_callback": tell_of_attempt,
}
# What becomes of files with many rejects: the choices of the forms.
ASK: Final = "ask"
REJECTS_CHOICES: Final = (ASK, "load", "set aside")
OBSERVATION_DAY: Final = Asset(
    name="observation_day", uri="isotherm://observation_day", group="isotherm"
)


@contextmanager
def failing_at_once(kind: type[IsothermError] = SettingsError) -> Iterator[None]:
    """Fail a task for good where to try again would find the same, as a form that makes no sense.

    Also to be used as a decorator of a task's function.

    Raises:
        AirflowFailException: in place of an error of this kind, with its message.
    """
    try:
        yield
    except kind as error:
        raise AirflowFailException(str(error)) from None


def form_values() -> Mapping[str, Any]:
    """The values of the run's form; `dags trigger --conf` and the REST API let any name through.

    Raises:
        SettingsError: the run was given a value under a name that is none of the form's fields.
    """
    context = get_current_context()
    fields = context["dag"].params
    if unknown := sorted(set(context["dag_run"].conf or {}) - set(fields)):
        raise SettingsError(
            f"The form has no field {', '.join(unknown)}. It has {', '.join(fields)}. Trigger again."
        )
    return context["params"]


@task
def check_station_ids(downloads: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Fails where a station typed by its id has no file in any year asked for; all others are done."""
    parts = [downloads] if isinstance(downloads, Mapping) else list(downloads)
    found = {station for part in parts for station in part["typed_found"]}
    missing = {station for part in parts for station in part["typed_missing"]} - found
    if missing:
        from isotherm.ingest.transfer_report import describe_missing

        raise AirflowFailException(f"{describe_missing(missing)} All others are done.")


# In Spark's pool, so that no job makes anew what is being read. Of several parts before it, those that
# found nothing to do are skipped; it is skipped where all are.
@task(pool="spark", multiple_outputs=False, trigger_rule="none_failed_min_one_success")
def load_changes() -> dict[str, Any]:
    """All that changed to MySQL, with day, month, year and global rows, whichever run made it."""
    from isotherm.ingest import batch_tasks, lineage

    lineage.note_written(lineage.LOADED_TABLES)
    loaded = batch_tasks.load_changes(run_id=run_name())
    skip_if_empty(loaded["days"], "No row of any day changed: nothing to check or to tell.")
    return loaded


@task(outlets=[OBSERVATION_DAY])
def publish_days(loaded: dict[str, Any]) -> None:
    """Tells every DAG that waits for days which ones have changed: one asset event each."""
    from isotherm.ingest import batch_tasks

    events = get_current_context()["outlet_events"][OBSERVATION_DAY]
    events.add_partitions(list(days_of(loaded["days"])))
    batch_tasks.forget_told_days(run_id=run_name())


# Also where no row changed: a file that was made anew without a changed row must be settled too.
@task(trigger_rule="none_failed")
def settle_ledger() -> None:
    """Holds what was loaded against its files, hour by hour, and shows the ledger."""
    from isotherm.ingest import batch_tasks

    wrong = batch_tasks.settle_ledger(run_label=run_name())
    if wrong is not None:
        # Asking again would compare nothing: the next run mends it.
        raise AirflowFailException(wrong)


@task
def compare_with_estimate(parts: Sequence[Mapping[str, Any]]) -> None:
    """Shows what the import took beside what its plan had estimated."""
    from isotherm.ingest import history_tasks

    history_tasks.compare_with_estimate(list(parts))


def run_name() -> str:
    """What this run is called in tables and ledgers."""
    run = get_current_context()["dag_run"]
    return f"{run.dag_id} {run.run_id}"[:255]


def airflow_records() -> dict[str, Any]:
    """Where Airflow's own database is, and the DAGs of which a run other than this is going on."""
    from airflow.sdk import BaseHook

    from isotherm.local.dag_release import all_dag_ids

    context = get_current_context()
    this = context["dag_run"].dag_id
    others = [one for one in all_dag_ids() if one != this]
    running = [one for one in others if context["ti"].get_dr_count(one, states=["running", "queued"])]
    address = BaseHook.get_connection("airflow_metadata").extra_dejson["address"]
    return {"address": address, "running": running}


def changed_period() -> tuple[str, str]:
    """First changed day, and the one after the last, as SQL expressions with Jinja in them."""
    days = "ti.xcom_pull(task_ids='load_changes')['days']"
    return f"'{{{{ {days}[0][0] }}}}'", f"'{{{{ {days}[-1][1] }}}}' + INTERVAL 1 DAY"


def skip_if_empty(value: Value, reason: str) -> Value:
    """Give the value on, or skip this task and all after it: a run without work is a success.

    Raises:
        AirflowSkipException: the value is empty.
    """
    if not value:
        raise AirflowSkipException(reason)
    return value


def switch(is_on: bool, title: str, description: str) -> Param:
    """A form field that is on or off."""
    return Param(is_on, type="boolean", title=title, description=description)


def dataset_param(without: str) -> Param:
    """The form field for one dataset; `without` says what an empty one means."""
    return Param(
        None,
        type=["null", "string"],
        enum=[None, *(one.name for one in FACTS)],
        title="Dataset",
        description=f"By its name. Empty: {without}.",
    )


def station_params(count: int | None = None) -> dict[str, Param]:
    """The form fields that choose stations, see `station_choice.FORM_FIELDS`.

    Args:
        count: the station count the form opens with.
    """
    by_default = f"{choice.DEFAULT_WORDS}." if count is None else ""
    return {
        "station_ids": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "pattern": choice.CODE_PATTERN},
            title="Station ids",
            description=f"One per line: {choice.ID_WORDS}, as USW00094846, 72530094846 or KORD.",
        ),
        "country": _text(
            "Country", choice.COUNTRY_WORDS, "Norway, NO or NOR", countries.COUNTRY_PATTERN
        ),
        "box": _text("Box", areas.BOX_WORDS, areas.BOX_EXAMPLE, areas.BOX_PATTERN),
        "near": _text("Near", areas.POSITION_WORDS, areas.POSITION_EXAMPLE, areas.POSITION_PATTERN),
        "radius_km": Param(
            None,
            type=["null", "number"],
            exclusiveMinimum=0,
            maximum=areas.MAX_RADIUS_KM,
            title="Radius, km",
            description=f"{_sentence(choice.RADIUS_WORDS)}.",
        ),
        "elevation": _text(
            "Elevation", areas.ELEVATION_WORDS, " or ".join(areas.ELEVATION_EXAMPLES),
            areas.ELEVATION_PATTERN,
        ),
        "station_count": Param(
            count,
            type=["null", "integer"],
            minimum=1,
            maximum=choice.MAX_COUNT,
            title="Station count",
            description=f"{_sentence(choice.COUNT_WORDS)}. {by_default}".rstrip(),
        ),
    }  # fmt: skip


def _text(title: str, words: str, example: str, pattern: str) -> Param:
    what, mark, more = _sentence(words).partition(";")
    described = f"{what}, as {example}{mark}{more}."
    return Param(None, type=["null", "string"], pattern=pattern, title=title, description=described)


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def rejects_param() -> Param:
    """The form field for files with many rejects."""
    return Param(
        ASK,
        type="string",
        enum=list(REJECTS_CHOICES),
        title="Files with many rejects",
        description=(
            "ask: the run waits for an answer under Required Actions. load: load them, also those that "
            "were set aside before. set aside: keep the rows of before."
        ),
    )
