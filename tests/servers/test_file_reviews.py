"""Files with many rejects are held back, asked about, and loaded or set aside as decided."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from isotherm.ingest import batch_tasks, day_tasks, file_reviews
from isotherm.ingest.day_ranges import days_of
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
    summarise_pending,
    use_settings_of,
)

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

OTHER = "22222099999"


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


def bad_csv(hours: int, bad: int, station: str = STATION, *, year: int = 2014) -> bytes:
    """A file whose last rows NOAA calls erroneous."""
    lines = csv_of(hours, station, year=year, tenths=-50).splitlines(keepends=True)
    marked = [line.replace(b',1","+9999,9"', b',3","+9999,9"') for line in lines[len(lines) - bad :]]
    return b"".join([*lines[: len(lines) - bad], *marked])


def run(place: Workplace, choice: str = "ask", year: int = 2014) -> bool:
    """A run up to the question and, where there is none, to the end; returns whether it asks."""
    day_tasks.download_day(form={"day": f"{year}-01-01", "station_count": 5})
    summarise_pending(place)
    if file_reviews.hold_and_decide(choice, by="run"):
        return True
    load()
    return False


def load() -> list[str]:
    loaded = batch_tasks.load_changes(run_id="run")
    batch_tasks.forget_told_days(run_id="run")
    assert batch_tasks.settle_ledger(run_label="test") is None
    return list(days_of(loaded["days"]))


def hours(place: Workplace, station: str = STATION) -> int:
    table = tables.hourly_summary
    with place.engine.connect() as connection:
        statement = select(func.count()).where(
            table.c.station_id == station, table.c.rule == "routine", table.c.layer == "batch"
        )
        return int(connection.scalar(statement) or 0)


def set_aside(place: Workplace) -> list[tuple[str, str]]:
    with place.engine.connect() as connection:
        return [(one.station_id, one.state) for one in source_files.read_set_aside(connection)]


def test_a_doubtful_file_waits_for_the_answer_while_all_others_are_loaded(
    place: Workplace, published: Published, caplog: pytest.LogCaptureFixture
) -> None:
    published.put(bad_csv(100, 30))
    published.put(csv_of(100, OTHER), OTHER)
    assert run(place)
    load()
    assert (hours(place), hours(place, OTHER)) == (0, 100)
    [question] = file_reviews.take_questions(run_id="run")
    assert (question.station_id, question.rejected_count, question.seen_count) == (STATION, 30, 100)
    assert "30 bad_quality" in file_reviews.as_markdown([question])
    # Nobody asks twice meanwhile, and nothing is left to be done.
    assert file_reviews.take_questions(run_id="another") == []
    assert batch_tasks.prepare_and_find_work().is_done
    assert file_reviews.decide("load", run_id="run", by="admin") == 1
    assert load() == ["2014-01-01", "2014-01-02", "2014-01-03", "2014-01-04", "2014-01-05"]
    assert hours(place) == 70
    assert set_aside(place) == []


def test_a_version_set_aside_leaves_the_rows_of_before_and_a_better_one_brings_all_days(
    place: Workplace, published: Published
) -> None:
    published.put(csv_of(48))
    assert not run(place)
    published.put(bad_csv(100, 40))
    assert run(place)
    file_reviews.take_questions(run_id="run")
    file_reviews.decide("set aside", run_id="run", by="admin")
    assert load() == []
    assert hours(place) == 48
    assert set_aside(place) == [(STATION, "set aside")]
    # The decision holds for a version that is no worse: nobody is asked.
    published.put(bad_csv(110, 42))
    assert not run(place)
    assert hours(place) == 48
    # One that is worse by the limit again is asked about.
    published.put(bad_csv(130, 70))
    assert run(place)
    # One that is good is loaded, with the days that changed meanwhile.
    published.put(csv_of(140))
    assert not run(place)
    assert hours(place) == 140
    assert set_aside(place) == []


def test_a_form_decides_without_a_question_also_of_what_was_set_aside_before(
    place: Workplace, published: Published
) -> None:
    published.put(bad_csv(100, 40))
    assert not run(place, "set aside")
    assert (hours(place), set_aside(place)) == (0, [(STATION, "set aside")])
    file_reviews.release("load", by="run")
    load()
    assert (hours(place), set_aside(place)) == (60, [])


def test_a_station_that_always_has_rejects_is_not_asked_about(
    place: Workplace, published: Published
) -> None:
    published.put(bad_csv(100, 40, year=2013), year=2013)
    assert not run(place, "load", 2013)
    published.put(bad_csv(100, 43))
    assert not run(place)
    assert hours(place) == 60 + 57
    published.put(bad_csv(110, 60))
    assert run(place)


def test_a_few_rejects_of_a_short_file_are_no_ground(place: Workplace, published: Published) -> None:
    published.put(bad_csv(50, 23))
    assert not run(place)
    assert hours(place) == 27
