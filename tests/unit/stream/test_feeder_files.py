"""A feed's position: where its records begin, and what rounds leave of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from isotherm.settings import Settings
from isotherm.stream.feeder_files import FedYear, FeedPosition, first_record_ms, position_path

PLANNED = datetime(2026, 11, 26, 9, tzinfo=UTC)


def plan(settings: Settings, feed_id: str, planned_at: datetime | None) -> None:
    text = None if planned_at is None else planned_at.isoformat()
    FeedPosition(feed_id, planned_at=text).save(position_path(settings, feed_id))


def test_records_of_feeds_begin_an_hour_before_the_first_was_planned(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, archive="simulated")
    plan(settings, "later", PLANNED + timedelta(days=1))
    plan(settings, "first", PLANNED)
    plan(settings, "unknown", None)
    begin = round((PLANNED - timedelta(hours=1)).timestamp() * 1000)
    assert first_record_ms(settings, ["later", "first"]) == begin
    for feeds in (["first", "unknown"], ["first", "never met"], []):
        assert first_record_ms(settings, feeds) is None


def test_rounds_that_are_fed_leave_their_sums(tmp_path: Path) -> None:
    position = FeedPosition("f")
    for number in range(3):
        position.years[f"round {number}"] = FedYear("d", 2, 2, 1, 1, 1, {"late": number})
    position.merge_years("earlier rounds")
    assert (position.rows_fed, position.distinct_keys, position.injected) == (6, 3, {"late": 3})
    assert position.years["earlier rounds"].is_fed
    position.save(tmp_path / "f.json")
    assert FeedPosition.load(tmp_path / "f.json", "f") == position
