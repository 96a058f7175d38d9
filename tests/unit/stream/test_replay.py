"""A replay's identity and command lines."""

import json
import shlex
from datetime import date, timedelta
from typing import Any

import pytest

from isotherm.errors import SettingsError
from isotherm.lane import RECONCILE
from isotherm.station_choice import StationChoice
from isotherm.stream.disorder import Disorder
from isotherm.stream.feeder_program import parse_arguments
from isotherm.stream.progress import SHOWN_AT_ONCE, SHOWN_EVERY_S, Allowance, Progress
from isotherm.stream.replay import Replay

FORM: dict[str, Any] = {
    "period": "days",
    "first_day": "2014-01-01",
    "last_day": None,
    "station_count": 100,
    "batch_interval_s": 30,
    "speed": 120,
    "trigger_s": 5,
    "label": None,
}


def replay(**values: object) -> Replay:
    return Replay.from_form({**FORM, **values})


def test_one_day_is_the_first_day_alone() -> None:
    one = replay()
    assert (one.first_day, one.last_day) == (date(2014, 1, 1), date(2014, 1, 1))
    assert one.feeder_arguments("f")[:6] == [
        "--feed-id", "f", "--first-day", "2014-01-01", "--last-day", "2014-01-01",
    ]  # fmt: skip


def test_the_command_that_plays_the_same_again_is_a_form_of_the_same_replay_with_a_label() -> None:
    one = replay(last_day="2014-01-03", station_count=7)
    command, form = one.again_command("again").split(" --conf ")
    assert command == "./isotherm airflow dags trigger stream_observations"
    again = Replay.from_form({**FORM, **json.loads(form.strip("'"))})
    assert again == replay(last_day="2014-01-03", station_count=7, label="again")
    apart = replay(country="Cote d'Ivoire", box="-10,0,0,10").again_command("again")
    form = json.loads(shlex.split(apart)[-1])
    assert (form["country"], form["box"], form["station_count"]) == ("Cote d'Ivoire", "-10,0,0,10", 100)


def test_the_stations_a_replay_plays_reach_its_feeder_as_they_were_typed() -> None:
    said = {"box": "-10,50,30,72", "country": "Norway", "near": "60,10", "station_count": 3}
    arguments = replay(**said, radius_km=None).feeder_arguments("f")
    options = parse_arguments(arguments)
    assert options.stations == said
    assert StationChoice.of_form(options.stations) == replay(**said).choice
    assert "Norway (NO)" in replay(**said).describe()


def test_following_is_a_replay_without_days_and_without_end() -> None:
    one = replay(period="follow", first_day=None)
    assert (one.follows, one.first_day) == (True, None)
    assert parse_arguments(one.feeder_arguments("f")).days == "follow"
    form = json.loads(shlex.split(one.again_command("again"))[-1])
    assert Replay.from_form({**FORM, **form}).follows
    assert "publishes" in one.describe()


def test_disorder_reaches_the_feeder_and_the_command_that_plays_the_same_again() -> None:
    one = replay(disorder={"seed": 5, "late": 0.2})
    assert parse_arguments(one.feeder_arguments("f")).disorder == Disorder(5, late=0.2)
    form = json.loads(shlex.split(one.again_command("again"))[-1])
    assert Replay.from_form({**FORM, **form}).disorder == one.disorder
    assert replay().disorder is None
    assert "--disorder" not in replay().feeder_arguments("f")


def test_stations_that_cannot_be_read_are_refused_before_anything_starts() -> None:
    with pytest.raises(SettingsError, match="No country 'Norwai'"):
        replay(country="Norwai")
    newest = replay(period="newest", first_day=None).again_command("x")
    assert '"period": "newest"' in newest
    assert "first_day" not in newest


def test_newest_needs_no_days() -> None:
    arguments = replay(period="newest", first_day=None).feeder_arguments("f")
    assert arguments[2:4] == ["--days", "newest"]


def test_a_period_may_end_where_the_calendar_does() -> None:
    asked = replay(first_day="2014-01-01", last_day="9999-12-31")
    assert asked.last_day is not None
    assert asked.last_day + timedelta(days=1) > date(9999, 12, 29)
    assert replay(first_day="9999-12-31", last_day=None).first_day == asked.last_day


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"first_day": None}, "first_day is empty"),
        ({"first_day": "2014-01-03", "last_day": "2014-01-01"}, "is after last_day"),
    ],
)
def test_days_that_make_no_period_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        replay(**values)


def test_the_bridge_starts_before_the_feeder_that_needs_its_socket() -> None:
    assert list(replay().commands("f")) == ["bridge", "stream", "feeder", "forecaster"]


def test_forecasts_are_made_unless_the_form_says_no_and_in_production_alone() -> None:
    assert "--follows" in replay(period="follow").commands("f")["forecaster"][1]
    quiet = replay(forecast=False)
    assert "forecaster" not in quiet.commands("f")
    assert '"forecast": false' in quiet.again_command("x")
    assert "forecaster" not in replay().commands("f", RECONCILE)


@pytest.mark.parametrize(("speed", "every_h"), [(120, "1"), (1200, "1"), (1201, "6"), (0, "6")])
def test_a_paced_replay_forecasts_every_hour_and_a_fast_one_each_sixth(
    speed: float, every_h: str
) -> None:
    arguments = replay(speed=speed).commands("f")["forecaster"][1]
    assert arguments[arguments.index("--every-h") + 1] == every_h


def test_progress_keeps_what_was_said_last_and_shows_none_of_it() -> None:
    progress = Progress()
    assert progress.take("feeder", '{"batch": 1, "fed": 10}') is None
    assert progress.take("feeder", '{"batch": 2, "fed": 25}') is None
    progress.take("stream", '{"end_offsets": {"0": 7}, "newest_hour": "2014-01-01T05:00:00Z"}')
    progress.take("stream", '{"end_offsets": {"0": 9}, "newest_hour": null}')
    assert progress.fed == 25
    assert progress.stream_offsets == {0: 9}
    assert progress.report(now=100.0)["newest_hour"] == "2014-01-01T05:00:00Z"
    progress.take("feeder", '{"fed": 325}')
    assert progress.report(now=115.0)["rows_per_s"] == 20.0
    assert not progress.is_stream_silent
    progress.forget_stream()
    assert progress.stream_offsets == {}
    assert progress.is_stream_silent
    progress.take("stream", '{"end_offsets": {"0": 12}}')
    assert not progress.is_stream_silent


def test_a_program_that_goes_on_complaining_does_not_fill_the_task_s_log() -> None:
    allowance = Allowance()
    week_s = 7 * 86_400
    shown = [one for second in range(0, week_s, 10) if (one := allowance.of("no", float(second)))]
    assert shown[:SHOWN_AT_ONCE] == ["no"] * SHOWN_AT_ONCE
    assert len(shown) <= SHOWN_AT_ONCE + week_s / SHOWN_EVERY_S + 1
    assert shown[-1] == "no (and 29 lines before it, see its log)"


def test_text_and_warnings_are_shown() -> None:
    progress = Progress()
    for _ in range(2):
        assert progress.take("bridge", "Traceback") == "Traceback"
        assert progress.take("feeder", "{not json") == "{not json"
        shown = progress.take("feeder", '{"event": "late", "level": "warning", "batch": 3}')
        assert shown == "WARNING late batch=3"
