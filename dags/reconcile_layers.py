"""# Reconcile the layers: a day once more, by the stream's own code.

**What it does.** Replays a day, from the very files that the batch layer read, through feeder, bridge,
Kafka, Spark stream and sink, in a lane of its own: own topics, own checkpoint, own database. Then every
hour, under every rule, with every statistic, is held against the batch layer's row, and against the
speed layer's where there is one. Production's rows are only read. *Drift* is the number of rows that
are not the batch layer's; it must be 0.

| task | does |
|---|---|
| `reconcile_days` | replays and compares; keeps the result |
| `clear_lane` | removes topics, database and checkpoint of the lane, also after a failure or a kill |

**The form.** `day`, UTC: empty is the newest day that the batch layer holds. `last_day`: a period
instead; years take long. Stations are chosen as in `import_history`, among those that are here; the 100
with the most complete record unless said otherwise. A file that a load, Spark or an operator's answer
has still to come to is left out, and counted as such.

**When.** Daily at 06:30 UTC. It needs no running stream and disturbs none: it takes the slot of Spark's
pool, so that no batch job runs beside it, and some minutes.

**What it leaves.** A row in `reconciliation`; `drift` and `reconciliation` in
`GET /api/v1/pipeline`; the metric `isotherm_drift_rows`; a word in the dashboard's strip. Rows of the
speed layer that differ are counted and fail nothing: they may be of an older publication.

**When it fails.** A row differs, an observation was lost or doubled, or nothing was compared. The log
lists the first twenty rows, with both values. Run `ingest_observations` for the day, then *Clear*: the
same rows again mean that one layer computes wrongly, see *Drift* in `docs/operations.md`.
"""

from airflow.sdk import CronTriggerTimetable, Param, chain, dag, task

from isotherm.ingest import dag_defaults
from isotherm.reconcile.operator import ReconcileOperator


def day_param(title: str, description: str) -> Param:
    """An optional UTC day."""
    return Param(None, type=["null", "string"], format="date", title=title, description=description)


@dag(
    # Not at once where it is new: the first run has just taken its time.
    schedule=CronTriggerTimetable("30 6 * * *", timezone="UTC", run_immediately=False),
    catchup=False,
    max_active_runs=1,
    default_args=dag_defaults.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["isotherm", "speed", "daily", "watch"],
    params={
        "day": day_param("Day (UTC)", "Empty: the newest day that the batch layer holds."),
        "last_day": day_param("Last day (UTC)", "Included. Empty: the day alone."),
        **dag_defaults.station_params(count=100),
        "disorder": Param(
            None,
            type=["null", "object"],
            title="Disorder, for tests",
            description="Put into the feed on purpose; no hour may change: "
            '{"seed": 1, "late": 0.05, "duplicated": 0.05, "shuffled": 0.2, "corrected": 0.05}',
        ),
    },
)
def reconcile_layers() -> None:
    """One run, one comparison."""

    @task
    def clear_lane() -> None:
        """Removes topics, database and checkpoint of the lane, whatever became of the run."""
        from isotherm.reconcile import tasks

        tasks.clear_lane()

    reconcile = ReconcileOperator(
        task_id="reconcile_days",
        pool="spark",
        doc_md="The days once more, by the stream's code, and each row held against the batch layer's.",
    )
    chain(reconcile, clear_lane().as_teardown())


reconcile_layers()
