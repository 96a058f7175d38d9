"""Layers reconciled on real servers: HDFS, MySQL, Kafka, Spark; production's rows are only read."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from isotherm.datasets.registry import configured
from isotherm.errors import StoreError
from isotherm.ingest.workplace import Workplace
from isotherm.messages import TOPICS
from isotherm.reconcile.choice import Asked, choose_days
from isotherm.reconcile.drift import Drift, measure_drift
from isotherm.reconcile.operator import describe, verdict
from isotherm.reconcile.place import LanePlace
from isotherm.reconcile.run import Outcome, Reconciler
from isotherm.settings import Settings, load_settings
from isotherm.stores import reconciliations
from isotherm.stores.kafka_topics import admin_client, ensure_topics
from isotherm.stores.tables import (
    hourly_summary,
    metadata,
    source_file,
    station,
    station_place,
)
from isotherm.stream.disorder import Disorder
from servers.hdfs_fixture import Hdfs
from servers.ingest_fixture import (
    STATION,
    Published,
    csv_of,
    empty,
    place_of,
    run_day,
    use_settings_of,
)
from servers.kafka_fixture import KafkaBroker
from servers.stream_fixture import ends
from servers.table_checksums import rows_of

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = [pytest.mark.servers, pytest.mark.spark]

OTHER = "22222099999"
DAY = date(2014, 1, 2)
DISORDER = Disorder(7, late=0.1, duplicated=0.3, shuffled=0.3, corrected=0.3, malformed=0.1)
ASKED = Asked(DAY, DAY, {}, DISORDER)
# Two stations, 24 hours, three rules.
ROWS = 2 * 24 * 3


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaBroker]:
    one = KafkaBroker()
    try:
        one.start()
        ensure_topics(one.bootstrap)
        yield one
    finally:
        one.dispose()


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as one:
        yield one
    load_settings.cache_clear()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return Published(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def settings(
    servers: Hdfs, broker: KafkaBroker, published: Published, patch: pytest.MonkeyPatch
) -> Settings:
    """In the environment too, for the programs."""
    use_settings_of(servers, published, patch)
    patch.setenv("ISOTHERM_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap)
    load_settings.cache_clear()
    return load_settings()


@pytest.fixture(scope="module")
def loaded(settings: Settings, servers: Hdfs, published: Published) -> Iterator[Workplace]:
    """Two station-years in the batch layer; of one the archive has a newer version meanwhile."""
    place = place_of(servers, published)
    empty(place)
    published.put(csv_of(72))
    published.put(csv_of(72, OTHER, tenths=123), OTHER)
    run_day(place, "2014-01-02", station_ids=[STATION, OTHER])
    published.put(csv_of(72, tenths=-250))
    yield place
    place.engine.dispose()


def production(place: Workplace) -> dict[str, list[object]]:
    """Every row of every table, but of the one that reconciliations write."""
    return {
        one.name: rows_of(place.engine, one)
        for one in metadata.sorted_tables
        if one.name != "reconciliation"
    }


def reconcile(settings: Settings) -> Outcome:
    outcome = Reconciler(settings, ASKED, "reconcile_layers test", logging.getLogger("test")).run()
    assert outcome is not None
    return outcome


@pytest.fixture(scope="module")
def reconciled(settings: Settings, loaded: Workplace) -> Iterator[Outcome]:
    """A day replayed, on what a run that was killed had left behind."""
    place = LanePlace(settings)
    place.make()
    for folder in ("feeds", "downloads"):
        (place.settings.state_dir / folder).mkdir(parents=True, exist_ok=True)
        (place.settings.state_dir / folder / "left").touch()
    before = production(loaded)
    offsets = [ends(settings.kafka_bootstrap_servers, one.name) for one in TOPICS]
    outcome = reconcile(settings)
    assert production(loaded) == before, "production is only read"
    assert [ends(settings.kafka_bootstrap_servers, one.name) for one in TOPICS] == offsets
    yield outcome
    place.remove()


def test_a_day_replayed_in_disorder_beside_production_is_the_batch_layers_to_the_integer(
    reconciled: Outcome, loaded: Workplace
) -> None:
    result = reconciled.result
    assert (result.drift, result.compared) == (0, ROWS)
    # A malformed copy is fed as well, and ends as a dead letter.
    assert result.dead_lettered > 0
    assert (result.fed, result.lost, result.doubled, result.late) == (
        48 + result.dead_lettered,
        0,
        0,
        0,
    )
    assert (result.station_year_count, result.left_out_count) == (2, 0)
    assert (result.first_day, result.last_day) == (DAY, DAY)
    assert result.is_good
    with loaded.engine.connect() as connection:
        kept = reconciliations.read_newest(connection)
    assert kept is not None
    assert replace(kept, finished_at=result.finished_at) == result
    assert any(line.startswith("drift ") for line in describe(reconciled))


def measured(settings: Settings, place: Workplace, connection: sa.Connection) -> Drift:
    """The drift of what this connection sees, against the replay that is still there."""
    days = choose_days(connection, configured(settings), ASKED)
    assert days is not None
    engine = LanePlace(settings).engine()
    with engine.connect() as lane:
        drift = measure_drift(connection, lane, days.files, DAY, DAY)
    engine.dispose()
    return drift


def test_each_row_that_is_another_one_is_counted_and_shown_with_both_values(
    reconciled: Outcome, settings: Settings, loaded: Workplace
) -> None:
    table = hourly_summary
    noon = sa.and_(table.c.station_id == OTHER, sa.func.date(table.c.hour_start) == DAY)
    noon = sa.and_(noon, sa.func.hour(table.c.hour_start) == 12)
    with loaded.engine.connect() as connection:
        connection.execute(
            sa.update(table).where(noon, table.c.rule == "qc").values(sum_tenths=124, max_tenths=124)
        )
        connection.execute(sa.delete(table).where(noon, table.c.rule == "routine"))
        connection.execute(
            sa.update(table)
            .where(noon, table.c.rule == "unfiltered")
            .values(hour_start=sa.func.timestampadd(sa.text("MINUTE"), 1, table.c.hour_start))
        )
        drift = measured(settings, loaded, connection)
        connection.rollback()
        assert measured(settings, loaded, connection).rows == 0

    assert (drift.differing, drift.missing, drift.extra) == (1, 1, 2)
    assert drift.rows == 4
    said = {(one.rule, one.what) for one in drift.shown}
    assert ("qc", "max_tenths 124, replayed 123; sum_tenths 124, replayed 123") in said
    result = replace(reconciled.result, differing=1, missing=1, extra=2)
    told = verdict(Outcome(result, drift, reconciled.lines))
    assert "4 of 144 rows differ (1 in a statistic, 1 missing in the replay, 2 extra)" in told
    assert "ingest_observations" in told


def test_rows_of_the_speed_layer_are_compared_where_there_are_some(
    reconciled: Outcome, settings: Settings, loaded: Workplace
) -> None:
    columns = [one.name for one in hourly_summary.columns if one.name != "layer"]
    with loaded.engine.connect() as connection:
        source = sa.select(*(hourly_summary.c[name] for name in columns), sa.literal("speed")).where(
            hourly_summary.c.station_id == STATION, sa.func.date(hourly_summary.c.hour_start) == DAY
        )
        connection.execute(sa.insert(hourly_summary).from_select([*columns, "layer"], source))
        same = measured(settings, loaded, connection)
        connection.execute(
            sa.update(hourly_summary)
            .where(hourly_summary.c.layer == "speed", hourly_summary.c.rule == "unfiltered")
            .values(observation_count=2)
        )
        other = measured(settings, loaded, connection)
        connection.rollback()
    assert (same.rows, same.speed_compared, same.speed_differing) == (0, ROWS // 2, 0)
    assert (other.rows, other.speed_compared, other.speed_differing) == (0, ROWS // 2, 24)


def test_files_that_were_all_published_anew_meanwhile_say_nothing_of_drift(
    settings: Settings, loaded: Workplace, reconciled: Outcome
) -> None:
    reconciler = Reconciler(settings, ASKED, "again", logging.getLogger("test"))
    with loaded.engine.connect() as connection:
        days = choose_days(connection, configured(settings), ASKED)
    assert days is not None
    (feed,) = (LanePlace(settings).settings.state_dir / "feeds").glob("*.json")

    def mark(is_pending: int) -> None:
        with loaded.engine.begin() as connection:
            connection.execute(sa.update(source_file).values(is_pending=is_pending))

    mark(1)
    try:
        assert reconciler._compare(loaded.engine, days, feed.stem, 0.0) is None
    finally:
        mark(0)
    assert reconciler._compare(loaded.engine, days, feed.stem, 0.0) is not None


def test_what_was_made_for_a_replay_is_removed_and_removing_it_again_does_nothing(
    reconciled: Outcome, settings: Settings, loaded: Workplace
) -> None:
    place = LanePlace(settings)
    with loaded.engine.connect() as connection:
        databases = set(connection.scalars(sa.text("SHOW DATABASES")))
    assert "isotherm_reconcile" in databases
    for _ in range(2):
        place.remove()
        with loaded.engine.connect() as connection:
            databases = set(connection.scalars(sa.text("SHOW DATABASES")))
        assert "isotherm_reconcile" not in databases
        assert "isotherm" in databases
        topics = set(admin_client(settings.kafka_bootstrap_servers).list_topics(timeout=10).topics)
        assert {one.name for one in topics_of_lane(place)} & topics == set()
        assert {one.name for one in TOPICS} <= topics
    left = {one.name for one in place.settings.state_dir.iterdir()}
    assert left <= {"logs"}
    assert not (settings.state_dir / "checkpoints" / "reconcile").exists()


def topics_of_lane(place: LanePlace) -> list:
    return list(place.topics)


def test_files_that_something_has_still_to_come_to_are_not_compared(
    settings: Settings, loaded: Workplace
) -> None:
    with loaded.engine.connect() as connection:
        datasets = configured(settings)
        newest = choose_days(connection, datasets, Asked(None, None, {"station_count": 1}))
        assert newest is not None
        assert (newest.first_day, len(newest.files)) == (date(2014, 1, 3), 1)
        for flag in ("has_changes", "is_pending"):
            connection.execute(
                sa.update(source_file).where(source_file.c.station_id == STATION).values({flag: 1})
            )
            days = choose_days(connection, datasets, ASKED)
            assert days is not None
            assert [one.station_id for one in days.files] == [OTHER]
            connection.rollback()
        connection.execute(sa.update(source_file).values(made_by="older code"))
        assert choose_days(connection, datasets, ASKED) is None
        connection.rollback()
        assert choose_days(connection, datasets, Asked(date(2013, 1, 2), date(2013, 1, 2), {})) is None


def test_a_record_that_another_place_has_taken_over_is_replayed_too(
    settings: Settings, loaded: Workplace
) -> None:
    with loaded.engine.connect() as connection:
        values = {"station_id": OTHER, "place_id": STATION, "via": "wmo", "distance_km": 0.0}
        connection.execute(sa.insert(station_place).values(values))
        connection.execute(sa.update(station).where(station.c.station_id == OTHER).values(hour_count=0))
        for stations in ({}, {"station_count": 1}):
            days = choose_days(connection, configured(settings), Asked(DAY, DAY, stations))
            assert days is not None
            assert {one.station_id for one in days.files} == {STATION, OTHER}
        connection.rollback()


def test_a_server_that_gives_us_no_second_database_is_told_of_with_what_to_do(
    settings: Settings,
) -> None:
    elsewhere = settings.model_copy(update={"mysql_database": "mysql"})
    with pytest.raises(StoreError, match=r"GRANT ALL ON `mysql\\_reconcile`"):
        LanePlace(elsewhere)._on_server("CREATE DATABASE mysql_reconcile")
