"""What an import will ask for, in HDFS: 10 000 stations in 50 years do not travel through Airflow.

A plan is one file of lines in the order of year and bucket; a task gets its address and a range of
bytes. A bucket of a year is never in two parts, so that Spark makes each of its tables once.
"""

import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from math import ceil
from typing import Any, Final

from isotherm.archive.station_year import StationYear
from isotherm.errors import StoreError
from isotherm.stores.hdfs_layout import BUCKET_COUNT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore

PLAN_ROOT: Final = "/isotherm/plans"
# About two minutes of downloading: long enough to be worth a task, short enough to try again.
FILES_PER_TASK: Final = 400
# Airflow maps a task at most 1024 times, and shows a person no more than some hundred.
MAX_TASKS: Final = 500
KEPT_FOR: Final = timedelta(days=30)
# Where the parts are too many they become larger, by so much at a time.
_LARGER: Final = 1.25
_TYPED: Final = ".typed"


@dataclass(frozen=True, slots=True)
class PlanPart:
    """What one task does.

    Attributes:
        path: of the plan in HDFS.
        offset: of its first line, in bytes.
        length: of its lines, in bytes.
        file_count: station-years in it.
        first_year: of them.
        last_year: of them, inclusive.
        first_bucket: of them; 0 of whole years.
        last_bucket: of them, inclusive.
        number: from 1.
        count: of all parts of the plan.
        planned_at: when the plan was made, UTC, ISO 8601.
    """

    path: str
    offset: int
    length: int
    file_count: int
    first_year: int
    last_year: int
    first_bucket: int
    last_bucket: int
    number: int
    count: int
    planned_at: str

    @property
    def title(self) -> str:
        """Name of the mapped task, as `1901-1910`, `2014` or `2014 bucket 00-15`."""
        years = "-".join(map(str, sorted({self.first_year, self.last_year})))
        if (self.first_bucket, self.last_bucket) == (0, BUCKET_COUNT - 1):
            return years
        buckets = "-".join(f"{one:02d}" for one in sorted({self.first_bucket, self.last_bucket}))
        return f"{years} bucket {buckets}"

    @property
    def is_last(self) -> bool:
        """Whether no part comes after it."""
        return self.number == self.count

    def as_xcom(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines of a plan that belong together: whole years, or some buckets of one."""

    years: tuple[int, int]
    buckets: tuple[int, int]
    files: tuple[StationYear, ...]

    @property
    def is_whole(self) -> bool:
        return self.buckets == (0, BUCKET_COUNT - 1)

    def joined(self, after: "_Piece") -> "_Piece":
        years = (self.years[0], after.years[1])
        buckets = self.buckets if self.is_whole else (self.buckets[0], after.buckets[1])
        return _Piece(years, buckets, self.files + after.files)


def count_parts(station_years: Sequence[StationYear], whole_years: Collection[int] = ()) -> int:
    """How many parts a plan of these will have; arguments as of `write_plan`."""
    return len(_cut(station_years, frozenset(whole_years)))


def write_plan(
    store: HdfsStore, station_years: Sequence[StationYear], whole_years: Collection[int] = ()
) -> list[PlanPart]:
    """Keep a plan; returns its parts, none of an empty one. Plans of long ago are deleted.

    Args:
        store: HDFS.
        station_years: what is asked for.
        whole_years: years that one task has to itself: they come from the archive of a year.

    Raises:
        StoreError: HDFS did not take it.
    """
    now = datetime.now(UTC)
    for name in old_plans(store):
        store.delete(f"{PLAN_ROOT}/{name}")
    if not station_years:
        return []
    path = f"{PLAN_ROOT}/{now.date()}-{uuid.uuid4().hex[:12]}.csv"
    pieces = _cut(station_years, frozenset(whole_years))
    texts = [_lines(one.files) for one in pieces]
    store.write(path, b"".join(texts))
    parts, offset = [], 0
    for number, (piece, text) in enumerate(zip(pieces, texts, strict=True), start=1):
        part = PlanPart(
            path, offset, len(text), len(piece.files), *piece.years, *piece.buckets,
            number, len(pieces), now.isoformat(timespec="seconds"),
        )  # fmt: skip
        parts.append(part)
        offset += len(text)
    return parts


def read_plan(store: HdfsStore, part: PlanPart) -> list[StationYear]:
    """The station-years of one task; reads nothing of the other tasks.

    Raises:
        StoreError: the plan is not there any more, or HDFS does not answer.
    """
    content = store.read_if_exists(part.path, offset=part.offset, length=part.length)
    if content is None:
        raise StoreError(
            f"The plan {part.path} is gone from HDFS (plans are kept for {KEPT_FOR.days} days). Clear "
            "plan_import with all tasks after it: it plans again."
        )
    lines = (line.split(",") for line in content.decode().splitlines())
    return [StationYear(station_id, int(year), dataset) for year, dataset, station_id in lines]


def _lines(files: Iterable[StationYear]) -> bytes:
    return "".join(f"{one.year},{one.dataset},{one.station_id}\n" for one in files).encode()


def _cut(station_years: Sequence[StationYear], whole_years: Collection[int]) -> list[_Piece]:
    """Parts in the order of years and buckets, never more than `MAX_TASKS`."""
    cells = list(_cells(station_years))
    size = max(FILES_PER_TASK, ceil(len(station_years) / MAX_TASKS))
    while len(pieces := _packed(cells, size, whole_years)) > MAX_TASKS:
        size = ceil(size * _LARGER)
    return pieces


def _cells(station_years: Iterable[StationYear]) -> Iterable[_Piece]:
    """The smallest pieces: one bucket of one year."""
    keyed = sorted(
        (one.year, bucket_of(one.station_id), one.dataset, one.station_id) for one in station_years
    )
    for (year, bucket), group in groupby(keyed, key=lambda one: one[:2]):
        files = tuple(StationYear(station_id, year, dataset) for year, _, dataset, station_id in group)
        yield _Piece((year, year), (bucket, bucket), files)


def _packed(cells: Sequence[_Piece], size: int, whole_years: Collection[int] = ()) -> list[_Piece]:
    """Neighbouring cells together as long as they fit: years as a whole, else buckets of one year."""
    pieces: list[_Piece] = []
    for year, group in groupby(cells, key=lambda one: one.years[0]):
        of_year = list(group)
        if year in whole_years or sum(len(one.files) for one in of_year) <= size:
            files = tuple(file for one in of_year for file in one.files)
            pieces.append(_Piece((year, year), (0, BUCKET_COUNT - 1), files))
        else:
            pieces += _joined(of_year, size)
    return _joined(pieces, size)


def _joined(pieces: Sequence[_Piece], size: int) -> list[_Piece]:
    found: list[_Piece] = []
    for one in pieces:
        fits = found and len(found[-1].files) + len(one.files) <= size
        is_alike = found and found[-1].is_whole == one.is_whole
        is_near = found and (one.is_whole or found[-1].years == one.years)
        if fits and is_alike and is_near:
            found[-1] = found[-1].joined(one)
        else:
            found.append(one)
    return found


def write_typed(store: HdfsStore, part: PlanPart, typed: Mapping[str, Sequence[str]]) -> None:
    """Keep beside a part's plan what somebody typed to name stations, and the ids it stands for.

    Raises:
        StoreError: HDFS did not take it.
    """
    if typed:
        store.write(f"{part.path}{_TYPED}", json.dumps(typed).encode())


def read_typed(store: HdfsStore, part: PlanPart) -> dict[str, list[str]]:
    """What `write_typed` kept; empty where stations were chosen otherwise.

    Raises:
        StoreError: HDFS does not answer.
    """
    typed: dict[str, list[str]] = json.loads(store.read_if_exists(f"{part.path}{_TYPED}") or b"{}")
    return typed


def old_plans(store: HdfsStore) -> list[str]:
    """Names of the plans that are older than they are kept."""
    before = (datetime.now(UTC) - KEPT_FOR).date().isoformat()
    return [name for name in store.list(PLAN_ROOT) if name[:10] < before]
