"""How new the platform is, by the wall clock: no row from the future and no lone bad one counts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from ghcnh_rows import line, psv_file
from isotherm.api.app import create_app
from isotherm.errors import SourceError
from isotherm.ingest import day_tasks
from isotherm.ingest.freshness_watch import check_deadline
from isotherm.ingest.workplace import Workplace
from isotherm.settings import load_settings
from isotherm.stores import tables
from publication_history import ACCESS
from receiver import Receiver
from servers.hdfs_fixture import Hdfs
from servers.ingest_fixture import (
    Published,
    empty,
    place_of,
    run_left,
    use_settings_of,
)

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

STATION = "USW00094846"
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
# Old enough that a day of hours before it is of the same year.
NEWEST = max(NOW - timedelta(hours=40), datetime(NOW.year, 1, 2, tzinfo=UTC))


@pytest.fixture
def place(servers: Hdfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    published = Published(tmp_path)
    use_settings_of(servers, published, monkeypatch)
    found = place_of(servers, published)
    empty(found)
    yield found
    found.engine.dispose()
    monkeypatch.undo()
    load_settings.cache_clear()


def row_at(moment: datetime, **cells: str) -> str:
    return line(**{"STATION": STATION, "DATE": f"{moment:%Y-%m-%dT%H:%M:%S}", **cells})


def load(place: Workplace, *rows: str) -> None:
    """Publish a file of these rows beside a day of good ones, and load it."""
    good = [row_at(NEWEST - timedelta(hours=hours)) for hours in range(24)]
    name = f"GHCNh_{STATION}_{NOW.year}.psv"
    path = Path(place.archive.label) / ACCESS / str(NOW.year) / "psv" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(psv_file(*good, *rows))
    day_tasks.download_day(form={"day": f"{NOW.year}-01-01", "station_ids": [STATION]})
    run_left(place)


def pipeline(place: Workplace) -> Any:  # noqa: ANN401 - an answer
    with TestClient(create_app(load_settings())) as client:
        return client.get("/api/v1/pipeline").json()


@pytest.mark.parametrize(
    "rows",
    [
        [row_at(NOW + timedelta(days=3))],
        [row_at(NOW - timedelta(hours=2), temperature_Quality_Code="3")],
        [row_at(NOW - timedelta(hours=2), temperature="96.6")],
        [row_at(NOW - timedelta(hours=2), temperature="")],
    ],
    ids=["from the future", "bad quality", "out of range", "without a temperature"],
)
def test_only_a_row_that_counts_makes_anything_fresh(place: Workplace, rows: list[str]) -> None:
    load(place, *rows)
    answer = pipeline(place)
    assert answer["newest_hour"]["batch"] == f"{NEWEST:%Y-%m-%dT%H}:00:00Z"
    assert answer["deadline"]["newest_at"] == f"{NEWEST:%Y-%m-%dT%H:%M:%S}Z"
    with place.engine.connect() as connection:
        station = connection.execute(select(tables.station)).one()
    assert station.last_observed_at == NEWEST.replace(tzinfo=None)


def test_a_missed_deadline_is_told_once_a_day_and_its_end_once(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as receiver:
        monkeypatch.setenv("ISOTHERM_NOTIFY_URL", receiver.url)
        load_settings.cache_clear()
        check_deadline()  # nothing at all yet
        load(place)
        check_deadline()
        late = NEWEST + timedelta(hours=97)
        with pytest.raises(SourceError, match="97 hours ago; more than 96 are too many"):
            check_deadline(now=late)
        check_deadline(now=late + timedelta(hours=3))
        assert receiver.received == [], "the failed task tells of it"
        check_deadline(now=NEWEST + timedelta(hours=95))
        check_deadline(now=NEWEST + timedelta(hours=95))
        [told] = receiver.received
        assert told["title"] == "Isotherm: observations are fresh again"
        monkeypatch.setenv("ISOTHERM_STALE_AFTER_H", "12")
        load_settings.cache_clear()
        with pytest.raises(SourceError, match="more than 12 are too many"):
            check_deadline()
        assert pipeline(place)["deadline"]["is_missed"] is True
        with TestClient(create_app(load_settings())) as client:
            assert "isotherm_deadline_missed 1.0" in client.get("/metrics").text
