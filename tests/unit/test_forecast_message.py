"""What a forecast's message accepts, to the letter, and which of several of one key is written."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_messages import forecast_row, with_leads
from isotherm.errors import MessageFormatError
from isotherm.forecast_message import LEADS_H, METHODS, ForecastMessage, version_at
from isotherm.messages import decode
from isotherm.sink.forecasts import newest_of_each

COUNT = len(LEADS_H)


def read(row: object) -> ForecastMessage:
    return decode(ForecastMessage, json.dumps(row))


def test_leads_are_each_hour_of_a_day_and_every_third_of_four() -> None:
    assert (*range(1, 25), *range(27, 97, 3)) == LEADS_H
    assert COUNT == 48
    assert METHODS == ("nothing", "climatology", "damped14", "own", "neighbours", "blend")


def test_what_is_written_is_read_again() -> None:
    message = read(forecast_row())
    assert decode(ForecastMessage, message.encode()) == message
    assert message.key == ("72530094846", datetime(2014, 1, 1, tzinfo=UTC), "hindcast")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema_version", 2),
        ("station_id", "x'y"),
        ("dataset", "isd"),
        ("origin_hour", "2014-01-01T00:30:00Z"),
        ("issued_at", 1388534400),
        ("kind", "nowcast"),
        ("model_version", ""),
        ("model_version", "a b"),
        ("feed_id", ""),
        ("version", -1),
        ("version", 1.5),
        ("leads", None),
    ],
)
def test_a_wrong_field_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(MessageFormatError, match=field):
        read(forecast_row(**{field: value}))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("lead_h", list(range(1, COUNT + 1))),
        ("yesterday_tenths", [1]),
        ("temperature_tenths", [1.5] * COUNT),
        ("temperature_tenths", [40_000] * COUNT),
        ("temperature_tenths", [None] * COUNT),  # the method says there is something
        ("method", ["own"] * COUNT),  # of nothing
        ("method", ["guess"] * COUNT),
        ("low_tenths", [None] * COUNT),  # without its upper end
        ("low_tenths", [[20]] * COUNT),
    ],
)
def test_lists_that_do_not_agree_are_refused_by_name(field: str, values: list[object]) -> None:
    with pytest.raises(MessageFormatError, match=field):
        read(with_leads(**{field: values}))


def test_the_temperature_lies_in_its_interval() -> None:
    with pytest.raises(MessageFormatError, match="between low and high"):
        read(with_leads(low_tenths=[*[20] * (COUNT - 1), None]))


def test_a_later_forecast_has_the_higher_version() -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    assert version_at(now) == 1795651200000
    assert version_at(now + timedelta(milliseconds=1)) == version_at(now) + 1


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 3)), max_size=12))
def test_of_each_key_the_highest_version_is_written(sent: list[tuple[str, int]]) -> None:
    messages = [read(forecast_row(f"7253009484{one}", version=version)) for one, version in sent]
    wanted: dict[str, int] = {}
    for one, version in sent:
        wanted[f"7253009484{one}"] = max(version, wanted.get(f"7253009484{one}", 0))
    assert {one.station_id: one.version for one in newest_of_each(messages)} == wanted
