"""What a chain is fed, made up from a seed, and what must come of it: plain Python over the same rows.

Nothing here reads with the product's code: rows are written as NOAA's CSV and kept as they were meant.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from plain_python_summary import Key, Row, summarise

DATASET = "global-hourly"
FIRST_DAY = date(2014, 1, 1)
EVERY_MIN = 10
_HEADER = '"STATION","DATE","SOURCE","REPORT_TYPE","TMP","DEW","SLP","WND"\n'
_TYPES = ("FM-15", "FM-15", "FM-15", "FM-12", "FM-16", "SAOSP", "SOD", "AUTO")
_CODES = ("1", "1", "5", "5", "5", "0", "9", "2", "3", "6", "7", "A")
_CORRECTED_SHARE = 0.08
_MALFORMED_SHARE = 0.03
_MISSING_SHARE = 0.05
_OTHER_COUNTS = ("dew_point", "pressure", "wind", "station")
_OVER_ALL = ("observation_count", "min_tenths", "max_tenths", "sum_tenths")
Summaries = dict[Key, dict[str, object]]
# Hour and rule: stations, observations, minimum, maximum, sum of the stations' means in 1e-4 degrees.
GlobalRows = dict[tuple[datetime, str], tuple[int, int, int, int, int]]


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def key_of(row: Row) -> tuple[object, ...]:
    return (row["station_id"], row["observed_at"], row["report_type"], row["source"])


def accounted(summary: Mapping[str, object]) -> int:
    """Distinct observations behind a row of the oracle, whether they count or not."""
    counts = [
        value
        for name, value in summary.items()
        if name == "observation_count"
        or (name.endswith("_count") and not name.startswith(_OTHER_COUNTS))
    ]
    return sum(int(str(one)) for one in counts)


class FedArchive:
    """A directory archive of some stations, and its rows in the order in which a feeder plays them."""

    def __init__(self, root: Path, seed: int, *, stations: int, days: int) -> None:
        """Write it.

        Args:
            root: a folder for it.
            seed: makes the rows.
            stations: how many; each reports every ten minutes.
            days: from the first of January 2014 on.
        """
        self.root = root
        self.first_day = FIRST_DAY
        self.last_day = FIRST_DAY + timedelta(days=days - 1)
        self.rows: list[Row] = []
        chance = random.Random(seed)  # noqa: S311 - repeatable is the point
        for number in range(1, stations + 1):
            self._write_station(f"FZ{number:09d}", days, chance)
        self.rows.sort(key=lambda row: (row["observed_at"], row["station_id"], row["source_line"]))
        self.rows_per_s = len(self.rows) / (days * 86_400)
        # How many distinct observations are among the first so many rows.
        self.distinct = [0]
        seen: set[tuple[object, ...]] = set()
        for row in self.rows:
            seen.add(key_of(row))
            self.distinct.append(len(seen))

    @staticmethod
    def first_moment() -> datetime:
        """Where the feed begins."""
        return datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)

    def _write_station(self, station_id: str, days: int, chance: random.Random) -> None:
        by_year: dict[int, list[str]] = defaultdict(list)
        start = self.first_moment()
        for step in range(days * 24 * 60 // EVERY_MIN):
            at = start + timedelta(minutes=EVERY_MIN * step + chance.randrange(EVERY_MIN))
            versions = 2 if chance.random() < _CORRECTED_SHARE else 1
            identity = {"report_type": chance.choice(_TYPES), "source": chance.choice("47")}
            for _ in range(versions):
                lines = by_year[at.year]
                row = _random_row(chance) | identity
                row |= {"station_id": station_id, "observed_at": at, "source_line": len(lines) + 1}
                row |= {"revision": row["source_line"], "dataset": DATASET}
                self.rows.append(row)
                lines.append(_as_csv(row))
        for year, lines in by_year.items():
            path = self.root / "data" / DATASET / "access" / str(year) / f"{station_id}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_HEADER + "".join(lines))


def _random_row(chance: random.Random) -> Row:
    row: Row = {
        "air_temperature_tenths": chance.randrange(-400, 401),
        "dew_point_tenths": chance.choice([None, chance.randrange(-500, 200)]),
        "sea_level_pressure_tenths_hpa": chance.choice([None, chance.randrange(9500, 10500)]),
        "wind_speed_tenths_ms": chance.choice([None, 0, chance.randrange(300)]),
        "wind_direction_deg": chance.choice([None, chance.randrange(1, 361)]),
        "quality_code": chance.choice(_CODES),
        "malformed": None,
    }
    luck = chance.random()
    if luck < _MALFORMED_SHARE:
        row |= {"air_temperature_tenths": None, "malformed": "TMP"}
    elif luck < _MALFORMED_SHARE + _MISSING_SHARE:
        row["air_temperature_tenths"] = None
    return row


def _as_csv(row: Row) -> str:
    tenths, dew = row["air_temperature_tenths"], row["dew_point_tenths"]
    air = "+01x4" if row["malformed"] else "+9999" if tenths is None else f"{tenths:+05d}"
    dew_text = "+9999,9" if dew is None else f"{dew:+05d},1"
    pressure, speed = row["sea_level_pressure_tenths_hpa"], row["wind_speed_tenths_ms"]
    slp = "99999,9" if pressure is None else f"{pressure:05d},1"
    direction = "999,9" if row["wind_direction_deg"] is None else f"{row['wind_direction_deg']:03d},1"
    wind = f"{direction},N," + ("9999,9" if speed is None else f"{speed:04d},1")
    cells = (row["station_id"], f"{row['observed_at']:%Y-%m-%dT%H:%M:%S}", row["source"],
             row["report_type"], f"{air},{row['quality_code']}", dew_text, slp, wind)  # fmt: skip
    return ",".join(f'"{one}"' for one in cells) + "\n"


def global_rows(summaries: Summaries) -> GlobalRows:
    """The rows over all stations that belong to rows of stations."""
    hours: dict[tuple[datetime, str], list[dict[str, object]]] = defaultdict(list)
    for (_, hour, _, rule), one in summaries.items():
        if one.get("observation_count"):
            hours[hour, rule].append(one)
    return {key: _over_all(found) for key, found in hours.items()}


def _over_all(found: list[dict[str, object]]) -> tuple[int, int, int, int, int]:
    numbers = [tuple(int(str(one[name])) for name in _OVER_ALL) for one in found]
    return (
        len(numbers),
        sum(one[0] for one in numbers),
        min(one[1] for one in numbers),
        max(one[2] for one in numbers),
        sum(_half_even(one[3] * 1000, one[0]) for one in numbers),
    )


def _half_even(total: int, count: int) -> int:
    quotient, rest = divmod(total, count)
    return quotient + (2 * rest > count or (2 * rest == count and quotient % 2 == 1))


class Expected:
    """What the tables must hold of the rows so far; costs what was added since it was last asked."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, datetime], list[Row]] = defaultdict(list)
        self._touched: set[tuple[str, datetime]] = set()
        self._summaries: Summaries = {}

    def add(self, rows: Iterable[Row]) -> None:
        """Rows that were fed, in any order and as often as you like."""
        for row in rows:
            key = (row["station_id"], hour_of(row["observed_at"]))
            self._rows[key].append(row)
            self._touched.add(key)

    def summaries(self) -> Summaries:
        """Every station-hour under every rule."""
        self._summaries |= summarise([row for key in self._touched for row in self._rows[key]])
        self._touched.clear()
        return self._summaries


@dataclass(frozen=True, slots=True)
class Difference:
    """How found rows differ from those expected.

    Attributes:
        lost: distinct observations that are missing, under whichever rule most are.
        doubled: the same of those that are too many.
        wrong: rows that differ in anything, rows over all stations included.
        example: one of them.
    """

    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    example: str = ""


def compare(found: Summaries, wanted: Summaries) -> Difference:
    """Tell two sets of rows apart."""
    lost: Counter[str] = Counter()
    doubled: Counter[str] = Counter()
    wrong: list[str] = []
    for key in found.keys() | wanted.keys():
        one, other = found.get(key, {}), wanted.get(key, {})
        if one == other:
            continue
        wrong.append(f"{key}: found {one}, wanted {other}")
        surplus = accounted(one) - accounted(other)
        lost[key[3]] += max(0, -surplus)
        doubled[key[3]] += max(0, surplus)
    most = [max(counts.values(), default=0) for counts in (lost, doubled)]
    return Difference(most[0], most[1], len(wrong), min(wrong, default=""))
