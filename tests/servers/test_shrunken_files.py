"""Files that cover less: refused for their station alone, accepted by version, taken when they grow."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from isotherm.errors import SettingsError
from isotherm.ingest import shrunken_files
from isotherm.ingest.workplace import Workplace
from isotherm.settings import load_settings
from isotherm.stores import source_files, tables
from servers.hdfs_fixture import Hdfs
from servers.ingest_fixture import (
    STATION,
    Published,
    csv_of,
    empty,
    place_of,
    run_day,
    run_left,
    use_settings_of,
)

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

OTHER = "22222099999"
FORM: dict[str, Any] = {"dry_run": True, "versions": None, "station_ids": None, "year": None}


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


def refused(place: Workplace) -> list[source_files.RefusedFile]:
    with place.engine.connect() as connection:
        return source_files.read_refused(connection)


def accept(*versions: str, dry_run: bool = False) -> dict[str, Any]:
    form = {**FORM, "dry_run": dry_run, "versions": list(versions) or None}
    return shrunken_files.accept_versions(form, run_label="manual__test")


def hours(place: Workplace, station: str) -> int:
    table = tables.hourly_summary
    chosen = (table.c.station_id == station) & (table.c.rule == "routine")
    with place.engine.connect() as connection:
        return len(connection.execute(select(table.c.hour_start).where(chosen)).all())


def test_a_shrunken_file_is_accepted_by_its_version_and_days_that_vanish_are_told(
    place: Workplace, published: Published, capfd: pytest.CaptureFixture[str]
) -> None:
    published.put(csv_of(60))
    published.put(csv_of(48, OTHER), OTHER)
    run_day(place, "2014-01-01")
    published.put(csv_of(20))
    published.put(csv_of(50, OTHER), OTHER)
    assert run_day(place, "2014-01-01") == ["2014-01-03"], "the other station goes on"
    assert (hours(place, STATION), hours(place, OTHER)) == (60, 50)
    (one,) = refused(place)
    assert (one.station_id, one.row_count, one.refused_row_count) == (STATION, 60, 20)
    assert "accept_shrunken_files" in (one.refused_reason or "")

    capfd.readouterr()
    assert accept(dry_run=True) == {}
    table = capfd.readouterr().out
    assert one.refused_sha256[:12] in table
    assert "2014-01-02, 2014-01-03" in table, "the days that would be lost"
    assert refused(place) == [one]

    assert accept(one.refused_sha256[:12])["changed"] == 1
    assert run_left(place) == ["2014-01-01", "2014-01-02", "2014-01-03"]
    assert (hours(place, STATION), hours(place, OTHER)) == (20, 50)
    assert refused(place) == []
    with place.engine.connect() as connection:
        (accepted,) = connection.execute(select(tables.accepted_version)).all()
    assert (accepted.sha256, accepted.accepted_by) == (one.refused_sha256, "manual__test")
    assert (accepted.rows_before, accepted.rows_after) == (60, 20)

    published.put(csv_of(60))
    assert run_day(place, "2014-01-01") == ["2014-01-01", "2014-01-02", "2014-01-03"]
    assert hours(place, STATION) == 60


def test_only_the_version_that_was_shown_is_accepted(place: Workplace, published: Published) -> None:
    published.put(csv_of(60))
    run_day(place, "2014-01-01")
    published.put(csv_of(40))
    run_day(place, "2014-01-01")
    (shown,) = refused(place)
    published.put(csv_of(30))
    assert accept(shown.refused_sha256)["refused"] == 1
    (now,) = refused(place)
    assert (now.refused_row_count, hours(place, STATION)) == (30, 60)
    with pytest.raises(SettingsError, match="not any more"):
        accept(shown.refused_sha256)
    published.put(csv_of(61))
    assert accept(now.refused_sha256)["changed"] == 1
    assert run_left(place) == ["2014-01-03"]
    with place.engine.connect() as connection:
        assert connection.execute(select(tables.accepted_version)).all() == [], "it covers more"


def test_versions_must_be_named_outside_a_dry_run(place: Workplace, published: Published) -> None:
    published.put(csv_of(60))
    run_day(place, "2014-01-01")
    assert accept(dry_run=True) == {}
    published.put(csv_of(40))
    run_day(place, "2014-01-01")
    with pytest.raises(SettingsError, match="Which versions"):
        accept()
