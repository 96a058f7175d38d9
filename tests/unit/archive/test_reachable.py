"""Whether an archive answers is known within seconds, however many addresses are silent."""

import socket
import time
from contextlib import ExitStack

import pytest

from isotherm.archive import http_archive
from isotherm.archive.http_archive import HttpArchive


def test_silent_addresses_are_asked_side_by_side_and_given_up_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_archive, "PROBE_WITHIN_S", 1.0)
    with ExitStack() as held:
        silent = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(4)]
        urls = [f"http://127.0.0.1:{one.getsockname()[1]}/" for one in silent]
        archive = HttpArchive(urls[0])
        began = time.monotonic()
        reason = archive._probe_any(urls)
        took_s = time.monotonic() - began
        archive.close()
    assert reason is not None
    assert 0.9 < took_s < 30
    assert all(f"{url}: no answer within 1 s." in reason for url in urls)
