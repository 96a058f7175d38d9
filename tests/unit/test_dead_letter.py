"""Dead letters: whatever a message held, its letter fits into Kafka and can be read again."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isotherm.dead_letter import MAX_DEAD_LETTER_BYTES, MAX_KEY_LENGTH, DeadLetter
from isotherm.messages import decode

any_text = st.text(st.characters(exclude_categories=[]))
ODD_PAYLOADS = {
    "control characters": b"\x01" * 1_000_000,
    "quotes": b'"' * 1_000_000,
    "backslashes": b"\\" * 1_000_000,
    "NUL": b"\0" * 1_000_000,
    "no text": b"\xff" * 3_000_000,
    "text of three bytes each": "\u65e5".encode() * 400_000,
    "text of four bytes each": "\U0001f321".encode() * 300_000,
    "plain": b"x" * 1_048_576,
    "mixed": bytes(range(128)) * 8_000,
}


@given(
    st.one_of(
        st.none(), st.binary(max_size=300), any_text.map(lambda one: one.encode("utf-8", "ignore"))
    )
)
def test_a_letter_keeps_any_short_payload_to_the_byte(payload: bytes | None) -> None:
    letter = DeadLetter.of(payload, reason="invalid", detail="why", topic="t", partition=1, offset=2)

    assert decode(DeadLetter, letter.encode()) == letter
    assert letter.content() == (payload or b"")
    assert letter.payload_bytes == len(payload or b"")


@pytest.mark.parametrize("kind", ODD_PAYLOADS)
def test_a_letter_of_any_long_payload_fits_and_keeps_its_first_half_megabyte(kind: str) -> None:
    payload = ODD_PAYLOADS[kind]

    letter = DeadLetter.of(payload, reason="invalid", detail="why", topic="t")
    encoded = letter.encode()

    assert len(encoded) <= MAX_DEAD_LETTER_BYTES
    again = decode(DeadLetter, encoded)
    assert again.payload_bytes == len(payload)
    assert again.content() == payload[: 512 * 1024]
    assert again.detail == f"why (the first 524288 of {len(payload)} bytes are kept)"


def test_a_short_payload_that_is_text_stays_readable() -> None:
    assert DeadLetter.of(b'{"a":"\\u0000"}', reason="r", detail="d", topic="t").encoding == "utf-8"
    assert DeadLetter.of(b"\xff", reason="r", detail="d", topic="t").encoding == "base64"


# Half a megabyte each: slow where the machine is busy, and few are as good as many.
@settings(max_examples=50)
@given(
    payload=st.one_of(
        st.binary(max_size=100), any_text.map(lambda one: one.encode("utf-8", "ignore") * 900)
    ),
    reason=any_text,
    detail=any_text,
    topic=any_text,
    feed_id=st.one_of(st.none(), any_text),
    key=any_text,
    times=st.sampled_from([1, 5_000]),
)
def test_no_argument_makes_a_letter_that_cannot_be_sent_or_read(
    payload: bytes, reason: str, detail: str, topic: str, feed_id: str | None, key: str, times: int
) -> None:
    letter = DeadLetter.of(
        payload * times,
        reason=reason * times,
        detail=detail * times,
        topic=topic * times,
        feed_id=feed_id,
    )
    record = letter.record(key * times)

    assert len(record.value) <= MAX_DEAD_LETTER_BYTES
    assert len(record.key.encode()) <= 4 * MAX_KEY_LENGTH
    assert decode(DeadLetter, record.value) == letter
    assert len(letter.reason) <= 32


def test_two_long_keys_that_begin_alike_stay_two() -> None:
    letter = DeadLetter.of(b"", reason="r", detail="d", topic="t")

    first, second = (letter.record("x" * 300 + end).key for end in "ab")

    assert first != second
    assert (len(first), first) == (64, letter.record("x" * 300 + "a").key)
    assert letter.record("feed-1/3/4").key == "feed-1/3/4"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00", 0])
def test_a_letter_whose_time_cannot_be_stored_is_no_letter(at: object) -> None:
    from isotherm.errors import MessageFormatError

    letter = json.loads(DeadLetter.of(b"", reason="r", detail="d", topic="t").encode())

    with pytest.raises(MessageFormatError, match="at="):
        decode(DeadLetter, json.dumps({**letter, "at": at}))
