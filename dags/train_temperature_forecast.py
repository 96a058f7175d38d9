"""# Train the forecast, let what has proved itself speak, forecast tomorrow.

**What it does.** Spark reads the hours of every place and fits its model of the next 96 hours; in the
same walk the model, and what speaks today, are tried on the last 14 days. Per station a model is
promoted only where it beats what speaks and the baselines (same hour yesterday, climatology, damped
anomaly) there. Then every station's forecast from its newest hour goes to Kafka and the sink stores it.

| task | does |
|---|---|
| `plan_training` | reads the form; skips all where a newer run waits |
| `train_models` | Spark: hours, models and their back-test, bucket by bucket, to HDFS |
| `promote_models` | decides station by station; rolls back what lost in service |
| `publish_forecasts` | the forecast of each station that has hours |
| `score_forecasts` | holds stored forecasts against the hours that have come |

**When.** After each load of new days (asset `observation_day`), one run however many they are. One run
at a time; one that finds a newer one waiting is skipped, so a backfill trains once.

**The form.** Stations as in `import_history`, among those that are here; `until_day` looks at nothing
after it; `roll_back` trains nothing and lets the version before speak again (`before`), or one by its
name; `force` also where a newer run waits.

**What it leaves.** Models below `/isotherm/models/temperature` (the last three versions, and any that
speaks for a station); rows in `forecast_model`, `station_forecast_model` and `forecast`. The log of
`promote_models` ends in a table. Where no model was promoted, the damped anomaly speaks.

**Rolled back by itself.** A model that lost to the damped anomaly over its last seven days in service
goes back to the one before, `ISOTHERM_NOTIFY_URL` is told, and the station gets no other for a week.

**When it fails.** The log ends with the cause. *Clear* the failed task: buckets that are done are not
done again. A station that cannot be trained fails nobody else: its reason is in the table.
"""

from typing import Any

from airflow.sdk import FixedKeyMapper, Param, PartitionedAssetTimetable, chain, dag, task

from isotherm.ingest import dag_defaults
from isotherm.ingest.spark_submit import BatchJobOperator


@dag(
    # All days that one load tells of are one run.
    schedule=PartitionedAssetTimetable(
        assets=dag_defaults.OBSERVATION_DAY, default_partition_mapper=FixedKeyMapper("newest")
    ),
    catchup=False,
    max_active_runs=1,
    default_args=dag_defaults.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["isotherm", "batch", "daily", "forecast"],
    params={
        **dag_defaults.station_params(),
        "until_day": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Until day (UTC)",
            description="Nothing after it is looked at. Empty: the newest hour of each station.",
        ),
        "roll_back": Param(
            None,
            type=["null", "string"],
            pattern="^(before|[0-9]{8}T[0-9]{6})$",
            title="Roll back to",
            description="before: the version before. Or a version's name. Empty: train.",
        ),
        "force": dag_defaults.switch(False, "Force", "Train although a newer run waits."),
    },
)
def train_temperature_forecast() -> None:
    """One run, every station."""

    @task.short_circuit(multiple_outputs=False)
    @dag_defaults.failing_at_once()
    def plan_training(ti: Any) -> str:  # noqa: ANN401 - Airflow's
        """Reads the form and writes the plan; everything is skipped where a newer run waits."""
        from isotherm.ingest import forecast_plan

        form = dag_defaults.form_values()
        waiting = ti.get_dr_count(ti.dag_id, states=["queued"])
        if waiting and not (form["force"] or form["roll_back"]):
            return dag_defaults.skip_if_empty(
                "", f"{waiting} newer runs wait: the last of them trains."
            )
        return forecast_plan.plan_training(form=form, run_label=dag_defaults.run_name())

    @task(pool="spark")
    @dag_defaults.failing_at_once()
    def promote_models(version: str) -> int:
        """Decides which models speak; the log ends in a table."""
        from isotherm.ingest import forecast_promotion

        return forecast_promotion.promote(version=version, form=dag_defaults.form_values())

    @task
    def publish_forecasts(version: str) -> int:
        """Each station's forecast from its newest hour, to Kafka."""
        from isotherm.ingest import forecast_publishing

        return forecast_publishing.publish(version=version)

    @task
    def score_forecasts() -> None:
        """Holds what was stored before the truth came against it."""
        from isotherm.ingest import forecast_scores

        forecast_scores.score()

    version = plan_training()
    train = BatchJobOperator(
        job="train_temperature_forecast.py",
        task_id="train_models",
        application_args=[str(version)],
        doc_md="Spark: the hours of every place, its model and its back-test, bucket by bucket.",
    )
    chain(version, train, promote_models(version), publish_forecasts(version), score_forecasts())


train_temperature_forecast()
