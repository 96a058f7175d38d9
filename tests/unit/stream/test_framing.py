"""Frames: whole whatever the pieces they arrive in; anything else is refused."""

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from isotherm.errors import MessageFormatError
from isotherm.stream.framing import MAX_FRAME_BYTES, receive_frame, send_frame


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    yield left, right
    left.close()
    right.close()


def raw_frame(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def test_frames_come_out_as_they_went_in_one_by_one(ends: tuple[socket.socket, socket.socket]) -> None:
    left, right = ends
    for number in range(3):
        send_frame(left, {"batch": number, "text": "Åskär 12"})
    left.close()

    assert [receive_frame(right) for _ in range(4)] == [
        *({"batch": number, "text": "Åskär 12"} for number in range(3)),
        None,
    ]


def test_a_frame_that_arrives_byte_by_byte_is_whole(ends: tuple[socket.socket, socket.socket]) -> None:
    left, right = ends

    def trickle() -> None:
        for byte in raw_frame(b'{"batch": 7}'):
            left.send(bytes([byte]))

    thread = threading.Thread(target=trickle)
    thread.start()

    assert receive_frame(right) == {"batch": 7}
    thread.join()


def test_a_frame_larger_than_the_sockets_buffers_passes(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    left, right = ends
    document = {"payload": "x" * 5_000_000}
    thread = threading.Thread(target=send_frame, args=(left, document))
    thread.start()

    assert receive_frame(right) == document
    thread.join()


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (b"\x00\x00", "inside the length"),
        (struct.pack(">I", 100) + b'{"a"', "after 4 of 100 bytes"),
        (struct.pack(">I", MAX_FRAME_BYTES + 1), "at most"),
        (b"GET / HTTP/1.1\r\n\r\n", "at most"),
        (raw_frame(b"{"), "not JSON"),
        (raw_frame(b"\xff\xfe"), "not JSON"),
        (raw_frame(b"[" * 200_000), "not JSON"),
        (raw_frame(b"[1]"), "holds list"),
        (raw_frame(b""), "not JSON"),
    ],
)
def test_what_is_no_frame_is_refused(
    ends: tuple[socket.socket, socket.socket], sent: bytes, complaint: str
) -> None:
    left, right = ends
    left.sendall(sent)
    left.close()

    with pytest.raises(MessageFormatError, match=complaint):
        receive_frame(right)


def test_a_frame_that_is_too_large_is_not_sent_at_all(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    left, right = ends
    with pytest.raises(MessageFormatError, match="Send less at once"):
        send_frame(left, {"payload": "x" * MAX_FRAME_BYTES})
    left.close()

    assert receive_frame(right) is None


def test_pickled_code_is_just_a_frame_that_is_not_json(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    import pickle

    left, right = ends
    left.sendall(raw_frame(pickle.dumps({"batch": 1})))

    with pytest.raises(MessageFormatError, match="not JSON"):
        receive_frame(right)
