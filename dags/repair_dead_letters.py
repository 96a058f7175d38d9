"""# Repair and replay dead letters.

**Why.** A message that could not be used (no JSON, a missing field, a time in the future, a row the
database refused) is kept as a dead letter: `GET /api/v1/dead-letters` and the dashboard's page list
them. This DAG repairs letters that nobody has worked and sends them again.

**The form.** A *dry run* (the default) shows each letter, what the rule makes of it and what admission
says of that. Letters are chosen by *reason*, by the days on which they were refused, or by number. The
*repair rule* is one of

| rule | what is sent |
|---|---|
| `as_is` | the message unchanged: after a mended fault, or when its time has come |
| `trim` | texts without blanks, empty ones null, digits as numbers, times made whole |
| `decimal_comma` | texts such as `12,5` as 125 tenths |
| `clear_implausible` | temperatures out of all range made missing |
| `set_fields` | the message with the *fields* given, as `{"dataset": "ghcnh"}` |
| `payload` | the whole message given, in place of one letter |
| `drop` | nothing: the letter is closed |

**What it does.** What admission takes goes to its topic as an ordinary message of the feed it belonged
to, each letter's once, whoever is killed; the rest stays as it was. A stream of that feed that runs
counts it; where none runs, `count_letters` runs it to the topic's end and settles the feed's ledger:
what was a dead letter is then counted, and stands in the column `repaired`. One stream runs at a time:
while another feed is replayed or followed, `count_letters` waits for the pool `stream`, and other runs
go on meanwhile. The batch layer is not touched.

**What it leaves.** A table of what came of each letter: counted in hour X, refused again with the
reason (as a letter of its own), or too late for the stream. The dashboard's page says the same.

**When it fails.** A form that makes no sense fails at once. Else the log ends with the cause and what
to do: mend it, then *Clear* the failed task; what was sent is not sent again. A feed whose stream
cannot go on (its checkpoint or Kafka's messages are gone) is streamed anew by `stream_observations`
with another label.
"""

from typing import Any

import pendulum
from airflow.sdk import Param, chain, dag, task

from isotherm.ingest import dag_defaults
from isotherm.letters.form import ALL, MAX_LETTERS, REASONS
from isotherm.letters.operator import CountLettersOperator
from isotherm.letters.repairs import AS_IS, RULE_NAMES


def optional(kind: str, title: str, description: str, **more: Any) -> Param:  # noqa: ANN401
    """A field that may be empty."""
    return Param(None, type=["null", kind], title=title, description=description, **more)


@dag(
    schedule=None,
    start_date=pendulum.datetime(1901, 1, 1, tz="UTC"),
    catchup=False,
    # Letters of a feed without a stream wait for the running one to end; no other run waits for them.
    # That one works letters at a time is seen to by a lock.
    max_active_runs=3,
    default_args=dag_defaults.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["isotherm", "speed", "repair"],
    params={
        "dry_run": dag_defaults.switch(True, "Dry run", "On: only show what would be sent."),
        "reason": Param(
            ALL, type="string", enum=[ALL, *REASONS], title="Reason", description="Why it was refused."
        ),
        "repair_rule": Param(
            AS_IS, type="string", enum=list(RULE_NAMES), title="Repair rule", description="See above."
        ),
        "first_day": optional("string", "First day (UTC)", "Refused on it or later.", format="date"),
        "last_day": optional("string", "Last day (UTC)", "Included.", format="date"),
        "letter_ids": optional(
            "array", "Letters", "Their numbers, one per line. Empty: all that match.",
            items={"type": "integer", "minimum": 1},
        ),
        "fields": optional("object", "Fields", "With set_fields: values by name, as JSON."),
        "payload": optional("object", "Payload", "With payload: the whole message, as JSON."),
        "limit": Param(
            1000, type="integer", minimum=1, maximum=MAX_LETTERS, title="At most",
            description="So many letters, the oldest first.",
        ),
    },
)  # fmt: skip
def repair_dead_letters() -> None:
    """One run, the letters its form means."""

    @task(multiple_outputs=False)
    @dag_defaults.failing_at_once()
    def replay_letters() -> list[int]:
        """Judges each letter repaired; outside a dry run sends what is admitted."""
        from isotherm.letters import tasks

        sent = tasks.work_letters(dag_defaults.form_values(), run_label=dag_defaults.run_name())
        return dag_defaults.skip_if_empty(sent, "A dry run, or nothing was sent: see the log.")

    @task(multiple_outputs=False)
    def await_outcomes(sent: list[int]) -> list[str]:
        """Waits for a stream that runs; returns the feeds that have none."""
        from isotherm.letters import tasks

        return tasks.await_outcomes(sent)

    @task(trigger_rule="none_failed", multiple_outputs=False)
    def show_outcomes(sent: list[int]) -> dict[str, int]:
        """What came of each letter, in a table."""
        from isotherm.letters import tasks

        return tasks.show_outcomes(dag_defaults.skip_if_empty(sent, "Nothing was sent."))

    sent = replay_letters()
    count = CountLettersOperator.partial(
        task_id="count_letters", pool="stream", doc_md="The stream of a feed without one, once more."
    )
    chain(count.expand(feed_id=await_outcomes(sent)), show_outcomes(sent))


repair_dead_letters()
