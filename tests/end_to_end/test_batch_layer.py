"""After the first run MySQL and the API hold what the reference makes of every file."""

import csv
import gzip
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition
from reference_rule import HourRow, load_reference, reference_hours
from sqlalchemy import func, select

from isotherm.messages import OBSERVATION_TOPIC
from isotherm.quality import RULE_NAMES
from isotherm.stores import tables
from isotherm.stores.hdfs_layout import raw_folder
from isotherm.stores.hdfs_store import HdfsStore
from running_product import RunningProduct

pytestmark = pytest.mark.end_to_end

OHARE = "72530094846"
JAN_MAYEN = "01001099999"
ALL_MISSING = "99403599999"


@pytest.fixture(scope="module")
def real_archive(archive: Path) -> Path:
    if not (archive / "expected").is_dir():
        pytest.skip("NOAA's real files are not beside the repository (../shared/noaa)")
    return archive


def station_years(archive: Path) -> list[Path]:
    return sorted((archive / "data" / "global-hourly" / "access").glob("*/*.csv.gz"))


def stored_hours(stack: RunningProduct, station_id: str, year: int, rule: str) -> list[HourRow]:
    table = tables.hourly_summary
    statement = (
        select(
            table.c.station_id,
            func.date_format(table.c.hour_start, "%Y-%m-%dT%H"),
            table.c.observation_count,
            table.c.min_tenths,
            table.c.max_tenths,
            table.c.sum_tenths,
        )
        .where(table.c.station_id == station_id, table.c.layer == "batch", table.c.rule == rule)
        .where(func.year(table.c.hour_start) == year)
        .order_by(table.c.hour_start)
    )
    with stack.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(statement)]  # type: ignore[misc]


def test_the_first_run_ends_well_and_its_ledger_balances(stack: RunningProduct) -> None:
    if stack.first_up is None:
        pytest.skip("a product that was already running is used: its first run is not ours")
    assert stack.first_up.status == 0, stack.first_up.output
    assert "login" not in stack.first_up.output, "no logins of servers that are stopped"
    assert stack.api_url not in stack.first_up.output
    assert stack.left_by_first_up == []


def test_files_messages_and_rows_of_the_first_run_outlast_a_stop(stack: RunningProduct) -> None:
    """The servers were stopped after it, and started again."""
    store = HdfsStore(stack.settings)
    folder = raw_folder("global-hourly", 2014)
    files = store.list(folder)
    assert files
    assert all(store.read(f"{folder}/{one}") for one in files)
    assert first_message(stack.settings.kafka_bootstrap_servers)
    with stack.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.hourly_summary))


def first_message(bootstrap_servers: str) -> bytes | None:
    """The first one of the stream's observations, whichever partition has one."""
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": "batch-layer-tests"})
    partitions = consumer.list_topics(OBSERVATION_TOPIC, 30).topics[OBSERVATION_TOPIC].partitions
    consumer.assign([TopicPartition(OBSERVATION_TOPIC, number, 0) for number in partitions])
    message = consumer.poll(30)
    consumer.close()
    return None if message is None else message.value()


def test_every_hour_of_every_file_equals_the_reference_under_every_rule(
    stack: RunningProduct, real_archive: Path
) -> None:
    reference = load_reference(real_archive)
    files = station_years(real_archive)
    assert files
    for file in files:
        for rule in RULE_NAMES:
            expected = sorted(reference_hours(reference, file, rule))
            stored = stored_hours(stack, file.name[:11], int(file.parent.name), rule)
            assert stored == expected, f"{file.name} under {rule}"


def mean_of(row: dict[str, str]) -> int:
    """The mean in hundredths of a degree, halves to even, of the exact sum."""
    return round(Fraction(int(row["sum_tenths"]) * 10, int(row["n"])))


def expected_rows(path: Path) -> list[tuple[str, int, int, int, int]]:
    with gzip.open(path, "rt") as file:
        return [
            (row["utc"], *(int(row[name]) for name in ("n", "min_tenths", "max_tenths")), mean_of(row))
            for row in csv.DictReader(file)
        ]


def api_rows(
    stack: RunningProduct, station_id: str, period: str, **query: str
) -> Iterator[tuple[str, int, int, int, int]]:
    """All pages of a list, temperatures as integers of tenths, means of hundredths."""
    start = {"hourly": "hour_start", "daily": "day"}[period]
    digits = {"hourly": 13, "daily": 10}[period]
    url = f"{stack.api_url}/api/v1/stations/{station_id}/{period}"
    parameters = {"limit": "10000", **query}
    while True:
        page = httpx.get(url, params=parameters, timeout=30).raise_for_status().json()
        for row in page["data"]:
            count = row["observation_count"]
            yield (
                row[start][:digits],
                count,
                round(row["min_c"] * 10),
                round(row["max_c"] * 10),
                round(row["mean_c"] * 100),
            )
        if page["next"] is None:
            return
        parameters["cursor"] = page["next"]


@pytest.mark.parametrize("rule", RULE_NAMES)
@pytest.mark.parametrize("period", ["hourly", "daily"])
def test_the_api_serves_ohare_2014_as_the_expected_files_have_it(
    stack: RunningProduct, real_archive: Path, rule: str, period: str
) -> None:
    expected = expected_rows(real_archive / "expected" / f"2014_{OHARE}_{period}_{rule}.csv.gz")
    query = {"from": "2014-01-01", "to": "2015-01-01", "rule": rule, "layer": "batch"}
    assert list(api_rows(stack, OHARE, period, **query)) == expected


@pytest.mark.parametrize("rule", ["qc", "routine"])
def test_the_api_serves_jan_mayen_2024_as_the_expected_files_have_it(
    stack: RunningProduct, real_archive: Path, rule: str
) -> None:
    expected = expected_rows(real_archive / "expected" / f"2024_{JAN_MAYEN}_hourly_{rule}.csv.gz")
    query = {"from": "2024-01-01", "to": "2025-01-01", "rule": rule}
    assert list(api_rows(stack, JAN_MAYEN, "hourly", **query)) == expected


def test_a_station_without_any_temperature_has_no_row_and_no_error(
    stack: RunningProduct, real_archive: Path
) -> None:
    with stack.engine.connect() as connection:
        for table in (tables.hourly_summary, tables.daily_summary, tables.yearly_summary):
            counted = connection.scalar(
                select(func.count()).select_from(table).where(table.c.station_id == ALL_MISSING)
            )
            assert counted == 0, table.name
    answer = httpx.get(f"{stack.api_url}/api/v1/stations/{ALL_MISSING}/hourly", timeout=30)
    assert answer.status_code == httpx.codes.OK
    assert answer.json()["data"] == []


def test_station_ids_keep_their_zeros_and_names_their_commas(
    stack: RunningProduct, real_archive: Path
) -> None:
    answer = httpx.get(f"{stack.api_url}/api/v1/stations/{JAN_MAYEN}/daily", timeout=30)
    assert answer.status_code == httpx.codes.OK
    with stack.engine.connect() as connection:
        names = dict(
            connection.execute(select(tables.station.c.station_id, tables.station.c.name)).all()  # type: ignore[arg-type]
        )
    assert {"01001099999", "00702699999", "02907099999"} <= names.keys()
    assert "JAN MAYEN" in names[JAN_MAYEN]
