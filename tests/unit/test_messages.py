"""The message contracts: what is read back is what was written, and what is wrong is named."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isotherm.dead_letter import DeadLetter
from isotherm.errors import MessageFormatError
from isotherm.hourly_summary import REASON_COUNTS
from isotherm.messages import (
    RETENTION_MS,
    TOPICS,
    HourlySummaryMessage,
    Message,
    ObservationMessage,
    StationHourMessage,
    decode,
    decode_summaries,
)
from isotherm.observation import FIELDS, Field
from isotherm.quality import RULE_NAMES
from isotherm.statistics.catalogue import FIRST_STATISTICS, MEASURED, STATISTIC_NAMES, STATISTICS
from isotherm.statistics.statistic import COUNT

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
    "dew_point_count": 1,
    "dew_point_sum_tenths": -20,
    "pressure_count": 2,
    "pressure_sum_tenths_hpa": 20_263,
    "wind_count": 2,
    "wind_speed_sum_tenths_ms": 51,
    "wind_east_sum_mms": -4_417,
    "wind_north_sum_mms": 2_550,
    "temperature_histogram": None,
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
        ("observed_at", "0001-01-01T00:00:00+14:00"),
        ("observed_at", "9999-12-31T23:59:59-14:00"),
        ("published_at", "0001-01-01T00:00:00+00:01"),
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
    "content",
    [
        None,
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"1e999",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a":"\x00"}',
        b'{"a":"\\ud800"}',
        b'{"station_id":"\\udc00\\ud800"}',
        b'{"station_id":"' + b"x" * 1_000_000 + b'"}',
        b'{"revision":' + b"9" * 4_000 + b"}",
        b'{"revision":' + b"9" * 100_000 + b"}",
        b'{"revision":NaN,"source_line":Infinity,"published_at":-Infinity}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        '{"a":"\ud800"}',
    ],
)
def test_what_is_no_observation_at_all_is_refused_in_few_words(content: bytes | str | None) -> None:
    with pytest.raises(MessageFormatError, match="ObservationMessage") as caught:
        decode(ObservationMessage, content)

    assert len(str(caught.value)) < 4_000


# Any JSON, and JSON that is nearly a message: known names with values that are odd.
odd_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(exclude_categories=[])),
        st.datetimes().map(lambda one: f"{one:%Y}-01-01T00:00:00+14:00"),
        st.sampled_from(
            [10**400, "0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00", "\0", "\ud800"]
        ),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
odd_documents = st.one_of(
    odd_values,
    st.dictionaries(st.sampled_from(sorted({*OBSERVATION, *SUMMARY, "payload", "at"})), odd_values),
    st.builds(
        lambda good, name, value: {**good, name: value},
        st.sampled_from([OBSERVATION, SUMMARY]),
        st.sampled_from(sorted({*OBSERVATION, *SUMMARY})),
        odd_values,
    ),
)
odd_bytes = st.one_of(st.binary(max_size=200), odd_documents.map(lambda one: json.dumps(one).encode()))


@given(odd_bytes)
def test_any_bytes_are_a_message_or_are_refused_as_such(content: bytes) -> None:
    for kind in (ObservationMessage, StationHourMessage, HourlySummaryMessage, DeadLetter):
        try:
            message = decode(kind, content)
        except MessageFormatError:
            continue
        assert decode(kind, message.encode()) == message


def test_of_a_name_that_occurs_twice_the_last_value_counts() -> None:
    text = json.dumps(SUMMARY)[:-1] + ', "version": 7}'

    assert decode(HourlySummaryMessage, text).version == 7


def test_a_summary_has_every_statistic_and_what_the_sink_guards_by() -> None:
    assert set(HourlySummaryMessage.model_fields) == {
        "schema_version",
        "station_id",
        "hour_start",
        "dataset",
        "rule",
        *(one.name for one in STATISTICS),
        "received",
        "version",
    }


def test_a_statistic_that_is_added_is_a_count_or_nullable_so_that_older_rows_stay_true() -> None:
    added = [one for one in STATISTICS if one not in FIRST_STATISTICS]

    assert added
    assert all(one.unit == COUNT or one.nullable for one in added)


OF_RULE = {name: SUMMARY[name] for name in STATISTIC_NAMES}
OF_HOUR = ("station_id", "hour_start", "dataset", "received", "version")
HOUR: dict[str, Any] = {
    "schema_version": 2,
    **{name: SUMMARY[name] for name in OF_HOUR},
    "rules": dict.fromkeys(RULE_NAMES, OF_RULE),
}


def test_a_station_hour_is_a_summary_under_each_rule_in_the_new_form_and_in_the_old() -> None:
    of_the_hour = decode_summaries(json.dumps(HOUR).encode())

    assert [one.rule for one in of_the_hour] == list(RULE_NAMES)
    for one in of_the_hour:
        assert decode_summaries(json.dumps({**SUMMARY, "rule": one.rule}).encode()) == [one]


def test_what_a_station_hour_leaves_out_is_a_count_of_0_or_nothing() -> None:
    bare = {**HOUR, "rules": {rule: {} for rule in RULE_NAMES}}
    (first, *_) = decode_summaries(json.dumps(bare).encode())

    none = {one.name: 0 if one.unit == COUNT else None for one in STATISTICS}
    assert {name: getattr(first, name) for name in none} == none


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"rules": {}}, "should be unfiltered, qc, routine"),
        ({"rules": {**HOUR["rules"], "best": {}}}, "rules.best"),
        ({"rules": {**HOUR["rules"], "qc": {"observation_count": 1}}}, "rules.qc"),
        ({"rules": {**HOUR["rules"], "qc": {"special_count": -1}}}, "rules.qc.special_count"),
        ({"rules": None}, "rules"),
        ({"schema_version": 1}, "schema_version"),
        ({"hour_start": "1901-01-01T06:30:00Z"}, "hour_start"),
        ({"received": 0}, "received"),
    ],
)
def test_a_wrong_value_in_a_station_hour_is_refused_by_name(
    changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(MessageFormatError, match=re.escape(named)):
        decode_summaries(json.dumps({**HOUR, **changes}).encode())


def test_a_message_older_than_a_statistic_has_none_of_it() -> None:
    added = {one.name for one in STATISTICS if one not in FIRST_STATISTICS}
    older = {name: value for name, value in SUMMARY.items() if name not in added}
    as_null = {**SUMMARY, **dict.fromkeys(added)}

    for document in (older, as_null):
        message = json.loads(decode(HourlySummaryMessage, json.dumps(document)).encode())
        assert (message["dew_point_count"], message["dew_point_sum_tenths"]) == (0, None)
        assert (message["wind_count"], message["wind_east_sum_mms"]) == (0, None)


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
    statistics = tuple(one.name for one in MEASURED[1:])
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
        ("dew_point_count", -1),
        ("dew_point_count", "1"),
        ("dew_point_sum_tenths", 2**31),
        ("dew_point_sum_tenths", 1.5),
        ("hour_start", "1700-01-01T00:00:00+01:00"),
        ("hour_start", "9999-01-01T00:00:00Z"),
        ("hour_start", "9999-12-31T23:00:00-05:00"),
        ("hour_start", "0001-01-01T00:00:00+05:00"),
    ],
)
def test_a_wrong_value_in_a_summary_is_refused_by_name(field: str, value: object) -> None:
    assert field in refusal(HourlySummaryMessage, {**SUMMARY, field: value})


def test_every_topic_keeps_seven_days_by_the_time_of_feeding() -> None:
    assert RETENTION_MS == 7 * 24 * 3600 * 1000
    for topic in TOPICS:
        assert topic.config["retention.ms"] == "604800000"
        assert topic.config["message.timestamp.type"] == "CreateTime"
