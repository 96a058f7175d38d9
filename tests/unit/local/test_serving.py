"""What an attached `up` ends with, so that whoever started it knows whether to start it again."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from isotherm.local.commands import _serve
from isotherm.local.processes import ProcessIdentity
from isotherm.local.record import Record, RecordFile
from isotherm.local.stack import Stack
from isotherm.settings import Settings


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(Settings(state_dir=tmp_path, archive="simulated"))


def test_a_supervisor_that_forgot_itself_was_told_to_stop(stack: Stack) -> None:
    assert _serve(stack, Console(file=io.StringIO())) == 0


def test_one_that_died_is_a_failure(stack: Stack) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as supervisor:
        record = Record(supervisor=ProcessIdentity.of(supervisor.pid))
        RecordFile(stack.settings).write(record)
        assert stack.is_running()
        supervisor.kill()
    screen = io.StringIO()
    assert _serve(stack, Console(file=screen)) == 1
    assert "was killed" in screen.getvalue()
