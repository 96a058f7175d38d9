"""# Stream observations as if they came in now.

**What it does.** One long-running task plays observations of the past as if they were just arriving:
feeder -> unix socket -> bridge -> Kafka -> Spark stream -> Kafka -> sink -> MySQL (layer `speed`). The
dashboard's Live tab shows the hours as they change. The sink is a service of its own; the task starts
the other three programs and shows how far they are: share, rate, what is on its way, time left; often
at first, then every five minutes. Their starts are folded, their warnings shown.

**The form.** `newest` plays the newest day of each station-year in the archive; `days` plays the days
you name; `follow` begins with the newest day, then asks the archive every 15 minutes
(`ISOTHERM_FOLLOW_INTERVAL_S`) and feeds what is new or corrected, until it is stopped. Stations are
chosen as in `import_history`. *Speed* is data seconds per wall second: 120 with a batch interval of
30 s is one hour a batch; 0 is as fast as Kafka acknowledges. Each hour is forecast from; at 0 or
above 1200 each sixth. *Begin anew* plays days again that were played before, from their start.

A form that makes no sense fails in `check_form`, at once, whatever is streaming.

**What it leaves.** The task ends with success when everything it fed stands in MySQL. Its result says
what came too late for the stream (`late`, with a warning: the batch layer has it) and how many dead
letters there are.

**Stopping.** *Mark failed* stops the programs within 4 s. *Clear* goes on where it stopped: nothing is
lost and nothing doubled. *Trigger* with the same form plays what is new: nothing while the archive has
the same files, the new days once it has newer ones.

**When it fails.** A program that dies is started again up to 8 times, unless that would not help; then
the log shows its last lines. The next attempt, of 300, goes on where it was; what none can mend
fails at once. Each has a log of its own: `./isotherm logs feeder`, `bridge`, `stream`. Mend the cause;
if it has failed, *Clear*.
"""

import pendulum
from airflow.sdk import Param, chain, dag, task

from isotherm.ingest import dag_defaults
from isotherm.stream.operator import ReplayOperator


def day_param(title: str, description: str) -> Param:
    """An optional UTC day."""
    return Param(None, type=["null", "string"], format="date", title=title, description=description)


@dag(
    schedule=None,
    start_date=pendulum.datetime(1901, 1, 1, tz="UTC"),
    catchup=False,
    # Others may wait beside the first: their replays queue for the one slot of the pool, while a wrong
    # form is told of at once.
    max_active_runs=16,
    default_args=dag_defaults.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["isotherm", "speed", "live"],
    params={
        "period": Param(
            "newest",
            type="string",
            enum=["newest", "days", "follow"],
            title="Period",
            description="newest: the newest day of each station-year. days: from first to last day. "
            "follow: the newest day, then what the archive publishes, without end.",
        ),
        "first_day": day_param("First day (UTC)", "With period days."),
        "last_day": day_param("Last day (UTC)", "Included. Empty: the first day alone."),
        "dataset": dag_defaults.dataset_param("all of the newest days; of named days those that serve"),
        **dag_defaults.station_params(count=100),
        "batch_interval_s": Param(
            30, type="number", exclusiveMinimum=0, maximum=3600, title="Batch interval, seconds"
        ),
        "speed": Param(
            120,
            type="number",
            minimum=0,
            title="Speed",
            description="Data seconds per wall second; 0 = as fast as acknowledged.",
        ),
        "trigger_s": Param(
            5,
            type="number",
            minimum=0,
            maximum=600,
            title="Micro-batch, seconds",
            description="0 = the next begins when one is done: sooner in MySQL, for more work.",
        ),
        "forecast": Param(
            True, type="boolean", title="Forecast", description="Of four days, as hours come."
        ),
        "label": Param(
            None,
            type=["null", "string"],
            maxLength=40,
            title="Begin anew (label)",
            description="Anything new: days played before, from their start, with a new checkpoint.",
        ),
    },
)
def stream_observations() -> None:
    """One run, one replay."""

    @task
    @dag_defaults.failing_at_once()
    def check_form() -> str:
        """A form that makes no sense fails here, at once, whatever is streaming."""
        from isotherm.stream.replay import Replay

        return Replay.from_form(dag_defaults.form_values()).describe()

    replay = ReplayOperator(
        task_id="replay_observations",
        pool="stream",
        **dag_defaults.WITHOUT_END,
        doc_md="Feeder, bridge and Spark stream, followed until everything stands in MySQL.",
    )
    chain(check_form(), replay)


stream_observations()
