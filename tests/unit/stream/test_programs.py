"""The programs of a replay together: what another start would mend, and what it would not."""

import logging
import time
from pathlib import Path

import pytest

from isotherm.settings import Settings
from isotherm.stream.programs import Programs, ReplayFailedError

log = logging.getLogger("test")
COMMANDS = {
    "bridge": ("bridge_to_kafka.py", ["--feed-id", "f"]),
    "stream": ("summarise_stream.py", ["--feed-id", "f"]),
    "feeder": ("feed_observations.py", ["--feed-id", "f", "--days", "newest"]),
}


def test_a_program_that_says_another_start_would_not_help_ends_the_replay_at_once_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISOTHERM_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("ISOTHERM_PORT_BASE", "not a number")
    settings = Settings(state_dir=tmp_path, port_base=24000, archive="simulated")
    programs = Programs(settings, COMMANDS, lambda *_: None, log)

    def follow() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            programs.restart_dead()
            time.sleep(0.1)

    programs.start()
    try:
        with pytest.raises(ReplayFailedError, match="would not help") as failure:
            follow()
    finally:
        programs.stop()
    assert "ISOTHERM_PORT_BASE='not a number'" in str(failure.value)
    assert sum(programs.restarts.values()) == 0
    assert not programs.is_fed


def test_a_program_the_others_can_do_without_is_given_up_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("isotherm.stream.programs.MOST_OF_DISPENSABLE", 0)
    settings = Settings(state_dir=tmp_path, port_base=24000, archive="simulated")
    commands = {"forecaster": ("forecast_stream.py", [])}
    programs = Programs(settings, commands, lambda *_: None, log, dispensable="forecaster")
    programs.start()
    try:
        deadline = time.monotonic() + 60
        while programs.is_at_work("forecaster"):
            assert programs.restart_dead() == []
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert programs.restart_dead() == []
    finally:
        programs.stop()
    assert "The feed goes on without forecaster" in caplog.text
    assert "required: --feed-id" in caplog.text
