"""# Watch the dead letters.

**What it does.** The Kafka provider's trigger watches the topic `isotherm.dead-letter`; a letter in it
is an event of the asset `dead_letter`, which starts this DAG. It tells of the letters that came since
the last notice, by reason (`ISOTHERM_NOTIFY_URL`), and notes what came of those that were replayed. The
dashboard's strip and `GET /api/v1/pipeline` (`dead_letters`) say it all the time.

**A storm** of letters is one notice every five minutes: one run goes at a time and waits for its turn,
all that comes meanwhile is of the next one. None is lost: a run counts in MySQL, not in events.

**By hand** it tells what nobody was told of, in its turn.

**When it fails.** The log ends with the cause. If `wait_for_turn` timed out, the sink has not written
all letters for an hour: see `./isotherm status`, then *Clear*. Letters are kept whatever becomes of
this DAG: look at the dashboard's page, mend what sends them, and repair them by `repair_dead_letters`.
If no run comes though there are new letters, look at `./isotherm logs airflow-triggerer`.
"""

import pendulum
from airflow.sdk import chain, dag, task

from isotherm.ingest import dag_defaults
from isotherm.letters.alarm import DEAD_LETTERS
from isotherm.letters.operator import TurnSensor


@dag(
    schedule=[DEAD_LETTERS],
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=dag_defaults.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["isotherm", "speed", "watch"],
)
def watch_dead_letters() -> None:
    """One run, one notice at most."""

    @task
    def tell_of_letters() -> int:
        """Tells of the letters that came since the last notice."""
        from isotherm.letters import telling

        return telling.tell_of_letters()

    turn = TurnSensor(
        task_id="wait_for_turn",
        doc_md="Until the sink has written all letters, and the last notice is five minutes ago.",
    )
    chain(turn, tell_of_letters())


watch_dead_letters()
