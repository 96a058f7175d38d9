"""Many messages at once are judged as one by one, to the value, however odd they are."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from isotherm.messages import ObservationHead, ObservationMessage
from isotherm.observation import FIELDS
from isotherm.stream import bulk_admission
from isotherm.stream.admission import admit, clock_of
from isotherm.stream.bulk_admission import ADMITTED_COLUMNS, admit_many
from made_up import admissible_observations, observation

NOW_MS = int(datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp() * 1000)
GOOD = json.loads(ObservationMessage.model_validate({"feed_id": "f", **observation()}).encode())
LIMITS = [2**31, 2**63, -(2**31) - 1, -(2**63) - 1, 619, -933, 368, 369, 0, -0.0, 1.0, 1.5, True]
TIMES = [
    "2014-01-01T00:51:00+00:00",
    "2014-01-01T00:51:00.000Z",
    "2014-01-01T00:51:60Z",
    "2014-02-29T00:00:00Z",
    "2014-1-01T000:00:00Z",
    "+014-01-01T00:00:00Z",
    " 2014-01-01T00:00:0Z",
    "1699-12-31T23:59:59Z",
    "1700-01-01T00:00:00Z",
    "9998-12-31T23:59:59Z",
    "2026-11-25T13:00:00Z",
    "2026-11-25T13:00:01Z",
    1388534400,
]
TEXTS = ["", "x" * 1024, "x" * 1025, "a\nb", "\x00", "\u00e9", "\ud800", '"', "\\", "{", "station_id"]
odd_values = st.one_of(st.none(), st.sampled_from([*LIMITS, *TIMES, *TEXTS, [], {}]))
changes = st.dictionaries(st.sampled_from([*GOOD, "unknown"]), odd_values, max_size=2)


@st.composite
def contents(draw: st.DrawFn) -> bytes | None:
    """A good message changed in its values, its fields or its bytes; at times not at all."""
    document = {**GOOD, **draw(changes)}
    for name in draw(st.lists(st.sampled_from(sorted(GOOD)), max_size=1)):
        document.pop(name, None)
    text = json.dumps(document, ensure_ascii=draw(st.booleans()), separators=(",", ":"))
    content = text.encode("utf-8", "surrogatepass")
    match draw(st.integers(0, 9)):
        case 0:
            return draw(
                st.sampled_from([None, b"", b"{}", b"null", b"[" * 5000, content + b" ", b"\xff"])
            )
        case 1:
            at = draw(st.integers(0, len(content)))
            return (
                content[:at] + draw(st.sampled_from([b"\xff", b"\n", b" ", b"\\", b"1"])) + content[at:]
            )
        case 2:
            return content[:-1] + b',"revision":7}'
    return content


def one_by_one(
    values: list[bytes | None], written_ms: list[int]
) -> tuple[dict[int, Any], dict[int, str]]:
    admitted, refused = {}, {}
    for row, (value, ms) in enumerate(zip(values, written_ms, strict=True)):
        found = admit(value, clock_of(ms))
        if isinstance(found, ObservationHead):
            admitted[row] = tuple(getattr(found, name) for name in ADMITTED_COLUMNS)
        else:
            refused[row] = found.reason
    return admitted, refused


@given(st.lists(contents(), max_size=8), st.sampled_from([NOW_MS, 0, -(10**15), 10**15]))
def test_any_messages_are_judged_as_one_by_one(values: list[bytes | None], ms: int) -> None:
    written_ms = [ms] * len(values)
    found = admit_many(values, written_ms)
    admitted, refused = one_by_one(values, written_ms)
    assert {row: tuple(rest) for row, *rest in found.readings.iter_rows()} == admitted
    assert {row: one.reason for row, one in found.refusals} == refused


def test_what_our_own_writers_send_is_read_without_asking_one_by_one(monkeypatch: Any) -> None:  # noqa: ANN401
    rows = admissible_observations(3, count=300)
    values: list[bytes | None] = [
        ObservationMessage.model_validate({"feed_id": "f", **row}).encode() for row in rows
    ]
    written_ms = [NOW_MS] * len(values)
    admitted, _ = one_by_one(values, written_ms)
    monkeypatch.setattr(bulk_admission, "admit", None)
    found = admit_many(values, written_ms)
    assert {row: tuple(rest) for row, *rest in found.readings.iter_rows()} == admitted
    assert found.readings.columns == ["row", *ADMITTED_COLUMNS]
    assert {one.name for one in FIELDS} >= set(ADMITTED_COLUMNS) - {"feed_id"}
