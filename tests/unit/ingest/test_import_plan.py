"""A plan is cut by year and bucket, into few parts that are whole."""

from collections.abc import Collection, Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from isotherm.archive.station_year import StationYear
from isotherm.ingest.plan import FILES_PER_TASK, MAX_TASKS, PlanPart, read_plan, write_plan
from isotherm.stores.hdfs_layout import bucket_of


class Shelf:
    """As much of a store as a plan needs."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def list(self, _folder: str) -> list[str]:
        return []

    def write(self, path: str, content: bytes) -> None:
        self.files[path] = content

    def read_if_exists(self, path: str, *, offset: int, length: int) -> bytes | None:
        return self.files[path][offset : offset + length]


def cut(
    wanted: Iterable[StationYear], whole_years: Collection[int] = ()
) -> list[tuple[PlanPart, list[StationYear]]]:
    shelf = Shelf()
    parts = write_plan(shelf, list(wanted), whole_years)  # type: ignore[arg-type]
    return [(one, read_plan(shelf, one)) for one in parts]  # type: ignore[arg-type]


def files(stations: int, years: Iterable[int]) -> list[StationYear]:
    return [
        StationYear(f"{number:06d}99999", year, "global-hourly")
        for year in years
        for number in range(stations)
    ]


def test_few_files_of_many_years_are_one_part_named_by_its_years() -> None:
    ((part, found),) = cut(files(3, range(1974, 2024)))
    assert (part.title, part.number, part.count, part.is_last) == ("1974-2023", 1, 1, True)
    assert len(found) == part.file_count == 150


def test_a_full_year_is_cut_between_buckets_and_named_by_them() -> None:
    parts = cut(files(1000, [2014]))
    titles = [part.title for part, _ in parts]
    assert titles[0].startswith("2014 bucket 00-")
    assert titles[-1].endswith("-31")
    assert all(part.file_count <= FILES_PER_TASK for part, _ in parts)


def test_a_small_year_before_a_large_one_stays_whole() -> None:
    titles = [part.title for part, _ in cut([*files(10, [2012, 2013]), *files(1000, [2014])])]
    assert titles[0] == "2012-2013"
    assert titles[1].startswith("2014 bucket ")


def test_a_year_that_one_archive_brings_is_one_part_however_large() -> None:
    found = [(part.title, part.file_count) for part, _ in cut(files(1000, [2013, 2014]), {2013})]
    assert found[0] == ("2013", 1000)
    assert all(title.startswith("2014 bucket ") for title, _ in found[1:])


@settings(max_examples=30)
@given(
    st.dictionaries(st.integers(1901, 2100), st.integers(1, 900), min_size=1, max_size=12),
)
def test_every_file_is_in_one_part_and_no_bucket_of_a_year_in_two(counts: dict[int, int]) -> None:
    wanted = [one for year, count in counts.items() for one in files(count, [year])]
    parts = cut(wanted)
    assert sorted(one for _, found in parts for one in found) == sorted(wanted)
    assert len(parts) <= MAX_TASKS
    cells = [{(one.year, bucket_of(one.station_id)) for one in found} for _, found in parts]
    assert sum(map(len, cells)) == len(set().union(*cells))
    assert [part.number for part, _ in parts] == list(range(1, len(parts) + 1))
