"""The climate of two real stations against plain counting of NOAA's own files, and its summaries."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import ModuleType
from typing import Any

import httpx
import polars as pl
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from pydantic import BaseModel

from isotherm.api import climate_models
from isotherm.api.app import create_app
from isotherm.api.style import DEFAULT_STYLE
from isotherm.api.styled_rows import columns_of
from isotherm.datasets.facts import SERVED
from isotherm.datasets.observations import observations_of
from isotherm.datasets.registry import dataset_named
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.global_summary import ensure_stations, lock_layer
from isotherm.stores.load_summaries import replace_days
from isotherm.stores.tables import station
from isotherm.summarise import summarise
from real_files import real_root, real_station_year
from servers.mariadb_fixture import Database, migrated_database

pytestmark = pytest.mark.servers

OHARE, JAN_MAYEN, SOUTH = "72530094846", "01001099999", "ZC000000001"
PUBLISHED = datetime(2025, 10, 1, tzinfo=UTC)
DATASET = "global-hourly"
Values = dict[datetime, list[int]]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    source = (real_root() / "expected" / "reference.py").read_text()
    module = ModuleType("reference")
    exec(source.rsplit("main(*sys.argv", 1)[0], module.__dict__)  # noqa: S102 - NOAA's rule, plain
    return module


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """One of its own: what is over all stations is over these."""
    with migrated_database() as one:
        yield one


@pytest.fixture(scope="module")
def api(database: Database) -> Iterator[TestClient]:
    for station_id, year in ((OHARE, 2014), (JAN_MAYEN, 2024)):
        load(database, station_id, year)
    with database.engine().begin() as connection:
        ensure_stations(connection, [SOUTH])
        for one, latitude in ((OHARE, 41.995), (SOUTH, -17.8)):
            statement = sa.update(station).where(station.c.station_id == one)
            connection.execute(statement.values(latitude_deg=latitude))
    with TestClient(create_app(database.settings)) as client:
        yield client


def load(database: Database, station_id: str, year: int) -> None:
    dataset = dataset_named(DATASET)
    content = real_station_year(station_id, year).read_bytes()
    read = observations_of(dataset, content, station_id=station_id, year=year, published_at=PUBLISHED)
    hours = summarise(read.observations, dataset.quality)
    days = hours.select("station_id", day=pl.col("hour_start").dt.date()).unique()
    with database.engine().begin() as connection:
        lock_layer(connection, SERVED, LAYER_BATCH)
        replace_days(connection, hours, days, dataset=DATASET, quality=dataset.quality)


@pytest.fixture(scope="module")
def ohare(reference: ModuleType) -> Values:
    """Hour -> the temperatures that count, in tenths."""
    found = reference.hours(str(real_station_year(OHARE, 2014)), "routine")
    return {datetime.fromisoformat(hour): values for hour, values in found.items() if values}


def rows(api: TestClient, path: str, model: type[BaseModel] | None = None) -> list[dict[str, Any]]:
    answer = api.get(f"/api/v1/stations/{path}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    if model is not None:
        for one in found:
            assert set(one) == set(columns_of(model, DEFAULT_STYLE))
            model.model_validate(one)
    return found


def mean_c(values: list[int]) -> float:
    return float(round(Fraction(sum(values), len(values) * 10), 2))


def by_day(values: Values) -> dict[date, list[int]]:
    days = defaultdict(list)
    for hour, found in values.items():
        days[hour.date()] += found
    return dict(days)


def good_days(values: Values) -> set[date]:
    parts = defaultdict(set)
    for hour in values:
        parts[hour.date()].add(hour.hour // 6)
    return {day for day, found in parts.items() if len(found) == 4}


def require_coverage(row: dict[str, Any], values: Values, asked: Collection[date]) -> None:
    """What a row says of how complete it is, against plain counting of the days it is of."""
    there = {day for day in by_day(values) if day in asked}
    good = good_days(values) & there
    assert (row["day_count"], row["good_day_count"]) == (len(there), len(good))
    assert row["completeness"] == round(len(good) / len(asked), 4)
    assert row["grade"] == ("good" if len(good) >= 0.9 * len(asked) else "weak")


def days_of_2014(month: int | None = None) -> set[date]:
    every = {date(2014, 1, 1) + timedelta(n) for n in range(365)}
    return {day for day in every if month in (None, day.month)}


def test_days_and_months_say_how_complete_they_are(api: TestClient, ohare: Values) -> None:
    good = good_days(ohare)
    found = rows(api, f"{OHARE}/daily?limit=1000")
    assert {row["day"]: row["grade"] for row in found} == {
        day.isoformat(): "good" if day in good else "weak" for day in by_day(ohare)
    }
    for row in rows(api, f"{OHARE}/monthly"):
        own = [day for day in good if f"{day:%Y-%m}" == row["month"]]
        length = (date(2014, int(row["month"][5:]), 28) + timedelta(4)).replace(day=1) - timedelta(1)
        assert row["good_day_count"] == len(own)
        assert row["completeness"] == round(len(own) / length.day, 4)
        assert row["grade"] == ("good" if len(own) >= 0.9 * length.day else "weak")


def test_seasons_are_the_mean_of_their_hours_and_named_by_the_hemisphere(
    api: TestClient, ohare: Values
) -> None:
    seasons = defaultdict(list)
    for hour, found in ohare.items():
        year = hour.year + (hour.month == 12)
        seasons[f"{year}-{('DJF', 'MAM', 'JJA', 'SON')[hour.month % 12 // 3]}"] += found
    found = rows(api, f"{OHARE}/seasonal")
    assert {row["season"]: (row["mean_c"], row["min_c"], row["max_c"]) for row in found} == {
        season: (mean_c(values), min(values) / 10, max(values) / 10)
        for season, values in seasons.items()
    }
    assert [row["season_name"] for row in found] == ["winter", "spring", "summer", "autumn", "winter"]
    assert [row["grade"] for row in found] == ["weak", "good", "good", "good", "weak"]
    only = rows(api, f"{OHARE}/seasonal?from=2015&to=2016")
    assert [row["season"] for row in only] == ["2015-DJF"]
    after = rows(api, f"{OHARE}/seasonal?cursor=2014-JJA")
    assert [row["season"] for row in after] == ["2014-SON", "2015-DJF"]


def test_all_stations_have_seasons_too(api: TestClient) -> None:
    answer = api.get("/api/v1/global/seasonal?from=2014&to=2015").json()["data"]
    assert [row["season"] for row in answer] == ["2014-DJF", "2014-MAM", "2014-JJA", "2014-SON"]
    own = {row["season"]: row["mean_c"] for row in rows(api, f"{OHARE}/seasonal")}
    if all(row["station_count"] == 1 for row in answer):
        assert [row["mean_c"] for row in answer] == [own[row["season"]] for row in answer]


@pytest.mark.parametrize(
    ("series", "period", "days"),
    [
        ("daily", "day", 1),
        ("monthly", "month", 31),
        ("seasonal", "season", 92),
        ("yearly", "year", 365),
    ],
)
def test_all_stations_say_how_complete_they_are_together(
    api: TestClient, series: str, period: str, days: int
) -> None:
    answer = api.get("/api/v1/global/" + series, params={"from": "2014-07", "to": "2014-09"}).json()
    if series == "yearly":
        answer = api.get("/api/v1/global/yearly?from=2014&to=2015").json()
    row = answer["data"][0]
    stations = api.get("/api/v1/stations?limit=10000").json()["data"]
    found = [one for one in stations if one["hour_count"]]
    own = [one for each in found for one in rows(api, f"{each['station_id']}/{series}")]
    own = [one for one in own if one[period] == row[period]]
    assert row["station_count"] == len(own)
    for name in ("day_count", "good_day_count"):
        assert row[name] == sum(one[name] for one in own)
    if period != "season":
        share = row["good_day_count"] / (days * len(own))
        assert row["completeness"] == round(share, 4)
        assert row["grade"] == ("good" if share >= 0.9 else "weak")


def test_the_whole_period_is_all_its_observations(api: TestClient, ohare: Values) -> None:
    (found,) = rows(api, f"{OHARE}/whole-period", climate_models.WholePeriod)
    values = [value for one in ohare.values() for value in one]
    assert (found["observation_count"], found["hour_count"]) == (len(values), len(ohare))
    assert (found["min_c"], found["mean_c"], found["max_c"]) == (
        min(values) / 10,
        mean_c(values),
        max(values) / 10,
    )
    assert (found["first_month"], found["last_month"]) == ("2014-01", "2014-12")
    assert found["good_day_count"] == len(good_days(ohare))


def test_threshold_days_and_degree_days_are_what_the_days_say(api: TestClient, ohare: Values) -> None:
    days = by_day(ohare)
    found = rows(
        api,
        f"{OHARE}/threshold-days?period=month&element=mean&below=5",
        climate_models.ThresholdDays,
    )
    degree = rows(
        api,
        f"{OHARE}/degree-days?period=month&heating_base_c=18.3&cooling_base_c=20",
        climate_models.DegreeDays,
    )
    for row, sums in zip(found, degree, strict=True):
        own = [values for day, values in days.items() if f"{day:%Y-%m}" == row["period"]]
        assert row["frost_days"] == sum(min(one) < 0 for one in own)
        assert row["ice_days"] == sum(max(one) < 0 for one in own)
        assert row["summer_days"] == sum(max(one) >= 250 for one in own)
        assert row["tropical_nights"] == sum(min(one) >= 200 for one in own)
        assert row["own_days"] == sum(mean_c(one) < 5 for one in own)
        heating = sum(max(0, 1830 - round(mean_c(one) * 100)) for one in own)
        cooling = sum(max(0, round(mean_c(one) * 100) - 2000) for one in own)
        assert (sums["heating_degree_days"], sums["cooling_degree_days"]) == (
            heating / 100,
            cooling / 100,
        )
    (year,) = rows(api, f"{OHARE}/threshold-days")
    assert year["frost_days"] == sum(row["frost_days"] for row in found) > 100
    assert year["own_days"] is None


def test_streaks_are_the_longest_runs_of_days(api: TestClient, ohare: Values) -> None:
    frost = {day for day, values in by_day(ohare).items() if min(values) < 0}
    runs = [
        (-length, day)
        for day in frost
        for length in range(1, 366)
        if all(day + timedelta(n) in frost for n in range(length))
    ]
    length, first = min(runs)
    found = rows(api, f"{OHARE}/streaks", climate_models.Streak)
    (row,) = [one for one in found if one["kind"] == "frost_days"]
    last = first - timedelta(1) - timedelta(length)
    assert (row["longest_days"], row["first_day"], row["last_day"]) == (
        -length,
        first.isoformat(),
        last.isoformat(),
    )
    assert [one["kind"] for one in rows(api, f"{OHARE}/streaks?at_least=20")][-1] == "own_days"


def test_records_say_when(api: TestClient, ohare: Values) -> None:
    days, good = by_day(ohare), good_days(ohare)
    found = rows(api, f"{OHARE}/records", climate_models.Record)
    by = {(row["month"], row["kind"]): (row["value_c"], row["day"]) for row in found}
    for month in (None, *range(1, 13)):
        own = {day: values for day, values in days.items() if month in (None, day.month)}
        high = max(max(values) for values in own.values())
        first = min(day for day, values in own.items() if max(values) == high)
        assert by[month, "highest"] == (high / 10, first.isoformat())
        cold = min((mean_c(values), day) for day, values in own.items() if day in good)
        assert by[month, "coldest_day"] == (cold[0], cold[1].isoformat())
        (row,) = [one for one in found if (one["month"], one["kind"]) == (month, "highest")]
        require_coverage(row, ohare, days_of_2014(month))


def test_percentiles_are_exact(api: TestClient, ohare: Values) -> None:
    found = rows(api, f"{OHARE}/percentiles?percents=0,2.5,50,100", climate_models.Percentile)
    for month in (None, 1, 7):
        own = sorted(
            value for hour, one in ohare.items() if month in (None, hour.month) for value in one
        )
        wanted = {
            percent: next(
                value
                for rank, value in enumerate(own, 1)
                if Fraction(rank, len(own)) >= Fraction(str(percent)) / 100
            )
            for percent in (0, 2.5, 50, 100)
        }
        assert {row["percent"]: row["value_c"] * 10 for row in found if row["month"] == month} == {
            percent: pytest.approx(value) for percent, value in wanted.items()
        }
        assert {row["observation_count"] for row in found if row["month"] == month} == {len(own)}
        for row in found:
            require_coverage(row, ohare, days_of_2014(row["month"]))


def test_normals_by_hour_month_and_day(api: TestClient, ohare: Values) -> None:
    hours = defaultdict(list)
    for hour, found in ohare.items():
        hours[hour.month, hour.hour] += found
    by_hour = rows(api, f"{OHARE}/normals?by=hour", climate_models.Normal)
    assert {(row["month"], row["hour"]): row["mean_c"] for row in by_hour} == {
        key: mean_c(values) for key, values in hours.items()
    }
    months = defaultdict(list)
    for day, values in by_day(ohare).items():
        months[day.month].append(round(mean_c(values) * 100))
    by_month = rows(api, f"{OHARE}/normals", climate_models.Normal)
    assert {row["month"]: round(row["mean_c"] * 100) for row in by_month} == {
        month: round(Fraction(sum(means), len(means))) for month, means in months.items()
    }
    by = rows(api, f"{OHARE}/normals?by=day", climate_models.Normal)
    assert len(by) == 366
    near = [
        round(mean_c(values) * 100)
        for day, values in by_day(ohare).items()
        if date(2014, 7, 3) <= day <= date(2014, 7, 17)
    ]
    (tenth,) = [row for row in by if (row["month"], row["day"]) == (7, 10)]
    require_coverage(tenth, ohare, {date(2014, 7, 10) + timedelta(n) for n in range(-7, 8)})
    for row in by_hour + by_month:
        require_coverage(row, ohare, days_of_2014(row["month"]))
    assert tenth["mean_c"] == float(round(Fraction(sum(near), len(near)))) / 100
    meta = api.get(f"/api/v1/stations/{OHARE}/normals").json()["meta"]
    assert meta["reference"] == {"first_year": 2014, "last_year": 2014, "year_count": 1}


@pytest.mark.parametrize("period", ["day", "month", "season", "year"])
def test_a_place_of_one_year_is_as_far_from_normal_as_that_year_is(
    api: TestClient, period: str
) -> None:
    found = rows(api, f"{OHARE}/anomalies?period={period}&limit=400", climate_models.Anomaly)
    assert len(found) == {"day": 365, "month": 12, "season": 5, "year": 1}[period]
    if period == "day":
        assert any(abs(row["anomaly_c"]) > 5 for row in found)
    else:
        assert {row["anomaly_c"] for row in found} == {0}


def test_the_months_of_jan_mayen_are_those_of_noaas_daily_summaries(api: TestClient) -> None:
    path = real_root() / "data/global-summary-of-the-day/access/2024" / f"{JAN_MAYEN}.csv.gz"
    with gzip.open(path, "rt") as file:
        told = {date.fromisoformat(row["DATE"]): row for row in csv.DictReader(file)}
    ours = {date.fromisoformat(row["day"]): row for row in rows(api, f"{JAN_MAYEN}/daily")}
    same = {
        day
        for day, row in told.items()
        if day in ours and int(row["TEMP_ATTRIBUTES"]) == ours[day]["observation_count"]
    }
    assert len(same) >= 355
    months = {
        row["period"]: row
        for row in rows(api, f"{JAN_MAYEN}/degree-days?period=month&heating_base_c=50")
    }
    compared = 0
    for number in range(1, 13):
        days = [day for day in same if day.month == number]
        row = months[f"2024-{number:02}"]
        if len(days) != row["day_count"]:
            continue
        theirs = sum((float(told[day]["TEMP"]) - 32) / 1.8 for day in days) / len(days)
        mean = 50 - row["heating_degree_days"] / len(days)
        assert mean == pytest.approx(theirs, abs=0.051 / 1.8)
        compared += 1
    assert compared >= 6


def test_csv_and_pages_hold_the_same_rows(api: TestClient) -> None:
    path = f"/api/v1/stations/{OHARE}/anomalies?period=day"
    first = api.get(f"{path}&limit=200").json()
    rest = api.get(f"{path}&limit=200&cursor={first['next']}").json()
    assert rest["next"] is None
    text = api.get(f"{path}&format=csv").text
    table = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert [row["period"] for row in table] == [row["period"] for row in first["data"] + rest["data"]]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("threshold-days?below=200", 422),
        ("percentiles?percents=101", 422),
        ("percentiles?percents=100.1", 422),
        ("percentiles?percents=a", 422),
        ("anomalies?period=all", 422),
        ("normals?by=week", 422),
        ("streaks?perid=all", 422),
    ],
)
def test_what_is_not_accepted_is_a_problem_that_says_so(
    api: TestClient, query: str, status: int
) -> None:
    answer: httpx.Response = api.get(f"/api/v1/stations/{OHARE}/{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert api.get("/api/v1/stations/NOWHERE/records").status_code == 404


def test_a_station_without_a_temperature_has_an_empty_climate(api: TestClient) -> None:
    for path in ("records", "normals", "anomalies", "percentiles", "whole-period", "streaks"):
        assert rows(api, f"{SOUTH}/{path}") == []
    assert api.get(f"/api/v1/stations/{SOUTH}/normals").json()["meta"]["reference"] is None
