"""Whole runs without Airflow: what was lost, left or revised the next one mends, and tells once."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text
from structlog.testing import capture_logs

from isotherm.archive.station_year import StationYear
from isotherm.errors import SettingsError, StoreError
from isotherm.ingest import batch_tasks, day_tasks, estimate, history_tasks
from isotherm.ingest.plan import MAX_TASKS, PlanPart, read_plan, write_plan
from isotherm.ingest.workplace import Workplace
from isotherm.settings import load_settings
from isotherm.stores import source_files, tables
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, OBSERVATION_ROOT, bucket_of, bucket_path
from isotherm.stores.work_pace import Step, read_paces
from servers.hdfs_fixture import Hdfs
from servers.ingest_fixture import (
    STATION,
    Published,
    csv_of,
    empty,
    load_and_tell,
    place_of,
    run_day,
    summarise_pending,
    use_settings_of,
)

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

OTHER = "22222099999"
SUMMARIES = [table for name, table in tables.metadata.tables.items() if name.endswith("_summary")]
BUCKET = bucket_of(STATION)


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)


@pytest.fixture
def place(servers: Hdfs, published: Published, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    use_settings_of(servers, published, monkeypatch)
    found = place_of(servers, published)
    empty(found)
    yield found
    found.engine.dispose()
    monkeypatch.undo()
    load_settings.cache_clear()


def download(day: str, **form: Any) -> dict[str, Any]:  # noqa: ANN401 - a form's values
    return day_tasks.download_day(form={"day": day, **form})


def rows_of(place: Workplace) -> dict[str, list[Any]]:
    """All batch rows, with the time of their last change."""
    with place.engine.connect() as connection:
        return {
            table.name: list(connection.execute(select(table).order_by(*table.primary_key)))
            for table in SUMMARIES
        }


def hours_by_day(place: Workplace, rule: str = "routine") -> dict[str, int]:
    day = func.date(tables.hourly_summary.c.hour_start)
    statement = select(day, func.count()).where(tables.hourly_summary.c.rule == rule).group_by(day)
    with place.engine.connect() as connection:
        return {str(one): int(count) for one, count in connection.execute(statement)}


def test_a_first_run_loads_what_came_and_tells_each_day_and_the_next_has_nothing_to_do(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(60))
    assert run_day(place, "2014-01-02") == ["2014-01-01", "2014-01-02", "2014-01-03"]
    assert hours_by_day(place) == {"2014-01-01": 24, "2014-01-02": 24, "2014-01-03": 12}
    before = rows_of(place)
    assert download("2014-01-03") == {}
    assert rows_of(place) == before


def test_a_late_row_and_a_revised_one_reach_mysql_by_any_days_run(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(60))
    run_day(place, "2014-01-01")
    revised = csv_of(61).replace(b'2014-01-01T05:00:00","4","70.93","-8.66","9.0"', b"x", 0)
    revised = revised.replace(b'"-0070,1"', b'"-0071,1"', 1)
    published.put(revised)
    assert run_day(place, "2014-01-02") == ["2014-01-01", "2014-01-03"]
    assert hours_by_day(place)["2014-01-03"] == 13


def test_what_a_killed_import_left_is_done_by_the_next_run_of_another_year(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(30, year=2013), year=2013)
    published.put(csv_of(24))
    # It was killed after its download, and before that nobody had read the ledger.
    assert download("2013-01-01")["changed"] == 1
    assert run_day(place, "2014-01-01") == ["2013-01-01", "2013-01-02", "2014-01-01"]


def test_a_ledger_whose_settling_was_killed_is_settled_by_the_next_run_though_nothing_changed(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(60))
    download("2014-01-01")
    summarise_pending(place)
    load_and_tell()
    # It was killed here: loaded, told and not compared.
    assert not batch_tasks.prepare_and_find_work().is_done
    assert run_day(place, "2014-01-02") == []
    assert batch_tasks.prepare_and_find_work().is_done
    with place.engine.connect() as connection:
        fed = connection.scalar(select(func.sum(tables.settled_file.c.fed)))
    assert fed == 3 * 60


@pytest.mark.parametrize(
    "lost",
    [
        [bucket_path(OBSERVATION_ROOT, "global-hourly", 2014, BUCKET)],
        [bucket_path(HOURLY_SUMMARY_ROOT, "global-hourly", 2014, BUCKET)],
        [f"{HOURLY_SUMMARY_ROOT}/dataset=global-hourly/year=2014"],
        [OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT],
        ["/isotherm/raw/global-hourly/2014"],
        ["/isotherm"],
    ],
    ids=["observations", "summaries", "a year", "both tables", "raw files", "everything"],
)
def test_what_hdfs_has_lost_is_made_again_and_no_row_changes(
    place: Workplace, published: Published, lost: list[str]
) -> None:
    published.put(csv_of(60))
    published.put(csv_of(48, OTHER), OTHER)
    published.put(csv_of(24, year=2013), year=2013)
    run_day(place, "2014-01-01")
    run_day(place, "2013-01-01")
    before = rows_of(place)
    assert len(before["hourly_summary"]) == (24 + 60 + 48) * 3
    for path in lost:
        assert place.store.delete(path)
    assert run_day(place, "2014-01-02") == []
    assert rows_of(place) == before
    for root in (OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT):
        for station, year in ((STATION, 2013), (STATION, 2014), (OTHER, 2014)):
            assert place.store.exists(bucket_path(root, "global-hourly", year, bucket_of(station)))
    assert len(place.store.list("/isotherm/raw/global-hourly/2014")) == 2
    assert len(place.store.list("/isotherm/raw/global-hourly/2013")) == 1


def test_summaries_lost_before_the_load_are_refused_by_name_and_mended_by_the_next_run(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(24))
    run_day(place, "2014-01-01")
    published.put(csv_of(48))
    download("2014-01-02")
    summarise_pending(place)
    place.store.delete(bucket_path(HOURLY_SUMMARY_ROOT, "global-hourly", 2014, BUCKET))
    with pytest.raises(StoreError, match=f"global-hourly/2014/{STATION}.*the next run"):
        load_and_tell()
    assert hours_by_day(place) == {"2014-01-01": 24}
    assert run_day(place, "2014-01-02") == ["2014-01-02"]
    assert hours_by_day(place) == {"2014-01-01": 24, "2014-01-02": 24}


def test_hours_deleted_by_hand_are_loaded_again_by_the_run_of_their_day(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(60))
    run_day(place, "2014-01-01")
    before = rows_of(place)
    table = tables.hourly_summary
    with place.engine.begin() as connection:
        connection.execute(delete(table).where(func.date(table.c.hour_start) == "2014-01-02"))
    assert run_day(place, "2014-01-01") == []
    assert run_day(place, "2014-01-02") == ["2014-01-02"]
    assert [len(rows) for rows in rows_of(place).values()] == [len(rows) for rows in before.values()]
    assert hours_by_day(place)["2014-01-02"] == 24


def test_the_run_of_one_of_several_days_deleted_by_hand_mends_all_and_balances(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(80))
    run_day(place, "2014-01-01")
    before = hours_by_day(place)
    table = tables.hourly_summary
    with place.engine.begin() as connection:
        days = func.date(table.c.hour_start)
        connection.execute(delete(table).where(days.in_(["2014-01-01", "2014-01-03"])))
    # The file is audited as a whole, by this run: a day left torn would fail it.
    assert run_day(place, "2014-01-01") == ["2014-01-01", "2014-01-03"]
    assert hours_by_day(place) == before


def test_days_of_a_load_that_died_before_it_told_are_told_by_the_next_run_once(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(30))
    download("2014-01-01")
    summarise_pending(place)
    place.loader.load_changes()
    assert run_day(place, "2014-01-01") == ["2014-01-01", "2014-01-02"]
    assert run_day(place, "2014-01-01") == []


def test_two_runs_side_by_side_do_not_tell_the_same_days(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(30))
    download("2014-01-01")
    summarise_pending(place)
    first = batch_tasks.load_changes(run_id="first")
    assert first["days"] == [("2014-01-01", "2014-01-02")]
    assert batch_tasks.load_changes(run_id="second")["days"] == []
    # A second attempt of the same run is told the same again.
    assert batch_tasks.load_changes(run_id="first") == first


def test_a_day_without_a_file_is_a_hole_and_a_station_no_list_knows_is_asked_for(
    place: Workplace, published: Published, capfd: pytest.CaptureFixture[str]
) -> None:
    published.put(csv_of(24))
    assert download("1850-01-01") == {}
    assert run_day(place, "2014-01-01", station_ids=["99999999999", STATION]) == ["2014-01-01"]
    assert "No file in these years: 99999999999" in capfd.readouterr().out


def test_without_a_day_the_newest_year_is_asked_for(place: Workplace, published: Published) -> None:
    published.put(csv_of(24, year=2012), year=2012)
    published.put(csv_of(30))
    assert day_tasks.download_day()["changed"] == 1
    with place.engine.connect() as connection:
        assert connection.scalar(text("SELECT MIN(year) FROM source_file")) == 2014


FORM = {
    "first_year": 2013,
    "last_year": 2014,
    "dry_run": False,
    "even_if_full": False,
    "station_count": None,
    "station_ids": None,
    "country": None,
    "box": None,
}


def test_an_import_downloads_its_plan_and_is_loaded_like_any_run(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(24, year=2013), year=2013)
    published.put(csv_of(24))
    assert history_tasks.plan_import({**FORM, "dry_run": True}) == []
    (part,) = history_tasks.plan_import(FORM)
    assert history_tasks.title_of(part) == "2013-2014"
    assert history_tasks.download_years(part)["changed"] == 2
    assert summarise_pending(place) == 2
    assert load_and_tell() == ["2013-01-01", "2014-01-01"]


@pytest.mark.parametrize(
    ("dataset", "planned"),
    [
        (None, {("global-hourly", 2014)}),
        ("global-hourly", {("global-hourly", 2014)}),
        # Its list does not know the station: it is asked for it in each year.
        ("ghcnh", {("ghcnh", 2013), ("ghcnh", 2014)}),
    ],
)
def test_an_import_of_one_dataset_asks_no_other(
    place: Workplace, published: Published, dataset: str | None, planned: set[tuple[str, int]]
) -> None:
    published.put(csv_of(24))
    form = {**FORM, "station_ids": [STATION], "dataset": dataset}
    (part,) = history_tasks.plan_import(form)
    wanted = read_plan(place.store, PlanPart(**part))
    assert {(one.dataset, one.year) for one in wanted} == planned


def test_a_dry_run_shows_what_will_come_and_the_end_what_it_took(
    place: Workplace, published: Published
) -> None:
    stations = [f"{number:06d}99999" for number in range(1, 11)]
    for station in stations:
        published.put(csv_of(24, station), station)
    with capture_logs() as shown:
        assert history_tasks.plan_import({**FORM, "dry_run": True}) == []
    lines = [str(one["event"]) for one in shown]
    (line,) = [one for one in lines if one.startswith("global-hourly") and " 2014 " in one]
    assert line.split()[1:6] == ["2014", "10", "10", "0", "10"], "listed, chosen, known, new"
    published_mb = sum(published.path(one).stat().st_size for one in stations) / 1e6
    assert any(one.startswith(f"Estimated: 10 new files, {published_mb:.1f} MB") for one in lines)
    assert any("GB needed" in one and "it fits" in one for one in lines)
    assert any("averages of other installations" in one for one in lines)

    parts = history_tasks.plan_import(FORM)
    assert history_tasks.download_years(parts[0])["changed"] == 10
    assert summarise_pending(place) == 10
    load_and_tell()
    with capture_logs() as shown:
        history_tasks.compare_with_estimate(parts)
    table = {line.split()[0]: line.split() for one in shown if (line := str(one["event"]))}
    assert table["files"][1:] == ["10", "10", "1.00"]
    assert table["observations"][-2] == "240"

    with place.engine.connect() as connection:
        paces = read_paces(connection)
    assert paces[Step.DOWNLOAD, "global-hourly"].file_count == 10
    assert paces[Step.LOAD, "global-hourly"].row_count == 10 * 24 * 3
    with capture_logs() as shown:
        history_tasks.plan_import({**FORM, "dry_run": True})
    assert any("0 new files, 0.0 MB" in str(one["event"]) for one in shown)


def test_an_import_that_would_fill_the_disk_fails_unless_told_otherwise(
    place: Workplace, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.put(csv_of(24))
    monkeypatch.setattr(estimate, "KEPT_FREE_BYTES", 10**18)
    assert history_tasks.plan_import({**FORM, "dry_run": True}) == []
    with pytest.raises(SettingsError, match=r"DOES NOT FIT.*even_if_full"):
        history_tasks.plan_import(FORM)
    assert history_tasks.plan_import({**FORM, "even_if_full": True})


class _Counting(SimpleHTTPRequestHandler):
    """Serves a directory, counts what was asked for, and never ends to answer for one station."""

    stuck = "000020"
    asked: Counter[str]
    is_stuck = threading.Event()
    let_go = threading.Event()

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.asked[name] += 1
        if name.startswith(self.stuck) and not self.let_go.is_set():
            self.is_stuck.set()
            self.let_go.wait(60)
        super().do_GET()

    def log_message(self, *_args: object) -> None:
        """Nothing."""


def recorded(place: Workplace) -> set[str]:
    with place.engine.connect() as connection:
        return set(connection.scalars(select(tables.source_file.c.station_id)))


def test_a_part_that_was_killed_goes_on_and_fetches_nothing_twice(
    place: Workplace, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    stations = [f"{number:06d}99999" for number in range(1, 31)]
    for station in stations:
        published.put(csv_of(24, station), station)
    _Counting.asked = Counter()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Counting, directory=str(published.root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        monkeypatch.setenv("ISOTHERM_ARCHIVE", f"http://127.0.0.1:{server.server_port}")
        load_settings.cache_clear()
        (part,) = history_tasks.plan_import(FORM)
        program = "import sys, json; from isotherm.ingest import history_tasks; "
        program += "history_tasks.download_years(json.loads(sys.argv[1]))"
        worker = subprocess.Popen([sys.executable, "-c", program, json.dumps(part)])
        assert _Counting.is_stuck.wait(60)
        deadline = time.monotonic() + 60
        while len(recorded(place)) < len(stations) - 1:  # nothing is under way but what hangs
            assert time.monotonic() < deadline
            time.sleep(0.1)
        worker.kill()
        worker.wait()
        arrived = recorded(place)
        assert arrived
        assert "00002099999" not in arrived
        _Counting.let_go.set()
        counts = history_tasks.download_years(part)
    finally:
        _Counting.let_go.set()
        server.shutdown()
        server.server_close()
    assert counts["just asked"] == len(arrived)
    assert counts["changed"] == len(stations) - len(arrived)
    assert {_Counting.asked[f"{one}.csv"] for one in arrived} == {1}
    assert summarise_pending(place) == len(stations)


def test_the_plan_of_many_stations_and_years_is_small_for_airflow(place: Workplace) -> None:
    wanted = [
        StationYear(f"{number:06d}99999", year, "global-hourly")
        for year in range(1961, 2011)
        for number in range(10_000)
    ]
    parts = write_plan(place.store, wanted)
    assert len(parts) <= MAX_TASKS
    assert max(part.file_count for part in parts) <= 1.5 * len(wanted) / MAX_TASKS
    assert parts[-1].title.startswith("2010 bucket ")
    assert len(json.dumps([part.as_xcom() for part in parts])) < 150_000
    assert read_plan(place.store, parts[-1])[-1].year == 2010
    assert sum(part.file_count for part in parts) == len(wanted)
    middle = parts[len(parts) // 2]
    files = read_plan(place.store, middle)
    assert len(files) == middle.file_count
    buckets = {bucket_of(one.station_id) for one in files}
    assert (min(buckets), max(buckets)) == (middle.first_bucket, middle.last_bucket)


def test_has_changes_is_left_false_by_a_run(place: Workplace, published: Published) -> None:
    published.put(csv_of(24))
    run_day(place, "2014-01-01")
    with place.engine.connect() as connection:
        assert not source_files.has_changes(connection)
        assert not source_files.has_pending(connection)
