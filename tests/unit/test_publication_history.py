"""Editions made of a mirror's record have what the record says, and are files that can be read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from isotherm.datasets.ghcnh.reader import parse_observations
from publication_history import (
    PARQUET,
    PSV,
    Edition,
    Publication,
    editions,
    file_of,
    publish,
    read_history,
    read_hours,
)
from real_files import real_root

STATION = "USW00094846"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BASE = {BEGIN + timedelta(hours=number): number for number in range(48)}


def _hour(number: int) -> datetime:
    return BEGIN + timedelta(hours=number)


def _published(
    day: int, last: int, counts: tuple[int, int, int], changed_from: datetime | None = None
) -> Publication:
    return Publication(datetime(2026, 1, day, 16, tzinfo=UTC), _hour(last), *counts, changed_from)


def _counts(before: Edition, after: Edition) -> tuple[int, int, int]:
    both = before.tenths.keys() & after.tenths.keys()
    return (
        len(after.tenths.keys() - both),
        len(before.tenths.keys() - both),
        sum(before.tenths[hour] != after.tenths[hour] for hour in both),
    )


def test_hours_come_late_change_go_and_come_back() -> None:
    history = [
        _published(2, 10, (9, 0, 0)),
        _published(3, 20, (12, 0, 2), changed_from=_hour(4)),
        _published(4, 5, (0, 15, 0)),
        _published(5, 30, (25, 0, 0)),
    ]
    first, second, shrunk, restored = editions(BASE, history)
    assert list(first.tenths) == [_hour(number) for number in range(2, 11)]
    assert list(second.tenths) == [_hour(number) for number in range(21)]
    assert [second.tenths[_hour(number)] for number in (3, 4, 5, 6)] == [3, 5, 6, 6]
    assert list(shrunk.tenths) == [_hour(number) for number in range(6)]
    assert list(restored.tenths) == [_hour(number) for number in range(31)]
    assert restored.tenths[_hour(4)] == 5


def test_a_record_of_o_hare_is_followed_to_the_hour() -> None:
    series = real_root() / "series"
    history = read_history(series / f"publication_history_{STATION}.txt")
    made = editions(read_hours(series / f"{STATION}.csv.gz", datetime(2025, 1, 1, tzinfo=UTC)), history)
    assert len(made[0].tenths) == history[0].new_count == 10513
    for before, after, said in zip(made, made[1:], history[1:], strict=False):
        assert _counts(before, after) == (said.new_count, said.gone_count, said.changed_count)
        assert max(after.tenths) == said.last_hour
        assert after.published_at == said.published_at


@pytest.mark.parametrize("form", [PSV, PARQUET])
def test_an_edition_is_a_file_of_the_dataset(form: str) -> None:
    edition = Edition(BEGIN, BASE)
    parsed = parse_observations(
        file_of(STATION, 2026, edition, form),
        published_at=BEGIN,
        source_file=f"2026/GHCNh_{STATION}_2026.{form}",
    )
    assert parsed.rejected.is_empty()
    assert parsed.observations["air_temperature_tenths"].to_list() == list(BASE.values())
    assert set(parsed.observations["station_id"]) == {STATION}


def test_only_the_years_that_changed_are_published_again(tmp_path: Path) -> None:
    base = {hour - timedelta(hours=24): tenths for hour, tenths in BASE.items()}
    first = Edition(datetime(2026, 1, 3, tzinfo=UTC), base)
    changed = Edition(datetime(2026, 1, 4, tzinfo=UTC), {**base, BEGIN: 99})
    assert [path.name for path in publish(tmp_path, STATION, first)] == [
        f"GHCNh_{STATION}_2025.psv",
        f"GHCNh_{STATION}_2026.psv",
    ]
    (again,) = publish(tmp_path, STATION, changed)
    assert again.name == f"GHCNh_{STATION}_2026.psv"
    assert again.stat().st_mtime == changed.published_at.timestamp()
    assert publish(tmp_path, STATION, changed) == []
