"""Notices reach a real web hook; the address is in no log, and a deaf service fails nothing."""

from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from isotherm.ingest.failure_notices import cause_of, tell_of_attempt
from isotherm.ingest.notify import notify
from isotherm.settings import Settings, load_settings
from isotherm.stream.programs import ReplayFailedError, ReplayStoppedError
from receiver import Receiver


def settings_of(url: str, folder: Path) -> Settings:
    return Settings(state_dir=folder, notify_url=SecretStr(url))


def test_a_notice_arrives_and_its_address_is_not_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Receiver() as receiver:
        assert notify("It failed", "Run: one\nCause: two", settings_of(receiver.url, tmp_path))
        [told] = receiver.received
    assert (told["title"], told["message"]) == ("It failed", "Run: one\nCause: two")
    said = "".join(capfd.readouterr())
    assert "Told by ISOTHERM_NOTIFY_URL: It failed" in said
    assert "not-to-be-logged" not in said
    assert "somebody" not in said


@pytest.mark.parametrize("url", ["", "none"])
def test_without_an_address_nobody_is_told(tmp_path: Path, url: str) -> None:
    assert not notify("It failed", "", settings_of(url, tmp_path))


def test_a_service_that_does_not_take_it_is_a_warning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Receiver(HTTPStatus.INTERNAL_SERVER_ERROR) as receiver:
        assert not notify("It failed", "why", settings_of(receiver.url, tmp_path))
        assert len(receiver.received) == 1
    assert not notify("It failed", "why", settings_of("no address", tmp_path))
    said = "".join(capfd.readouterr())
    assert "did not take the notice" in said
    assert "no address that apprise knows" in said
    assert "not-to-be-logged" not in said


def test_the_cause_is_the_last_line_of_an_error() -> None:
    assert cause_of(ValueError("one\ntwo\n")) == "two"
    assert cause_of(KeyError()) == "KeyError"
    assert "ended from outside" in cause_of(None)


def test_an_attempt_that_failed_is_told_of_while_a_stream_tries_again_and_one_that_was_stopped_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ti = SimpleNamespace(
        dag_id="stream", task_id="replay", try_number=1, max_tries=100, log_url="http://log"
    )
    context = {"ti": ti, "dag_run": SimpleNamespace(run_id="one")}
    with Receiver() as receiver:
        monkeypatch.setenv("ISOTHERM_NOTIFY_URL", receiver.url)
        monkeypatch.setenv("ISOTHERM_STATE_DIR", str(tmp_path))
        monkeypatch.setenv("ISOTHERM_MYSQL_PORT", "9")  # nobody remembers what was told
        load_settings.cache_clear()
        for error in (ReplayStoppedError("from outside"), None, ReplayFailedError("it died\nof this")):
            tell_of_attempt(context if error is None else {**context, "exception": error})
        [told] = receiver.received
    load_settings.cache_clear()
    assert told["title"] == "Isotherm: stream fails in replay and tries again"
    assert "replay, attempt 1 of 101, the next begins in minutes\nCause: of this" in told["message"]
