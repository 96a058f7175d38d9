"""What may enter the speed layer, and what any other bytes are called."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isotherm.dead_letter import MAX_DEAD_LETTER_BYTES
from isotherm.messages import ObservationHead, ObservationMessage
from isotherm.stream.admission import Refusal, admit, feed_of
from made_up import observation

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def message(**changes: object) -> bytes:
    fields = ObservationMessage.model_validate({"feed_id": "f", **observation()}).model_dump(
        mode="json"
    )
    return json.dumps(fields | changes).encode()


def reason(content: bytes | None) -> str:
    found = admit(content, NOW)
    assert isinstance(found, Refusal), found
    assert found.detail
    return found.reason


def test_a_message_that_follows_the_contract_enters() -> None:
    found = admit(message(), NOW)
    assert isinstance(found, ObservationHead)
    assert found.station_id == "01001099999"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"schema_version": 2}, "unknown_schema_version"),
        ({"schema_version": None}, "invalid"),
        ({"observed_at": None}, "invalid"),
        ({"observed_at": 1388534400}, "invalid"),
        ({"observed_at": "0001-01-01T00:00:00+05:00"}, "invalid"),
        ({"observed_at": "9999-12-31T23:59:00-05:00"}, "invalid"),
        ({"observed_at": "+294247-01-10T04:00:54Z"}, "invalid"),
        ({"observed_at": "1699-12-31T23:00:00Z"}, "invalid"),
        ({"published_at": "9999-12-31T23:59:00-05:00"}, "invalid"),
        ({"station_id": 72530094846}, "invalid"),
        ({"station_id": "no station"}, "invalid"),
        ({"station_id": None}, "invalid"),
        ({"dataset": "another"}, "invalid"),
        ({"air_temperature_tenths": "5"}, "invalid"),
        ({"air_temperature_tenths": 2**40}, "invalid"),
        ({"air_temperature_tenths": 40_000}, "invalid"),
        ({"air_temperature_tenths": -(2**31)}, "invalid"),
        ({"air_temperature_tenths": 619}, "invalid"),
        ({"air_temperature_tenths": -933}, "invalid"),
        ({"dew_point_tenths": 369}, "invalid"),
        ({"dew_point_tenths": -983}, "invalid"),
        ({"sea_level_pressure_tenths_hpa": 8599}, "invalid"),
        ({"sea_level_pressure_tenths_hpa": 10901}, "invalid"),
        ({"wind_speed_tenths_ms": -1}, "invalid"),
        ({"wind_speed_tenths_ms": 901}, "invalid"),
        ({"wind_direction_deg": 0}, "invalid"),
        ({"wind_direction_deg": 361}, "invalid"),
        ({"revision": None}, "invalid"),
        ({"revision": 1.5}, "invalid"),
        ({"report_type": 15}, "invalid"),
    ],
)
def test_a_message_that_does_not_is_refused_with_its_reason(
    changes: dict[str, Any], expected: str
) -> None:
    assert reason(message(**changes)) == expected


@pytest.mark.parametrize(
    ("temperature", "dew_point"), [(-932, -982), (618, 368), (None, None), (0, None)]
)
def test_every_temperature_the_format_can_hold_enters(
    temperature: int | None, dew_point: int | None
) -> None:
    content = message(air_temperature_tenths=temperature, dew_point_tenths=dew_point)
    assert isinstance(admit(content, NOW), ObservationHead)


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"\xff\xfe", b"[]", b"5", b"null", b'"text"', b"[" * 100_000]
)
def test_what_is_no_json_object_is_unreadable(content: bytes | None) -> None:
    assert reason(content) == "unreadable_message"
    assert feed_of(content) is None


def test_an_hour_ahead_enters_and_a_minute_more_does_not() -> None:
    at = NOW + timedelta(hours=1)
    assert isinstance(admit(message(observed_at=f"{at:%Y-%m-%dT%H:%M:%SZ}"), NOW), ObservationHead)
    late = at + timedelta(minutes=1)
    assert reason(message(observed_at=f"{late:%Y-%m-%dT%H:%M:%SZ}")) == "future"


def test_a_refused_message_is_of_the_feed_it_names() -> None:
    assert feed_of(message(revision=None)) == "f"
    assert feed_of(message(feed_id=7)) is None


@pytest.mark.parametrize("feed_id", ["", "a b", "x" * 65, "f\n", "a/b", "\u00e9", None])
def test_what_is_no_feed_id_names_no_feed(feed_id: str | None) -> None:
    assert reason(message(feed_id=feed_id)) == "invalid"
    assert feed_of(message(feed_id=feed_id)) is None


@given(st.binary(max_size=200) | st.text(max_size=50).map(str.encode))
def test_any_bytes_are_judged_without_an_error(content: bytes) -> None:
    found = admit(content, NOW)
    assert isinstance(found, Refusal)
    assert len(found.detail) < MAX_DEAD_LETTER_BYTES
