"""Frames on the socket between feeder and bridge: a 4-byte big-endian length, then one JSON object.

A stream socket has no message boundaries and hands over whatever has arrived, so a reader collects
until a frame is whole. JSON and not pickle: reading a frame can never run code.
"""

import json
import socket
import struct
from collections.abc import Mapping
from typing import Any, Final

from isotherm.errors import MessageFormatError

# A batch of 5000 observations is 2 MB; a length beyond this is not one of ours.
MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
_LENGTH: Final = struct.Struct(">I")
_CHUNK_BYTES: Final = 256 * 1024


def send_frame(connection: socket.socket, document: Mapping[str, Any]) -> None:
    """Send one object whole.

    Raises:
        MessageFormatError: it is larger than a frame may be; nothing was sent.
        OSError: the other side is gone.
    """
    content = json.dumps(document, separators=(",", ":")).encode()
    if len(content) > MAX_FRAME_BYTES:
        raise MessageFormatError(
            f"A frame of {len(content)} bytes is larger than {MAX_FRAME_BYTES}. Send less at once."
        )
    connection.sendall(_LENGTH.pack(len(content)) + content)


def receive_frame(connection: socket.socket) -> dict[str, Any] | None:
    """Wait for one object; None when the other side has closed between two frames.

    Raises:
        MessageFormatError: the stream ended inside a frame, or what came is no frame. The connection
            is of no use any more, for nobody knows where the next frame begins.
        OSError: the other side is gone.
    """
    head = _receive(connection, _LENGTH.size)
    if not head:
        return None
    if len(head) < _LENGTH.size:
        raise MessageFormatError("The stream ended inside the length of a frame.")
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME_BYTES:
        raise MessageFormatError(
            f"A frame says it has {length} bytes; at most {MAX_FRAME_BYTES} are accepted."
        )
    content = _receive(connection, length)
    if len(content) < length:
        raise MessageFormatError(f"The stream ended after {len(content)} of {length} bytes of a frame.")
    return _parse(content)


def _receive(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes, fewer only at the end of the stream."""
    parts = []
    missing = size
    while missing and (part := connection.recv(min(missing, _CHUNK_BYTES))):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _parse(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MessageFormatError(f"A frame is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise MessageFormatError(f"A frame holds {type(document).__name__}, not a JSON object.")
    return document
