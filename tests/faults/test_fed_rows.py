"""What the chain's tables are held to notices whatever may go wrong with them."""

from collections.abc import Callable

import pytest

from faults.fed_rows import Difference, Expected, FedArchive, Summaries, compare, global_rows
from isotherm.datasets.global_hourly.reader import parse_observations

STATIONS, DAYS = 2, 2
# What a reader may leave out of a row whose temperature it cannot read.
COLUMNS = ("station_id", "observed_at", "report_type", "source", "air_temperature_tenths",
           "dew_point_tenths", "sea_level_pressure_tenths_hpa", "wind_speed_tenths_ms",
           "wind_direction_deg", "source_line")  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> FedArchive:
    return FedArchive(tmp_path_factory.mktemp("archive"), 1, stations=STATIONS, days=DAYS)


@pytest.fixture
def wanted(archive: FedArchive) -> Summaries:
    expected = Expected()
    expected.add(archive.rows)
    return expected.summaries()


def test_the_product_reads_the_rows_as_they_were_meant(archive: FedArchive) -> None:
    for path in archive.root.rglob("*.csv"):
        published_at = archive.rows[0]["observed_at"]
        read = parse_observations(path.read_bytes(), published_at=published_at, source_file=path.name)
        found = read.observations.sort("source_line").rows(named=True)
        meant = [one for one in archive.rows if one["station_id"] == path.stem]
        meant.sort(key=lambda one: one["source_line"])
        assert read.rejected.is_empty()
        assert [[one[name] for name in COLUMNS] for one in found] == [
            [one[name] for name in COLUMNS] for one in meant
        ]
        assert [bool(one["malformed"]) for one in found] == [bool(one["malformed"]) for one in meant]


def test_rows_in_parts_in_any_order_and_again_come_to_the_same(
    archive: FedArchive, wanted: Summaries
) -> None:
    expected = Expected()
    for start in (2, 0, 1, 1):
        expected.add(archive.rows[start::3])
        expected.summaries()
    assert compare(expected.summaries(), wanted) == Difference()
    assert len({key[1] for key in wanted}) == 24 * DAYS


def test_distinct_counts_versions_of_an_observation_once(archive: FedArchive) -> None:
    assert archive.distinct[-1] == STATIONS * DAYS * 24 * 6 < len(archive.rows)


def _lose_an_hour(rows: Summaries) -> None:
    del rows[min(key for key in rows if key[3] == "qc")]


def _count_one_less(rows: Summaries) -> None:
    key = min(key for key, one in rows.items() if int(str(one.get("observation_count", 0))) > 1)
    rows[key]["observation_count"] = int(str(rows[key]["observation_count"])) - 1


def _count_one_twice(rows: Summaries) -> None:
    key = min(key for key, one in rows.items() if "bad_quality_count" in one)
    rows[key]["bad_quality_count"] = int(str(rows[key]["bad_quality_count"])) + 1


def _add_a_tenth(rows: Summaries) -> None:
    key = min(key for key, one in rows.items() if "sum_tenths" in one)
    rows[key]["sum_tenths"] = int(str(rows[key]["sum_tenths"])) + 1


@pytest.mark.parametrize(
    ("spoil", "lost", "doubled"),
    [(_lose_an_hour, 6, 0), (_count_one_less, 1, 0), (_count_one_twice, 0, 1), (_add_a_tenth, 0, 0)],
)
def test_a_single_wrong_row_is_noticed(
    spoil: Callable[[Summaries], None], lost: int, doubled: int, wanted: Summaries
) -> None:
    found = {key: dict(one) for key, one in wanted.items()}
    spoil(found)
    difference = compare(found, wanted)
    assert (difference.lost, difference.doubled, difference.wrong) == (lost, doubled, 1)
    assert difference.example


def test_rows_over_all_stations_hold_means_half_to_even() -> None:
    def hour(total: int, count: int) -> dict[str, object]:
        return {"observation_count": count, "min_tenths": 0, "max_tenths": 9, "sum_tenths": total}

    moment = FedArchive.first_moment()
    rows = {("A", moment, "d", "qc"): hour(1, 16), ("B", moment, "d", "qc"): hour(3, 16)}
    # 62.5 and 187.5 ten-thousandths of a degree.
    assert global_rows(rows) == {(moment, "qc"): (2, 32, 0, 9, 62 + 188)}
