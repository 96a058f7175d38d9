"""The rules of repair, each on what really comes: text numbers, commas, blanks, half messages."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from isotherm.errors import SettingsError
from isotherm.letters.form import ALL, RepairForm
from isotherm.letters.judgement import Admitted, judge
from isotherm.letters.repairs import RULE_NAMES, CannotRepairError, Repair
from isotherm.messages import HOURLY_SUMMARY_TOPIC, OBSERVATION_TOPIC, ObservationMessage
from isotherm.stores.tables.letters import MAX_KEPT_BYTES
from isotherm.stream.admission import Refusal
from made_up import observation

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEED = "feed-1"


def message(**changes: object) -> dict[str, Any]:
    good = ObservationMessage.model_validate({"feed_id": FEED, **observation()})
    return {**good.model_dump(mode="json"), **changes}


def repaired(rule: str, content: bytes, **more: object) -> dict[str, Any]:
    repair = Repair(rule, **more)  # type: ignore[arg-type]
    done = repair.apply(content, is_whole=True, feed_id=FEED)
    found: dict[str, Any] = json.loads(done)
    return found


def verdict(content: bytes, topic: str = OBSERVATION_TOPIC, now: datetime = NOW) -> Admitted | Refusal:
    return judge(topic, content, feed_id=FEED, feeds={FEED}, now=now)


def encoded(**changes: object) -> bytes:
    return json.dumps(message(**changes)).encode()


@pytest.mark.parametrize(
    ("rule", "changes", "name", "value"),
    [
        ("trim", {"air_temperature_tenths": " 123 "}, "air_temperature_tenths", 123),
        ("trim", {"air_temperature_tenths": 123.0}, "air_temperature_tenths", 123),
        ("trim", {"air_temperature_tenths": ""}, "air_temperature_tenths", None),
        ("trim", {"station_id": " 7253009484a "}, "station_id", "7253009484A"),
        ("trim", {"observed_at": "2014-01-01 05:51:00.25"}, "observed_at", "2014-01-01T05:51:00Z"),
        ("trim", {"observed_at": "2014-01-01T05:51"}, "observed_at", "2014-01-01T05:51:00Z"),
        ("decimal_comma", {"air_temperature_tenths": "12,5"}, "air_temperature_tenths", 125),
        ("decimal_comma", {"air_temperature_tenths": "-0.7"}, "air_temperature_tenths", -7),
        ("decimal_comma", {"wind_direction_deg": "180,0"}, "wind_direction_deg", 180),
        ("clear_implausible", {"dew_point_tenths": 12_345}, "dew_point_tenths", None),
    ],
)
def test_a_rule_makes_an_admissible_message_of_a_refused_one(
    rule: str, changes: dict[str, Any], name: str, value: object
) -> None:
    content = encoded(**changes)
    if changes.get("air_temperature_tenths", "12") != 123.0:  # a whole float is read as it is
        assert isinstance(verdict(content), Refusal)
    found = repaired(rule, content)
    assert found[name] == value
    assert isinstance(verdict(json.dumps(found).encode()), Admitted)


def test_as_is_sends_the_very_bytes_and_admission_says_whether_its_time_has_come() -> None:
    ahead = encoded(observed_at="2026-01-01T02:00:00Z")
    assert Repair("as_is").apply(ahead, is_whole=True, feed_id=FEED) == ahead
    early = verdict(ahead)
    assert isinstance(early, Refusal)
    assert early.reason == "future"
    found = verdict(ahead, now=NOW + timedelta(hours=3))
    assert found == Admitted("01001099999", datetime(2026, 1, 1, 2, tzinfo=UTC), "global-hourly", FEED)


def test_fields_and_payloads_are_filled_up_with_what_the_letter_says() -> None:
    half = {
        name: value for name, value in message().items() if name not in ("feed_id", "schema_version")
    }
    assert repaired("payload", b"{not json", payload=half)["feed_id"] == FEED
    assert (
        repaired("set_fields", encoded(dataset="x"), fields={"dataset": "ghcnh"})["dataset"] == "ghcnh"
    )


@pytest.mark.parametrize(
    ("rule", "content"),
    [
        ("trim", b"{not json"),
        ("trim", b"[1]"),
        ("decimal_comma", b"\xff\xfe"),
        ("decimal_comma", encoded(air_temperature_tenths="12,55")),
        ("clear_implausible", encoded(dataset="another")),
    ],
)
def test_what_a_rule_can_make_nothing_of_it_says(rule: str, content: bytes) -> None:
    with pytest.raises(CannotRepairError):
        Repair(rule).apply(content, is_whole=True, feed_id=FEED)


@pytest.mark.parametrize(
    "time", ["2014-02-30T05:51:00Z", "2014-01-01T25:00", "2014-01-01T05:51:00+99:00"]
)
def test_a_time_that_no_calendar_has_is_judged_like_any_other(time: str) -> None:
    found = verdict(json.dumps(repaired("trim", encoded(observed_at=time))).encode())
    assert isinstance(found, Refusal)
    assert "observed_at" in found.detail


@pytest.mark.parametrize("more", [{"rule": "trim"}, {"rule": "set_fields", "fields": {"note": "x"}}])
def test_a_repaired_message_that_its_column_cannot_hold_is_refused_alone(more: dict[str, Any]) -> None:
    content = json.dumps(message(remark="é" * 11_000), ensure_ascii=False).encode()
    assert len(content) < MAX_KEPT_BYTES
    with pytest.raises(CannotRepairError, match="more than 65535"):
        Repair(**more).apply(content, is_whole=True, feed_id=FEED)


def test_of_a_message_that_is_kept_in_part_only_a_payload_is_sent() -> None:
    with pytest.raises(CannotRepairError, match="whole message"):
        Repair("as_is").apply(b"{", is_whole=False, feed_id=FEED)
    assert Repair("payload", payload=message()).apply(b"{", is_whole=False, feed_id=FEED)


@pytest.mark.parametrize(
    ("topic", "content", "reason"),
    [
        (OBSERVATION_TOPIC, encoded(feed_id="another"), "other_feed"),
        (OBSERVATION_TOPIC, encoded(dataset="another"), "invalid"),
        ("isotherm.dead-letter", encoded(), "other_topic"),
        (HOURLY_SUMMARY_TOPIC, encoded(), "invalid"),
    ],
)
def test_what_may_not_be_sent_is_refused_by_reason(topic: str, content: bytes, reason: str) -> None:
    found = verdict(content, topic)
    assert isinstance(found, Refusal)
    assert found.reason == reason


def test_a_feed_that_is_not_here_takes_nothing() -> None:
    found = judge(OBSERVATION_TOPIC, encoded(), feed_id=FEED, feeds=(), now=NOW)
    assert isinstance(found, Refusal)
    assert found.reason == "feed_gone"


FORM: dict[str, Any] = {
    "reason": ALL, "letter_ids": None, "first_day": None, "last_day": None, "repair_rule": "as_is",
    "fields": None, "payload": None, "limit": 10, "dry_run": True,
}  # fmt: skip


def test_a_form_means_whole_days() -> None:
    form = RepairForm.of(
        {**FORM, "reason": "future", "first_day": "2026-01-01", "last_day": "2026-01-02"}
    )
    assert (form.reason, form.start, form.end) == (
        "future", datetime(2026, 1, 1), datetime(2026, 1, 3),  # noqa: DTZ001
    )  # fmt: skip
    assert RepairForm.of(FORM).reason is None
    end = RepairForm.of({**FORM, "last_day": "9999-12-31"}).end
    assert end is not None
    assert end.year == 9999


@pytest.mark.parametrize(
    "values",
    [
        {"first_day": "2026-01-02", "last_day": "2026-01-01"},
        {"repair_rule": "set_fields"},
        {"fields": {"dataset": "ghcnh"}},
        {"repair_rule": "payload", "payload": {"a": 1}},
        {"repair_rule": "payload", "payload": {"a": 1}, "letter_ids": [1, 2]},
        {"repair_rule": "payload", "letter_ids": [1]},
        {"repair_rule": "drop"},
    ],
)
def test_a_form_that_makes_no_sense_is_refused_with_what_would(values: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"\w+"):
        RepairForm.of({**FORM, **values})


def test_every_rule_is_explained_where_the_form_is() -> None:
    from isotherm.settings import REPOSITORY_ROOT

    text = (REPOSITORY_ROOT / "dags" / "repair_dead_letters.py").read_text()
    for name in RULE_NAMES:
        assert f"`{name}`" in text
