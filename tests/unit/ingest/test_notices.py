"""Notices reach a real web hook; the address is in no log, and a deaf service fails nothing."""

from http import HTTPStatus
from pathlib import Path

import pytest
from pydantic import SecretStr

from isotherm.ingest.failure_notices import cause_of
from isotherm.ingest.notify import notify
from isotherm.settings import Settings
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
