"""The message contracts: what is read back is what was written, and what is wrong is named."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isotherm.dead_letter import DeadLetter
from isotherm.errors import MessageFormatError
from isotherm.hourly_summary import MERGE, REASON_COUNTS
from isotherm.messages import (
    RETENTION_MS,
    TOPICS,
    HourlySummaryMessage,
    Message,
    ObservationMessage,
    decode,
)
from isotherm.observation import FIELDS, Field

OBSERVATION: dict[str, Any] = {
    "schema_version": 1,
    "feed_id": "feed-1",
    "station_id": "01001099999",
    "observed_at": "1901-01-01T06:00:00Z",
    "air_temperature_tenths": -12,
    "quality_code": "1",
    "report_type": "FM-12",
    "source": "4",
    "dataset": "global-hourly",
    "dew_point_tenths": None,
    "sea_level_pressure_tenths_hpa": None,
    "wind_speed_tenths_ms": 15,
    "wind_direction_deg": 270,
    "published_at": "2015-03-01T12:30:05Z",
    "source_file": "01001099999.csv",
    "source_line": 1,
    "revision": 1425213005 * 2**24 + 1,
    "malformed": None,
}
SUMMARY: dict[str, Any] = {
    "schema_version": 1,
    "station_id": "01001099999",
    "hour_start": "1901-01-01T06:00:00Z",
    "dataset": "global-hourly",
    "rule": "routine",
    "observation_count": 2,
    "min_tenths": -12,
    "max_tenths": -2,
    "sum_tenths": -14,
    **dict.fromkeys(REASON_COUNTS, 1),
    "received": 9,
    "version": 0,
}


def refusal(kind: type[Message], document: object) -> str:
    with pytest.raises(MessageFormatError) as caught:
        decode(kind, json.dumps(document))
    return str(caught.value)


def test_an_observation_message_has_every_field_of_the_canonical_observation_and_its_feed() -> None:
    assert set(ObservationMessage.model_fields) == {
        "schema_version",
        "feed_id",
        *(field.name for field in FIELDS),
    }


def test_an_observation_comes_back_as_it_was_written() -> None:
    message = decode(ObservationMessage, json.dumps(OBSERVATION))

    assert json.loads(message.encode()) == OBSERVATION
    assert message.observed_at == datetime(1901, 1, 1, 6, tzinfo=UTC)


def test_times_of_other_zones_and_with_a_zero_fraction_are_the_same_moment_in_utc() -> None:
    shifted = {**OBSERVATION, "observed_at": "1901-01-01T07:00:00.000+01:00"}

    assert json.loads(decode(ObservationMessage, json.dumps(shifted)).encode()) == OBSERVATION


@pytest.mark.parametrize("field", [field for field in FIELDS if not field.nullable])
def test_a_required_field_of_an_observation_may_not_be_missing_or_null(field: Field) -> None:
    without = {name: value for name, value in OBSERVATION.items() if name != field.name}

    assert f"{field.name}=" in refusal(ObservationMessage, without)
    assert f"{field.name}=None" in refusal(ObservationMessage, {**OBSERVATION, field.name: None})


@pytest.mark.parametrize("field", [field for field in FIELDS if field.nullable])
def test_a_nullable_field_of_an_observation_may_be_null_or_missing(field: Field) -> None:
    without = {name: value for name, value in OBSERVATION.items() if name != field.name}

    assert json.loads(decode(ObservationMessage, json.dumps(without)).encode())[field.name] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("air_temperature_tenths", "12"),
        ("air_temperature_tenths", 1.5),
        ("air_temperature_tenths", True),
        ("air_temperature_tenths", 2**31),
        ("revision", 2**63),
        ("observed_at", 0),
        ("observed_at", "20140101"),
        ("observed_at", "1388534400"),
        ("observed_at", "2014-01-01"),
        ("observed_at", "2014-01-01T00:00:00"),
        ("observed_at", "2014-01-01T00:00:00.5Z"),
        ("observed_at", "1600-01-01T00:00:00Z"),
        ("observed_at", "2014-02-30T00:00:00Z"),
        ("station_id", "1001099999"),
        ("station_id", 1001099999),
        ("station_id", "0100109999'"),
        ("source", "a\0"),
        ("report_type", "x" * 2000),
        ("schema_version", 2),
        ("schema_version", "1"),
        ("feed_id", ""),
        ("feed_id", "../up"),
    ],
)
def test_a_wrong_value_in_an_observation_is_refused_by_name(field: str, value: object) -> None:
    assert f"{field}=" in refusal(ObservationMessage, {**OBSERVATION, field: value})


def test_a_field_from_the_future_is_ignored() -> None:
    assert decode(ObservationMessage, json.dumps({**OBSERVATION, "visibility_m": 1})).station_id


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"null", b"[]", b"\xff", b'{"a":"\x00"}', b'{"a":"\\ud800"}']
)
def test_what_is_no_json_object_is_refused(content: bytes | None) -> None:
    with pytest.raises(MessageFormatError, match="ObservationMessage"):
        decode(ObservationMessage, content)


@given(st.binary(max_size=200))
def test_no_bytes_make_decoding_fail_in_any_other_way(content: bytes) -> None:
    for kind in (ObservationMessage, HourlySummaryMessage, DeadLetter):
        with pytest.raises(MessageFormatError):
            decode(kind, content)


def test_a_summary_has_every_column_that_merges_and_what_the_sink_guards_by() -> None:
    assert {*MERGE, "received", "version"} <= set(HourlySummaryMessage.model_fields)


def test_a_summary_comes_back_as_it_was_written() -> None:
    message = decode(HourlySummaryMessage, json.dumps(SUMMARY))

    assert json.loads(message.encode()) == SUMMARY
    assert message.key == (
        "01001099999",
        datetime(1901, 1, 1, 6, tzinfo=UTC),
        "global-hourly",
        "routine",
    )
    assert message.accounted == 2 + len(REASON_COUNTS)


def test_an_hour_in_which_nothing_counts_has_no_statistics() -> None:
    statistics = ("min_tenths", "max_tenths", "sum_tenths")
    without = {name: value for name, value in SUMMARY.items() if name not in statistics}

    assert (
        decode(HourlySummaryMessage, json.dumps({**without, "observation_count": 0})).min_tenths is None
    )
    assert "if any counts" in refusal(HourlySummaryMessage, without)
    assert "observation_count: is 0" in refusal(
        HourlySummaryMessage, {**SUMMARY, "observation_count": 0}
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rule", "best"),
        ("dataset", "isd"),
        ("hour_start", "1901-01-01T06:30:00Z"),
        ("observation_count", -1),
        ("sum_tenths", -25),
        ("sum_tenths", -3),
        ("min_tenths", -(2**15) - 1),
        ("received", 0),
        ("version", -1),
        ("superseded_count", None),
    ],
)
def test_a_wrong_value_in_a_summary_is_refused_by_name(field: str, value: object) -> None:
    assert field in refusal(HourlySummaryMessage, {**SUMMARY, field: value})


@given(
    st.one_of(
        st.none(),
        st.binary(max_size=100),
        st.text(max_size=50).map(lambda text: text.encode("utf-8", "ignore")),
    )
)
def test_a_dead_letter_keeps_any_payload_to_the_byte(payload: bytes | None) -> None:
    letter = DeadLetter.of(payload, reason="invalid", detail="why", topic="t", partition=1, offset=2)

    assert decode(DeadLetter, letter.encode()).content() == (payload or b"")


def test_a_long_payload_is_cut_so_that_the_letter_fits_into_kafka() -> None:
    letter = DeadLetter.of(b"\xff" * 3_000_000, reason="invalid", detail="why", topic="t")

    assert letter.payload_bytes == 3_000_000
    assert len(letter.encode()) < 1_000_000


def test_every_topic_keeps_seven_days_by_the_time_of_feeding() -> None:
    assert RETENTION_MS == 7 * 24 * 3600 * 1000
    for topic in TOPICS:
        assert topic.config["retention.ms"] == "604800000"
        assert topic.config["message.timestamp.type"] == "CreateTime"
