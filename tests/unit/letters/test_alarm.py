"""What the triggerer is told to watch is the provider's own trigger, and a storm is few events."""

from pathlib import Path

import pytest
from airflow.providers.apache.kafka.triggers.await_message import AwaitMessageTrigger

from isotherm.letters import alarm
from isotherm.local.servers.airflow import connections
from isotherm.messages import DEAD_LETTER_TOPIC
from isotherm.settings import Settings


def test_the_watch_is_the_providers_trigger_with_all_its_arguments() -> None:
    (watcher,) = alarm.DEAD_LETTERS.watchers
    path, arguments = watcher.trigger.serialize()
    real = AwaitMessageTrigger(**arguments)
    said_path, said = real.serialize()
    assert (said_path, {**said, "apply_function_args": []}) == (path, arguments)
    assert real.topics == [DEAD_LETTER_TOPIC]


def test_its_connection_is_made_at_set_up_and_commits_by_itself_alone(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, archive="simulated")
    settings.secrets_dir.mkdir()
    (settings.secrets_dir / "isotherm_mysql_password").write_text("x")
    extra = connections(settings)[alarm.CONNECTION]["extra"]
    assert isinstance(extra, dict)
    assert extra["enable.auto.commit"] is False
    assert extra["auto.offset.reset"] == "earliest"


def test_a_storm_of_letters_is_one_event_in_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(alarm.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(alarm, "_told_at", -alarm.FOLD_S)
    assert [alarm.is_news(None) is not None for _ in range(1_000)] == [True] + [False] * 999
    now[0] += alarm.FOLD_S
    assert alarm.is_news(None)
