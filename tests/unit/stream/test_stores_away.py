"""A stream that starts while a store is away waits for it and says so, once a minute."""

import json

import pytest

from isotherm.errors import RefusedError, StoreError
from isotherm.stream import stores_away
from isotherm.stream.stores_away import ask_until_answered
from isotherm.stream.stream_failure import is_store_away


def test_an_answer_that_comes_in_the_end_is_given_and_the_outage_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stores_away, "_FIRST_WAIT_S", 0.01)
    answers = [StoreError("no broker\nanswers"), StoreError("again"), "offsets"]

    def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert ask_until_answered("kafka", ask, lambda error: isinstance(error, StoreError)) == "offsets"
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["event"], said["reason"], said["level"]) == (
        "kafka_away",
        "no broker answers",
        "warning",
    )


def test_what_waiting_does_not_mend_is_raised_at_once() -> None:
    def ask() -> None:
        raise RefusedError("the checkpoint is of another version")

    with pytest.raises(RefusedError):
        ask_until_answered("checkpoints", ask, lambda error: is_store_away(str(error)))


@pytest.mark.parametrize(
    ("text", "is_away"),
    [
        ("java.net.ConnectException: Call From a to localhost:8020 failed", True),
        ("org.apache.hadoop.ipc.StandbyException: Operation category READ is not supported", True),
        ("SafeModeException: Cannot create directory /x. Name node is in safe mode.", True),
        ("java.net.UnknownHostException: namenode", True),
        ("org.apache.hadoop.security.AccessControlException: Permission denied: user=x", False),
        ("No FileSystem for scheme 's3a'", False),
    ],
)
def test_a_checkpoint_store_that_is_away_is_told_from_one_that_refuses(
    text: str, is_away: bool
) -> None:
    assert is_store_away(text) is is_away
