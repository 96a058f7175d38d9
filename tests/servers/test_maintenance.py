"""The maintenance removes what is of no use any more, and nothing a ledger names or anybody holds."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from isotherm.files import hold_lock
from isotherm.ingest import day_tasks
from isotherm.ingest.plan import PLAN_ROOT
from isotherm.ingest.workplace import Workplace
from isotherm.maintenance import database, hdfs
from isotherm.maintenance.disk import measure
from isotherm.maintenance.folders import clean_folders
from isotherm.maintenance.removal import Removal
from isotherm.settings import Settings, load_settings
from isotherm.stores import tables
from isotherm.stores.disk_samples import FREE, read_forecast, write_sample
from servers.hdfs_fixture import Hdfs
from servers.ingest_fixture import (
    STATION,
    Published,
    csv_of,
    empty,
    place_of,
    summarise_pending,
    use_settings_of,
)

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

RAW = "/isotherm/raw/global-hourly/2014"
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "archive")


@pytest.fixture
def place(servers: Hdfs, published: Published, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    use_settings_of(servers, published, monkeypatch)
    found = place_of(servers, published)
    empty(found)
    yield found
    found.engine.dispose()
    monkeypatch.undo()
    load_settings.cache_clear()


def by_name(removals: list[Removal]) -> dict[str, int]:
    return {one.what: one.removed for one in removals}


def age(place: Workplace, path: str, days: int) -> None:
    """Let a file on HDFS be so old."""
    then = int((time.time() - days * 86_400) * 1000)
    place.store._client.set_times(path, modification_time=then)


def test_of_old_versions_the_ledgers_and_the_newest_stay(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(24))
    day_tasks.download_day(form={"day": "2014-01-01", "station_count": 1})
    summarise_pending(place)
    [current] = place.store.list(RAW)
    others = [f"{STATION}.{digit * 16}.csv.gz" for digit in "abc"]
    strange = "98765099999.dddddddddddddddd.csv.gz"
    for days, name in enumerate([*others, strange], start=10):
        place.store.write(f"{RAW}/{name}", b"an older version")
        age(place, f"{RAW}/{name}", days)
    # The ledger's is the oldest of all, and a version that came just now belongs to a download.
    age(place, f"{RAW}/{current}", 100)
    fresh = f"{STATION}.{'e' * 16}.csv.gz"
    place.store.write(f"{RAW}/{fresh}", b"a download that has not recorded it")
    place.store._client.write(f"{RAW}/.{current}.killed", data=b"half", overwrite=True)
    age(place, f"{RAW}/.{current}.killed", 2)
    before = place.store.list(RAW)
    shown = hdfs.clean_hdfs(place.engine, place.store, dry_run=True)
    assert place.store.list(RAW) == before
    removed = hdfs.clean_hdfs(place.engine, place.store, dry_run=False)
    assert shown == removed
    assert by_name(removed)["old versions of raw files"] == 3
    assert by_name(removed)["files of killed writers on HDFS"] == 1
    assert removed[0].freed_bytes == 3 * len(b"an older version")
    # One station has one version only, whoever put it there.
    assert place.store.list(RAW) == sorted([current, fresh, strange])
    again = hdfs.clean_hdfs(place.engine, place.store, dry_run=False)
    assert sum(one.removed for one in again) == 0


def test_old_plans_go_and_those_of_today_stay(place: Workplace) -> None:
    new = f"{datetime.now(UTC).date()}-aaaaaaaaaaaa.csv"
    for name in (new, f"{datetime.now(UTC).date() - timedelta(days=40)}-bbbbbbbbbbbb.csv"):
        place.store.write(f"{PLAN_ROOT}/{name}", b"a plan")
    removed = hdfs.clean_hdfs(place.engine, place.store, dry_run=False)
    assert by_name(removed)["plans of imports"] == 1
    assert place.store.list(PLAN_ROOT) == [new]


def rejects_removed(place: Workplace, *, dry_run: bool) -> int:
    removals = database.clean_mysql(place.engine, load_settings(), dry_run=dry_run)
    return by_name(removals)["rejected_observation"]


def test_old_rejects_go_some_at_a_time_and_their_counts_stay(
    place: Workplace, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = csv_of(24).splitlines(keepends=True)
    published.put(b"".join([*lines, *(line.replace(b"2014-01", b"2013-02") for line in lines[1:6])]))
    day_tasks.download_day(form={"day": "2014-01-01", "station_count": 1})
    summarise_pending(place)
    rejected, counts = tables.rejected_observation, tables.rejection_count
    with place.engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.sum(counts.c.rejected))) == 5
        connection.execute(sa.update(rejected).values(rejected_at=NOW - timedelta(days=31)))
    monkeypatch.setattr(database, "_AT_ONCE", 2)
    assert rejects_removed(place, dry_run=True) == 5
    assert rejects_removed(place, dry_run=False) == 5
    with place.engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(rejected)) == 0
        assert connection.scalar(sa.select(sa.func.sum(counts.c.rejected))) == 5
        connection.execute(sa.update(tables.source_file).values(is_pending=1))
    # Read again, the file's rejects are counted once all the same.
    summarise_pending(place)
    with place.engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.sum(counts.c.rejected))) == 5
    assert rejects_removed(place, dry_run=False) == 0


def test_forecasts_go_by_when_they_were_issued_and_those_of_the_past_sooner(place: Workplace) -> None:
    forecast = tables.forecast
    ages = {"service": (399, 401), "hindcast": (34, 36)}
    rows = [
        {"station_id": STATION, "kind": kind, "origin_hour": NOW - timedelta(days=4000 + age),
         "dataset": "global-hourly", "issued_at": NOW - timedelta(days=age), "model_version": "1",
         "version": 1, "leads": "{}", "updated_at": NOW}
        for kind, some in ages.items()
        for age in some
    ]  # fmt: skip
    with place.engine.begin() as connection:
        connection.execute(sa.insert(forecast), rows)
    removed = by_name(database.clean_mysql(place.engine, load_settings(), dry_run=False))
    assert (removed["forecast, service"], removed["forecast, hindcast"]) == (1, 1)
    with place.engine.connect() as connection:
        left = connection.execute(sa.select(forecast.c.kind, forecast.c.issued_at)).all()
    kept = {(kind, (NOW - issued).days) for kind, issued in left}
    assert kept == {("service", 399), ("hindcast", 34)}


def test_scores_go_by_when_they_were_made_and_never_before_their_forecasts(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = tables.forecast_score
    numbers = {one.name: 0 for one in score.columns if isinstance(one.type, sa.Integer)}
    rows = [
        {**numbers, "station_id": STATION, "kind": kind, "lead_h": lead,
         "valid_day": NOW.date() - timedelta(days=4000 + age), "scored_at": NOW - timedelta(days=age)}
        for kind in ("service", "hindcast")
        for age in (5, 101, 399, 401)
        for lead in (0, 1)
    ]  # fmt: skip
    with place.engine.begin() as connection:
        connection.execute(sa.insert(score), rows)
    monkeypatch.setattr(database, "_AT_ONCE", 3)
    settings = load_settings().model_copy(update={"forecast_scores_kept_days": 100})
    shown = by_name(database.clean_mysql(place.engine, settings, dry_run=True))
    removed = by_name(database.clean_mysql(place.engine, settings, dry_run=False))
    # Forecasts of the service are kept for 400 days, and so are their scores.
    assert (removed["forecast_score, service"], removed["forecast_score, hindcast"]) == (2, 6)
    assert shown == removed
    with place.engine.connect() as connection:
        left = connection.execute(sa.select(score.c.kind, score.c.scored_at).distinct()).all()
    kept = {(kind, (NOW - scored).days) for kind, scored in left}
    assert kept == {("service", 5), ("service", 101), ("service", 399), ("hindcast", 5)}


def old(path: Path, days: int = 40, *, folder: bool = False) -> Path:
    """A file, or a folder with a file, that nobody has touched for so long."""
    file = path / "file" if folder else path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * 5000)
    then = time.time() - days * 86_400
    for one in (file, path):
        os.utime(one, (then, then))
    return path


def test_folders_nobody_holds_or_has_touched_go(tmp_path: Path) -> None:
    state = tmp_path / "state"
    settings = Settings(state_dir=state, archive="simulated")
    held, killed = (old(state / "transfers" / name, folder=True) for name in ("held", "killed"))
    gone = [
        killed,
        old(state / "downloads" / "feed-1" / "a.csv"),
        old(state / "feeds" / "feed-1.json"),
        old(state / "checkpoints" / "feed-1", folder=True),
        old(state / "airflow/logs/dag_id=a/run_id=1", 100, folder=True),
    ]
    stays = [
        held,
        old(state / "feeds" / "feed-2.json", 3),
        old(state / "airflow/logs/dag_id=a/run_id=2", 80, folder=True),
    ]
    # A stream that goes on writes into a folder that is old itself.
    running = old(state / "checkpoints" / "feed-2", folder=True)
    (running / "offsets").write_text("now")
    os.utime(running, (0, 0))
    for name in ("held", "killed"):
        old(state / "transfers" / f"{name}.lock", 1)
    with hold_lock(state / "transfers" / "held.lock"):
        shown = clean_folders(settings, runs_kept_days=90, dry_run=True)
        assert all(path.exists() for path in gone)
        removed = clean_folders(settings, runs_kept_days=90, dry_run=False)
    assert shown == removed
    assert all((one.freed_bytes or 0) >= 5000 for one in removed), removed
    assert [path for path in gone if path.exists()] == []
    assert all(path.exists() for path in [*stays, running])


def test_the_forecast_is_the_growth_of_all_stores_until_nothing_is_free(
    place: Workplace, servers: Hdfs
) -> None:
    sizes = measure(servers.settings, place.engine, place.store)
    assert sizes["mysql"] > 1_000_000
    assert sizes["hdfs"] > 0
    with place.engine.begin() as connection:
        assert read_forecast(connection) is None
        write_sample(connection, {"hdfs": 3_000, "mysql": 2_000}, 10_000)
        first = read_forecast(connection)
        assert first is not None
        assert (first.growth_bytes_per_day, first.days_until_full) == ({}, None)
        connection.execute(
            tables.disk_sample.insert(),
            [
                {"sampled_at": NOW - timedelta(days=10), "store": store, "size_bytes": size}
                for store, size in (("hdfs", 2_000), ("mysql", 1_000), (FREE, 12_000))
            ],
        )
        found = read_forecast(connection)
    assert found is not None
    assert found.size_bytes == {"hdfs": 3_000, "mysql": 2_000}
    assert found.growth_bytes_per_day == {"hdfs": 100, "mysql": 100}
    assert (found.days_until_full, found.is_warning) == (50, False)
    assert replace_free(found, 5_000) == (25, True)


def replace_free(forecast: object, free_bytes: int) -> tuple[int | None, bool]:
    from dataclasses import replace

    less = replace(forecast, free_bytes=free_bytes)  # type: ignore[type-var]
    return less.days_until_full, less.is_warning  # type: ignore[attr-defined]
