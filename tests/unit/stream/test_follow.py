"""Following an archive: each round feeds what is new or corrected, once, whatever interrupts it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.station_year import StationYear
from isotherm.stream.downloads import Downloads
from isotherm.stream.feeder_files import FedYear, FeedPosition
from isotherm.stream.feeder_plan import FeedPlan, Period
from isotherm.stream.follow import ArchiveFollower, Round, years_to_ask

HEADER = '"STATION","DATE","SOURCE","REPORT_TYPE","TMP"\n'
STATIONS = ("ZZ000000001", "ZZ000000002")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
Hours = dict[str, int]


class Followed:
    """An archive in a folder, and a feed that follows it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        followed = [StationYear(one, 2026, "global-hourly") for one in STATIONS]
        self.position = FeedPosition("f", station_years=followed)
        self.files: dict[tuple[str, int], Hours] = {}

    def publish(self, station_id: str, hours: Hours, year: int = 2026, extra: str = "") -> None:
        """The station's file: what it had, with these hours by `MM-DD HH` in tenths of a degree."""
        rows = self.files.setdefault((station_id, year), {})
        rows |= hours
        lines = [
            f'"{station_id}","{year}-{hour[:5]}T{hour[6:]}:00:00","7","FM-15","{tenths:+05d},1"\n'
            for hour, tenths in sorted(rows.items())
        ]
        self._file(station_id, year).write_text(HEADER + "".join(lines) + extra)

    def break_file(self, station_id: str) -> None:
        self._file(station_id, 2026).write_text("<html>maintenance</html>")

    def follower(self) -> ArchiveFollower:
        archive = DirectoryArchive(self.folder / "archive")
        downloads = Downloads(self.folder / "downloads")
        return ArchiveFollower(archive, downloads, self.position, self.folder / "feed.rows")

    def look(self, now: datetime = NOW) -> Round | None:
        return self.follower().next_round(FeedPlan(Period(), now))

    def feed(self, found: Round) -> list[tuple[str, str, int]]:
        """Station, hour and temperature of each row, in the order they are fed; then settle."""
        rows = pl.concat([part for _, part in found.rows.store.parts(0)])
        self.position.years[found.rows.name] = FedYear(found.rows.digest, rows.height, rows.height)
        follower = self.follower()
        follower.settle(found)
        path = self.folder / "position.json"
        self.position.save(path)
        self.position = FeedPosition.load(path, "f")
        self.follower().forget()
        hour = pl.col("observed_at").dt.strftime("%m-%d %H")
        return rows.select("station_id", hour, "air_temperature_tenths").rows()

    def _file(self, station_id: str, year: int) -> Path:
        path = self.folder / f"archive/data/global-hourly/access/{year}/{station_id}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    one = Followed(tmp_path)
    one.publish(STATIONS[0], {"01-01 05": 10, "01-02 06": 20})
    one.publish(STATIONS[1], {"01-01 07": 30, "01-02 04": 40})
    return one


@pytest.fixture
def fed_once(followed: Followed) -> Followed:
    first = followed.look()
    assert first is not None
    followed.feed(first)
    return followed


def test_the_first_round_is_the_newest_day_in_order_of_time(followed: Followed) -> None:
    first = followed.look()
    assert first is not None
    assert followed.feed(first) == [(STATIONS[1], "01-02 04", 40), (STATIONS[0], "01-02 06", 20)]


def test_nothing_new_is_no_round_and_a_file_touched_without_news_neither_feeds(
    fed_once: Followed,
) -> None:
    assert fed_once.look() is None
    fed_once.publish(STATIONS[0], {})
    assert fed_once.look() is None


def test_new_and_corrected_rows_are_fed_whatever_their_day_and_no_other(fed_once: Followed) -> None:
    fed_once.publish(STATIONS[0], {"01-01 05": 11, "01-02 07": 21, "01-03 00": 22})
    fed_once.publish(STATIONS[1], {"01-02 23": 41})
    found = fed_once.look()
    assert found is not None
    assert fed_once.feed(found) == [
        (STATIONS[0], "01-01 05", 11),
        (STATIONS[0], "01-02 07", 21),
        (STATIONS[1], "01-02 23", 41),
        (STATIONS[0], "01-03 00", 22),
    ]
    assert fed_once.look() is None
    assert (fed_once.position.rounds, fed_once.position.rows_fed) == (2, 6)
    assert list(fed_once.position.years) == ["earlier rounds"]


def test_a_round_that_was_interrupted_is_the_same_again_whatever_was_published_since(
    fed_once: Followed,
) -> None:
    fed_once.publish(STATIONS[0], {"01-02 07": 21})
    before = fed_once.look()
    fed_once.publish(STATIONS[0], {"01-02 08": 22})
    again = fed_once.look()
    assert before is not None
    assert again is not None
    assert (again.rows.digest, again.versions) == (before.rows.digest, before.versions)
    assert fed_once.feed(again) == [(STATIONS[0], "01-02 07", 21)]
    then = fed_once.look()
    assert then is not None
    assert fed_once.feed(then) == [(STATIONS[0], "01-02 08", 22)]


def test_of_two_lines_of_one_observation_the_newest_counts_and_a_swap_is_news(
    fed_once: Followed,
) -> None:
    line = '"ZZ000000001","2026-01-03T00:00:00","7","FM-15","{:+05d},1"\n'
    for values, expected in (((1, 2), [2]), ((2, 1), [1]), ((3, 1), None)):
        fed_once.publish(STATIONS[0], {}, extra="".join(map(line.format, values)))
        found = fed_once.look()
        assert found is not None
        if expected is None:
            assert found.rows.store.counts.rows == 0
            break
        assert [tenths for *_, tenths in fed_once.feed(found)] == expected


def test_rows_set_aside_are_told_of_once(fed_once: Followed) -> None:
    stray = '"ZZ000000009","2026-01-03T00:00:00","7","FM-15","+0001,1"\n'
    fed_once.publish(STATIONS[0], {"01-03 00": 1}, extra=stray)
    found = fed_once.look()
    assert found is not None
    assert found.rows.store.counts.set_aside == 1
    fed_once.feed(found)
    fed_once.publish(STATIONS[0], {"01-03 01": 1}, extra=stray)
    found = fed_once.look()
    assert found is not None
    assert (found.rows.store.counts.set_aside, found.rows.store.counts.rows) == (0, 1)


def test_a_file_that_cannot_be_read_waits_and_the_others_go_on(fed_once: Followed) -> None:
    fed_once.break_file(STATIONS[0])
    fed_once.publish(STATIONS[1], {"01-03 00": 1})
    found = fed_once.look()
    assert found is not None
    assert fed_once.feed(found) == [(STATIONS[1], "01-03 00", 1)]
    fed_once.publish(STATIONS[0], {"01-03 01": 2})
    found = fed_once.look()
    assert found is not None
    assert fed_once.feed(found) == [(STATIONS[0], "01-03 01", 2)]


def test_the_next_years_file_is_fed_whole_when_it_comes(fed_once: Followed) -> None:
    fed_once.publish(STATIONS[0], {"01-01 00": 5, "01-02 00": 6}, year=2027)
    found = fed_once.look(datetime(2027, 1, 3, tzinfo=UTC))
    assert found is not None
    assert [hour for _, hour, _ in fed_once.feed(found)] == ["01-01 00", "01-02 00"]


@pytest.mark.parametrize(
    ("years", "month", "asked"),
    [
        ([2014], 3, [2014, 2026]),
        ([2025, 2026], 3, [2026]),
        ([2025], 3, [2025, 2026]),
        ([2026], 1, [2025, 2026]),
        ([2014], 1, [2014, 2026]),
    ],
)
def test_the_newest_file_is_asked_for_and_those_that_may_have_come(
    years: list[int], month: int, asked: list[int]
) -> None:
    followed = [StationYear("ZZ000000001", year, "global-hourly") for year in years]
    found = years_to_ask(followed, datetime(2026, month, 15, tzinfo=UTC))
    assert [one.year for one in found] == asked


def test_what_is_known_does_not_pile_up(fed_once: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    known: Callable[[], int] = lambda: len(list((fed_once.folder / "feed.rows" / "known").iterdir()))  # noqa: E731
    assert known() == 4
    for hour in range(3):
        fed_once.publish(STATIONS[0], {f"01-04 {hour:02d}": hour})
        found = fed_once.look()
        assert found is not None
        fed_once.feed(found)
    assert known() == 4
