"""Which feed a run has: what it began with, else what the archive's present state makes."""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ghcnh_rows import line, psv_file
from isotherm.errors import RefusedError, SettingsError
from isotherm.messages import OBSERVATION_TOPIC, version_of
from isotherm.settings import Settings
from isotherm.stores.kafka_topics import admin_client, ensure_topics
from isotherm.stores.tables import station_place
from isotherm.stream.feed_plan import PlannedFeed, plan_feed
from isotherm.stream.feeder_files import FeedPosition, position_path
from isotherm.stream.replay import Replay
from isotherm.stream.stream_program import plan_of
from isotherm.stream.topic_offsets import TopicOffsets
from servers.kafka_fixture import KafkaBroker
from servers.mariadb_fixture import Database

pytest_plugins = ["servers.kafka_fixture", "servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

HEADER = '"STATION","DATE","SOURCE","REPORT_TYPE","TMP"\n'
NEWEST = Replay(None, None, {"station_count": 100}, 30, 0, 5)
Plan = Callable[..., PlannedFeed]


def publish(root: Path, station_id: str, days: int) -> None:
    """The archive's file of a station-year, so many days long."""
    folder = root / "data" / "global-hourly" / "access" / "2014"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        f'"{station_id}","2014-01-{day:02d}T00:00:00","7","FM-15","+0010,1"\n'
        for day in range(1, days + 1)
    ]
    (folder / f"{station_id}.csv").write_text(HEADER + "".join(rows))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    for number in (1, 2):
        publish(root, f"ZZ00000000{number}", days=3)
    return root


@pytest.fixture
def settings(kafka: KafkaBroker, database: Database, archive: Path, tmp_path: Path) -> Settings:
    ensure_topics(kafka.bootstrap)
    return Settings(
        state_dir=tmp_path / "state",
        archive=str(archive),
        kafka_bootstrap_servers=kafka.bootstrap,
        mysql_port=database.settings.mysql_port,
        mysql_password=database.settings.mysql_password,
    )


def test_the_same_files_are_the_same_feed_whichever_run_asks(settings: Settings) -> None:
    first = plan_feed(settings, NEWEST, "run 1")
    again = plan_feed(settings, NEWEST, "run 2")
    assert first.is_new
    assert not again.is_new
    assert again.position == first.position
    with TopicOffsets(settings.kafka_bootstrap_servers) as topics:
        assert first.position.start_offsets == topics.ends(OBSERVATION_TOPIC)
    assert [one.station_id for one in first.position.station_years or ()] == [
        "ZZ000000001",
        "ZZ000000002",
    ]


def test_a_stream_reads_no_topic_that_was_made_anew_since_its_feed_began(settings: Settings) -> None:
    feed_id = plan_feed(settings, NEWEST, "run 1").position.feed_id
    options = argparse.Namespace(feed_id=feed_id, watermark_days=10, lane=None)
    begun = plan_of(settings, options)
    admin = admin_client(settings.kafka_bootstrap_servers)
    for future in admin.delete_topics([OBSERVATION_TOPIC]).values():
        future.result(10)
    ensure_topics(settings.kafka_bootstrap_servers)
    # By its offsets alone nobody could tell it from the one before.
    with TopicOffsets(settings.kafka_bootstrap_servers) as topics:
        assert topics.ends(OBSERVATION_TOPIC).keys() == begun.start_offsets.keys()
    with pytest.raises(RefusedError, match="made anew since this feed began"):
        plan_of(settings, options)
    again = plan_feed(settings, replace(NEWEST, label="anew"), "run 2").position.feed_id
    anew = plan_of(settings, argparse.Namespace(**vars(options) | {"feed_id": again}))
    assert anew.start_offsets
    # What it makes is newer than what was made of the offsets before, however few it has.
    assert anew.generation == begun.generation + 1
    assert version_of(anew.generation, 0) > version_of(begun.generation, 10**11)
    third = plan_feed(settings, replace(NEWEST, label="third"), "run 3").position
    assert third.generation == anew.generation


def test_a_newer_file_is_a_new_feed_for_a_new_run_while_a_retry_keeps_its_own(
    settings: Settings, archive: Path
) -> None:
    first = plan_feed(settings, NEWEST, "run 1").position
    publish(archive, "ZZ000000002", days=4)
    assert plan_feed(settings, NEWEST, "run 1").position.feed_id == first.feed_id
    newer = plan_feed(settings, NEWEST, "run 2")
    assert newer.is_new
    assert newer.position.feed_id != first.feed_id


def test_days_and_label_make_another_feed_and_pace_does_not(settings: Settings) -> None:
    day = datetime(2014, 1, 2, tzinfo=UTC).date()
    forms = [
        NEWEST,
        Replay(None, None, {"station_count": 100}, 1, 120, 2),
        Replay(None, None, {"station_count": 100}, 30, 0, 5, label="again"),
        Replay(day, day, {"station_count": 100}, 30, 0, 5),
    ]
    ids = [
        plan_feed(settings, form, f"run {number}").position.feed_id for number, form in enumerate(forms)
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_who_follows_has_one_feed_whatever_the_archive_publishes(
    settings: Settings, archive: Path
) -> None:
    follow = replace(NEWEST, follows=True)
    first = plan_feed(settings, follow, "run 1")
    publish(archive, "ZZ000000002", days=4)
    again = plan_feed(settings, follow, "run 2")
    assert (first.is_new, again.is_new) == (True, False)
    assert again.position == first.position
    assert plan_feed(settings, NEWEST, "run 3").position.feed_id != first.position.feed_id
    other = replace(follow, stations={"station_count": 1})
    assert plan_feed(settings, other, "run 4").position.feed_id != first.position.feed_id


def test_a_run_whose_feed_was_removed_plans_anew(settings: Settings) -> None:
    first = plan_feed(settings, NEWEST, "run 1").position
    position_path(settings, first.feed_id).unlink()
    again = plan_feed(settings, NEWEST, "run 1")
    assert again.is_new
    assert again.position.feed_id == first.feed_id


def test_a_period_without_files_is_refused_before_anything_starts(settings: Settings) -> None:
    day = datetime(1950, 1, 1, tzinfo=UTC).date()
    with pytest.raises(SettingsError, match="has no file in this period for"):
        plan_feed(settings, Replay(day, day, {"station_count": 100}, 30, 0, 5), "run 1")
    assert not (settings.state_dir / "feeds").exists()


def test_a_position_survives_being_written_and_read(settings: Settings) -> None:
    planned = plan_feed(settings, NEWEST, "run 1").position
    path = position_path(settings, planned.feed_id)
    assert FeedPosition.load(path, planned.feed_id) == planned
    assert json.loads(path.read_text())["rows_fed"] == 0


def test_newest_feeds_every_dataset_and_named_days_those_that_serve(
    settings: Settings, archive: Path, database: Database
) -> None:
    hourly = archive / "oa/global-historical-climatology-network/hourly/access/by-year/2014/psv"
    hourly.mkdir(parents=True)
    place = "ZZI0000ZZZZ"
    cells = {"STATION": place, "DATE": "2014-01-02T00:00:00"}
    (hourly / f"GHCNh_{place}_2014.psv").write_bytes(psv_file(line(**cells)))
    with database.engine().begin() as connection:
        rows = {"station_id": "ZZ000000001", "place_id": place, "via": "icao", "distance_km": 0.1}
        connection.execute(station_place.insert().values(**rows))
    day = datetime(2014, 1, 2, tzinfo=UTC).date()
    newest, days, old = (
        [
            (one.dataset, one.station_id)
            for one in plan_feed(settings, form, name).position.station_years or ()
        ]
        for name, form in (
            ("run 1", NEWEST),
            ("run 2", Replay(day, day, {"station_count": 100}, 30, 0, 5)),
            ("run 3", Replay(day, day, {"station_count": 100}, 30, 0, 5, dataset="global-hourly")),
        )
    )
    hourly_names = [("global-hourly", "ZZ000000001"), ("global-hourly", "ZZ000000002")]
    assert newest == [("ghcnh", place), *hourly_names]
    assert days == [("ghcnh", place), hourly_names[1]]
    assert old == hourly_names
