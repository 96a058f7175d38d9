"""Decoding by columns takes what the contract takes, refuses what it refuses, and says the same."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from isotherm.errors import MessageFormatError
from isotherm.messages import SummaryHead, decode_summaries
from isotherm.quality import RULE_NAMES
from isotherm.sink.decode import RECORD, as_frame, decode_records
from isotherm.statistics.catalogue import REASON_COUNTS


class Record:
    """What of Kafka's message is asked."""

    def __init__(self, value: bytes | None) -> None:
        self._value = value

    def value(self) -> bytes | None:
        return self._value


STATISTICS: dict[str, Any] = {
    "observation_count": 2,
    "min_tenths": 10,
    "max_tenths": 20,
    "sum_tenths": 30,
    "dew_point_count": 1,
    "dew_point_sum_tenths": -7,
    "pressure_count": 2,
    "pressure_sum_tenths_hpa": 20_263,
    "wind_count": 2,
    "wind_speed_sum_tenths_ms": 51,
    "wind_east_sum_mms": -4_417,
    "wind_north_sum_mms": 2_550,
    "temperature_histogram": "10:1 20:1",
    **dict.fromkeys(REASON_COUNTS, 0),
}
HEAD: dict[str, Any] = {
    "schema_version": 2,
    "feed_id": "feed-1",
    "layer": "speed",
    "station_id": "01001099999",
    "hour_start": "2014-01-01T00:00:00Z",
    "dataset": "ghcnh",
    "received": 3,
    "version": 100,
}
# As JSON text: whatever one value may be.
VALUES = [
    *("0", "-0", "1", "-1", "01", "1.0", "1e2", "1.5", "NaN", "true", "null", "[]", "{}", '"1"', '""'),
    *(str(2**15), str(-(2**15)), str(2**31 - 1), str(2**31), str(2**63 - 1), str(2**63), "9" * 400),
    *('"qc"', '"routine"', '"QC"', '"qc "', '"qc\\n"', '"\\u0071c"', '"\\ud800"', '"q\\u0000c"'),
    *('"global-hourly"', '"ghcnh"', '"01001099999"', '"0100109999\\u0661"', '"01001099999\\n"', '"}"'),
    *('"2014-01-01T00:00:00Z"', '"2014-01-01T00:00:00.000000Z"', '"2014-01-01T00:00:00.0000000001Z"'),
    *('"2014-01-01T00:30:00Z"', '"2014-01-01T00:30:00+00:30"', '"2014-01-01 00:00:00Z"'),
    *('"2014-01-01T00:00:00z"', '"2014-02-30T00:00:00Z"', '"2014-01-01T24:00:00Z"'),
    *('"1699-12-31T23:00:00Z"', '"1700-01-01T00:00:00Z"', '"9999-01-01T00:00:00Z"', "1388534400"),
    *('"0001-01-01T00:00:00+05:00"', '"2014-01-01T00:00:00-05:00"', '"\\u0662014-01-01T00:00:00Z"'),
    *('"10:2"', '"-10:1 20:1"', '"10:1  20:1"', '"1\\u0660:2"', '"10:2\\n"', '"10"'),
]  # fmt: skip
values = st.sampled_from(VALUES) | st.integers(-(2**16), 2**16).map(str)
head_changes = st.dictionaries(st.sampled_from([*HEAD, "rules", "unknown_field"]), values, max_size=2)
changes = st.dictionaries(st.sampled_from([*STATISTICS, "unknown_field"]), values, max_size=2)
removed = st.lists(st.sampled_from([*HEAD, *STATISTICS, *RULE_NAMES, "rules"]), max_size=2)


def text_of(
    head: dict[str, str], changed: dict[str, str], without: list[str], *, spaced: bool = False
) -> bytes:
    """A station-hour with values as they stand; of the rules only the last has the changes."""
    separator = ": " if spaced else ":"

    def object_of(fields: dict[str, str]) -> str:
        held = [f'"{name}"{separator}{value}' for name, value in fields.items() if name not in without]
        return "{" + ",".join(held) + "}"

    whole = {name: json.dumps(value) for name, value in STATISTICS.items()}
    rules = {rule: object_of(whole) for rule in RULE_NAMES[:-1]}
    rules[RULE_NAMES[-1]] = object_of({**whole, **changed})
    fields = {name: json.dumps(value) for name, value in HEAD.items()}
    return object_of({**fields, "rules": object_of(rules), **head}).encode()


def text_before(changed: dict[str, str]) -> bytes:
    """The form before: one message per rule."""
    whole = {**HEAD, **STATISTICS, "schema_version": 1, "rule": "qc"}
    fields = {**{name: json.dumps(value) for name, value in whole.items()}, **changed}
    return ("{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}").encode()


whole_texts = st.builds(text_of, head_changes, changes, removed, spaced=st.booleans())
odd_texts = st.builds(text_before, changes) | st.sampled_from(
    [
        *(None, b"", b"{", b"null", b"[1]", b"\xff", b"\xef\xbb\xbf{}", b"[" * 100_000, b" {} "),
        *(b'{"rules":' * 5_000, b'{"a":{"rules":1}}', b'{"rules":{}}', b'"rules"'),
        text_of({}, {}, []).replace(b'"rules"', b'"\\u0072ules"'),
        text_of({}, {}, []).replace(b'"qc":', b'"qc":{},"qc":'),
    ]
)


def by_contract(
    texts: list[bytes | None],
) -> tuple[list[tuple[int, SummaryHead]], list[tuple[int, str]]]:
    taken, refused = [], []
    for number, text in enumerate(texts):
        try:
            taken += [(number, one) for one in decode_summaries(text)]
        except MessageFormatError as error:
            refused.append((number, str(error)))
    return taken, refused


def assert_equal(texts: list[bytes | None]) -> None:
    records: list[Any] = [Record(one) for one in texts]
    taken, refused = by_contract(texts)

    found = decode_records(records)

    assert found.summaries.sort(RECORD, "rule").equals(as_frame(taken).sort(RECORD, "rule"))
    assert [(records.index(one.record), one.detail) for one in found.poison] == refused


@given(st.lists(whole_texts | odd_texts, max_size=6))
@example([text_of({}, {}, [])])
def test_columns_take_and_refuse_what_the_contract_does(texts: list[bytes | None]) -> None:
    assert_equal(texts)


def test_every_value_in_every_field_is_taken_or_refused_as_by_the_contract() -> None:
    for name in HEAD:
        assert_equal([text_of({name: value}, {}, []) for value in VALUES])
    for name in STATISTICS:
        assert_equal([text_of({}, {name: value}, []) for value in VALUES])
        assert_equal([text_before({name: value}) for value in VALUES])


def test_what_the_stream_writes_is_read_quickly() -> None:
    """Each record is looked at once; a second time would be the contract's own way."""
    empty = ["min_tenths", "max_tenths", "sum_tenths", "temperature_histogram"]
    texts = [
        text_of({}, {}, []),
        text_of({}, {}, [], spaced=True),
        text_of({}, {"observation_count": "0"}, [*empty, "observation_count"]),
        text_of({}, {}, ["dew_point_count", "dew_point_sum_tenths", *REASON_COUNTS]),
    ]
    asked: list[int] = []

    class Counting(Record):
        def value(self) -> bytes | None:
            asked.append(1)
            return super().value()

    records: list[Any] = [Counting(one) for one in texts]
    found = decode_records(records)

    assert len(asked) == len(texts)
    assert sorted(found.summaries[RECORD]) == sorted([0, 1, 2, 3] * len(RULE_NAMES))
    assert found.poison == []
