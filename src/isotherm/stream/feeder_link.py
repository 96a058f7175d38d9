"""The feeder's end of the socket: a batch is handed over when its acknowledgement is here."""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from isotherm.errors import MessageFormatError
from isotherm.stream.framing import receive_frame, send_frame

log = structlog.get_logger()

_FIRST_WAIT_S: Final = 0.1
_LONGEST_WAIT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What became of a batch."""

    accepted: int
    dead_lettered: int


class BridgeLink:
    """A connection that is made again whenever it breaks."""

    def __init__(self, path: Path) -> None:
        """Prepare; the bridge need not be there yet."""
        self._path = path
        self._connection: socket.socket | None = None

    def hand_over(self, frame: Mapping[str, Any]) -> Acknowledgement:
        """Send a batch until it is acknowledged, however long the bridge or Kafka are away.

        Raises:
            MessageFormatError: the bridge refused the frame; sending it again would not help.
        """
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                connection = self._connected()
                send_frame(connection, frame)
                answer = receive_frame(connection)
                if answer is None:
                    raise ConnectionResetError("the bridge closed the connection")
                return _read(answer, frame["batch"])
            except OSError as error:
                self.close()
                log.warning("bridge_away", reason=str(error), batch=frame["batch"], again_in_s=wait_s)
                time.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> socket.socket:
        if self._connection is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(self._path))
            except OSError:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _read(answer: Mapping[str, Any], batch: int) -> Acknowledgement:
    if "error" in answer:
        raise MessageFormatError(f"The bridge refused batch {batch}: {answer['error']}")
    if answer.get("batch") != batch:
        raise MessageFormatError(
            f"The bridge acknowledged batch {answer.get('batch')}, not {batch}. Start the feeder again."
        )
    return Acknowledgement(int(answer["accepted"]), int(answer["dead_lettered"]))
