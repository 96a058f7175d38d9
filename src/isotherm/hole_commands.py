"""What fetches the days of holes: few runs for many days, for a shell and for Airflow."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

# A run of `ingest_observations` per day; beyond so many a run per year is quicker.
MAX_DAYS: Final = 31
# Runs of days so near to each other are one.
_JOINED_WITHIN: Final = timedelta(days=3)
# More stations than these are not written out: all stations of the platform are asked for.
NAMED_STATIONS: Final = 50

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class AirflowRequest:
    """A POST to Airflow's API: its path, and what is sent as JSON."""

    path: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DayFill:
    """A backfill of `ingest_observations`: a run per day.

    Attributes:
        first_day: UTC.
        last_day: UTC, inclusive.
        station_ids: none means all of the platform.
    """

    first_day: date
    last_day: date
    station_ids: Sequence[str]

    dag_id = "ingest_observations"

    @property
    def run_count(self) -> int:
        """One per day."""
        return (self.last_day - self.first_day).days + 1

    @property
    def command(self) -> str:
        """For a shell."""
        conf = json.dumps({"station_ids": list(self.station_ids)})
        return (
            f"./isotherm airflow backfill create --dag-id {self.dag_id} "
            f"--from-date {self.first_day} --to-date {self.last_day} --reprocess-behavior completed"
            + (f" --dag-run-conf '{conf}'" if self.station_ids else "")
        )

    @property
    def request(self) -> AirflowRequest:
        """The same, as Airflow's API takes it."""
        conf = {"station_ids": list(self.station_ids)} if self.station_ids else {}
        body = {
            "dag_id": self.dag_id,
            "from_date": f"{self.first_day}T00:00:00Z",
            "to_date": f"{self.last_day}T00:00:00Z",
            "reprocess_behavior": "completed",
            "dag_run_conf": conf,
        }
        return AirflowRequest("/api/v2/backfills", body)


@dataclass(frozen=True, slots=True)
class YearFill:
    """A run of `import_history`: whole years, both inclusive; no station means those of its form."""

    first_year: int
    last_year: int
    station_ids: Sequence[str]

    dag_id = "import_history"
    run_count = 1

    @property
    def first_day(self) -> date:
        """Of the first year, UTC."""
        return date(self.first_year, 1, 1)

    @property
    def last_day(self) -> date:
        """Of the last year, UTC."""
        return date(self.last_year, 12, 31)

    @property
    def command(self) -> str:
        """For a shell."""
        years = ":".join(map(str, sorted({self.first_year, self.last_year})))
        ids = f" --ids {','.join(self.station_ids)}" if self.station_ids else ""
        return f"./isotherm import --years {years}{ids}"

    @property
    def request(self) -> AirflowRequest:
        """The same, as Airflow's API takes it."""
        conf: dict[str, Any] = {
            "first_year": self.first_year,
            "last_year": self.last_year,
            "dry_run": False,
        }
        if self.station_ids:
            conf["station_ids"] = list(self.station_ids)
        return AirflowRequest(
            f"/api/v2/dags/{self.dag_id}/dagRuns", {"logical_date": None, "conf": conf}
        )


Fill = DayFill | YearFill


def fills(station_ids: Collection[str], runs: Iterable[Days]) -> list[Fill]:
    """What asks the archive for some days of some stations.

    Args:
        station_ids: whose days they are.
        runs: first and last day, inclusive, in any order.
    """
    joined = _joined(runs)
    stations = sorted(set(station_ids))
    named = stations if len(stations) <= NAMED_STATIONS else []
    if sum((last - first).days + 1 for first, last in joined) <= MAX_DAYS:
        return [DayFill(first, last, named) for first, last in joined]
    years = sorted({year for first, last in joined for year in range(first.year, last.year + 1)})
    return [YearFill(first, last, named) for first, last in _runs_of_years(years)]


def fill_commands(station_ids: Collection[str], runs: Iterable[Days]) -> list[str]:
    """The same as shell commands."""
    return [one.command for one in fills(station_ids, runs)]


def _joined(runs: Iterable[Days]) -> list[Days]:
    found: list[Days] = []
    for first, last in sorted(runs):
        if found and first - found[-1][1] <= _JOINED_WITHIN:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _runs_of_years(years: Sequence[int]) -> list[tuple[int, int]]:
    starts = [years[0], *(after for before, after in pairwise(years) if after - before > 1)]
    ends = [*(before for before, after in pairwise(years) if after - before > 1), years[-1]]
    return list(zip(starts, ends, strict=True))
