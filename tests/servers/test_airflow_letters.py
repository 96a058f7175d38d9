"""A dead letter in the running product: told of by the trigger, repaired, counted by its stream."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from confluent_kafka import Producer

from isotherm.audit.topics import read_topic
from isotherm.dead_letter import DeadLetter
from isotherm.local.airflow_client import AirflowClient
from isotherm.messages import DEAD_LETTER_TOPIC, OBSERVATION_TOPIC
from isotherm.stores.tables import dead_letter, ledger, rejection_count
from running_product import RunningProduct

pytestmark = pytest.mark.end_to_end

WATCH, REPAIR = "watch_dead_letters", "repair_dead_letters"
WITHIN_S = 300


@pytest.fixture
def letter_id(stack: RunningProduct) -> Iterator[int]:
    """A letter of an observation that a finished feed has, its temperature as a text with a comma."""
    bootstrap = stack.settings.kafka_bootstrap_servers
    feeds = {one.stem for one in (stack.state_dir / "feeds").glob("*.json")}
    messages = (
        json.loads(one.value) for records in read_topic(bootstrap, OBSERVATION_TOPIC) for one in records
    )
    # The newest: the stream has not let its hour go. Counted again, it changes no row.
    message = max(
        (
            one
            for one in messages
            if one["feed_id"] in feeds and one["air_temperature_tenths"] is not None
        ),
        key=lambda one: one["observed_at"],
    )
    degrees = f"{message['air_temperature_tenths'] / 10:.1f}".replace(".", ",")
    payload = json.dumps({**message, "air_temperature_tenths": degrees}).encode()
    key = f"test-{time.time_ns()}"
    letter = DeadLetter.of(
        payload,
        reason="invalid",
        detail="air_temperature_tenths: no number",
        topic=OBSERVATION_TOPIC,
        feed_id=message["feed_id"],
    ).record(key)
    producer = Producer({"bootstrap.servers": bootstrap})
    producer.produce(DEAD_LETTER_TOPIC, letter.value, key=letter.key)
    assert producer.flush(30) == 0
    number = wait_for(lambda: _number(stack, key), "the sink to write the letter")
    yield number
    with stack.engine.begin() as connection:
        connection.execute(sa.delete(dead_letter))
        connection.execute(sa.delete(rejection_count).where(rejection_count.c.origin == "dead-letter"))


def _number(stack: RunningProduct, about: str) -> int | None:
    with stack.engine.connect() as connection:
        statement = sa.select(dead_letter.c.letter_id).where(dead_letter.c.about == about)
        return connection.scalar(statement)


def wait_for(look: Any, what: str) -> Any:  # noqa: ANN401 - whatever it finds
    """Look until there is something."""
    deadline = time.monotonic() + WITHIN_S
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {WITHIN_S} s for {what}"
        time.sleep(1)
    return found


def test_a_letter_is_told_of_by_the_trigger_then_repaired_and_counted_once(
    stack: RunningProduct, airflow: AirflowClient, letter_id: int
) -> None:
    begun = datetime.now(UTC)

    def told() -> bool:
        runs = airflow.get(f"/api/v2/dags/{WATCH}/dagRuns", order_by="-run_after", limit=5)["dag_runs"]
        return any(one["run_type"] == "asset_triggered" for one in runs)

    form = {"letter_ids": [letter_id], "repair_rule": "decimal_comma", "dry_run": False}
    run_id = airflow.trigger(REPAIR, form)
    airflow.wait_for_run(REPAIR, run_id, timeout_s=2 * WITHIN_S)

    with httpx.Client(base_url=f"{stack.api_url}/api/v1", timeout=30) as api:
        letter = api.get(f"/dead-letters/{letter_id}").json()["data"]
    assert (letter["state"], letter["repair_rule"]) == ("counted", "decimal_comma")
    assert letter["outcome"].startswith("in hour ")
    with stack.engine.connect() as connection:
        statement = sa.select(ledger).where(ledger.c.feed_ids == letter["feed_id"])
        lines = list(
            connection.execute(statement.order_by(ledger.c.ledger_id.desc()).limit(3)).mappings()
        )
    assert [(one["lost"], one["doubled"]) for one in lines] == [(0, 0)] * 3
    assert all(one["repaired"] >= 1 for one in lines)
    assert all(one["run_label"].startswith(REPAIR) for one in lines)

    again = airflow.trigger(REPAIR, form)
    airflow.wait_for_run(REPAIR, again, timeout_s=WITHIN_S)
    assert {one.state for one in airflow.tasks(REPAIR, again) if one.task_id == "count_letters"} == {
        "skipped"
    }
    wait_for(told, "the trigger to start a run of watch_dead_letters")
    assert (datetime.now(UTC) - begun).total_seconds() < 3 * WITHIN_S
