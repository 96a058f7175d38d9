"""Every route about climate against counting by hand: gaps of years, the south, a lone observation."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from isotherm.api.app import create_app
from isotherm.datasets.facts import SERVED
from isotherm.datasets.observations import observations_of
from isotherm.datasets.registry import dataset_named
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.stores.global_summary import lock_layer
from isotherm.stores.load_summaries import replace_days
from isotherm.stores.migrate import migrate
from isotherm.stores.tables import station
from isotherm.summarise import summarise
from real_files import real_root, real_station_year
from servers.climate_by_hand import Hours, PlaceByHand
from servers.mariadb_fixture import Database
from servers.summary_data import DATASET, frame, hour_row

pytestmark = pytest.mark.servers
PUBLISHED = datetime(2025, 10, 1, tzinfo=UTC)
SOUTH, LONE = "ZSOUTH00001", "ZLONE000001"
REAL = {"01001099999": (2020, 2024), "01006099999": (2014,)}
LATITUDES = {"01001099999": 70.93, "01006099999": 78.25, SOUTH: -33.9, LONE: None}
NORTH_NAMES, SOUTH_NAMES = (
    ("winter", "spring", "summer", "autumn"),
    ("summer", "autumn", "winter", "spring"),
)
NAMES: dict[str, Any] = {**dict.fromkeys(REAL, NORTH_NAMES), SOUTH: SOUTH_NAMES, LONE: (None,) * 4}
STATIONS = (*REAL, SOUTH, LONE)
PERIODS = ("month", "season", "year", "all")


def southern_hours() -> Hours:
    """1992 to 2003 and 2023, six-hourly with holes: cold over the turns of 1994 and of each July."""
    dice = random.Random(7)  # noqa: S311 - to be repeated, not to be secret
    found: Hours = {}
    for year in (*range(1992, 2004), 2023):
        for n in range(4 * 365):
            hour = datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=6 * n)
            if dice.random() < 0.06 or (year, hour.month) == (1998, 4):
                continue
            warm = 240 - abs(hour.month - 7) % 6 * 5 if hour.month in (12, 1, 2) else 60
            if (year, hour.month) in ((1993, 12), (1994, 1)) or hour.month == 7:
                warm = -60
            found[hour] = [warm + dice.randint(-70, 90) for _ in range(dice.choice((1, 1, 2)))]
    return found


@pytest.fixture(scope="module")
def places() -> dict[str, PlaceByHand]:
    reference = ModuleType("reference")
    source = (real_root() / "expected" / "reference.py").read_text()
    exec(source.rsplit("main(*sys.argv", 1)[0], reference.__dict__)  # noqa: S102 - NOAA's rule, plain
    hours: dict[str, Hours] = {
        SOUTH: southern_hours(),
        LONE: {datetime(2016, 2, 29, 23, tzinfo=UTC): [-5]},
    }
    for station_id, years in REAL.items():
        own = [reference.hours(str(real_station_year(station_id, year)), "routine") for year in years]
        hours[station_id] = {
            datetime.fromisoformat(f"{hour}:00+00:00"): values
            for one in own
            for hour, values in one.items()
            if values
        }
    return {station_id: PlaceByHand(hours[station_id]) for station_id in STATIONS}


@pytest.fixture(scope="module")
def api(places: dict[str, PlaceByHand]) -> Iterator[TestClient]:
    database = Database()
    try:
        database.start()
        engine = database.engine()
        migrate(engine)
        for station_id, years in REAL.items():
            for year in years:
                load(engine, real_hours(station_id, year))
        for station_id in (SOUTH, LONE):
            hours = places[station_id].hours.items()
            load(engine, frame(hour_row(station_id, hour, values) for hour, values in hours))
        with engine.begin() as connection:
            for station_id, latitude in LATITUDES.items():
                own = sa.update(station).where(station.c.station_id == station_id)
                connection.execute(own.values(latitude_deg=latitude))
        with TestClient(create_app(database.settings)) as client:
            yield client
    finally:
        database.dispose()


def real_hours(station_id: str, year: int) -> pl.DataFrame:
    dataset = dataset_named(DATASET)
    content = real_station_year(station_id, year).read_bytes()
    read = observations_of(dataset, content, station_id=station_id, year=year, published_at=PUBLISHED)
    return summarise(read.observations, dataset.quality)


def load(engine: sa.Engine, hours: pl.DataFrame) -> None:
    days = hours.select("station_id", day=pl.col("hour_start").dt.date()).unique()
    with engine.begin() as connection:
        lock_layer(connection, SERVED, LAYER_BATCH)
        quality = dataset_named(DATASET).quality
        replace_days(connection, hours, days, dataset=DATASET, quality=quality)


def ask(api: TestClient, station_id: str, route: str, **parameters: object) -> dict[str, Any]:
    query = {"limit": 10_000, **parameters}
    answer = api.get(f"/api/v1/stations/{station_id}/{route}", params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["next"] is None
    return found


@pytest.fixture(params=STATIONS)
def station_id(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def place(places: dict[str, PlaceByHand], station_id: str) -> PlaceByHand:
    return places[station_id]


def test_seasons(api: TestClient, station_id: str, place: PlaceByHand) -> None:
    wanted = place.seasons(NAMES[station_id])
    found = ask(api, station_id, "seasonal")["data"]
    assert [{name: row[name] for name in wanted[0]} for row in found] == wanted


@pytest.mark.parametrize("period", PERIODS)
def test_thresholds(api: TestClient, station_id: str, place: PlaceByHand, period: str) -> None:
    both = ask(api, station_id, "threshold-days", period=period, element="mean", at_least=-1.5, below=2)
    assert both["data"] == place.threshold_days(period, lambda day: -150 <= place.means[day] < 200)
    low = ask(api, station_id, "threshold-days", period=period, element="min", below=-5)
    assert low["data"] == place.threshold_days(period, lambda day: min(place.days[day]) < -50)
    high = ask(api, station_id, "threshold-days", period=period, element="max", at_least=7.3)
    assert high["data"] == place.threshold_days(period, lambda day: max(place.days[day]) >= 73)


@pytest.mark.parametrize("period", PERIODS)
def test_streaks(api: TestClient, station_id: str, place: PlaceByHand, period: str) -> None:
    assert ask(api, station_id, "streaks", period=period)["data"] == place.streaks(period)


def test_a_streak_goes_over_the_turn_of_a_year_where_no_period_ends(api: TestClient) -> None:
    """Ten days before and after are cold; a season holds them too, a month and a year cut them."""

    def longest(period: str) -> dict[str, tuple[str, str]]:
        rows = ask(api, SOUTH, "streaks", period=period, element="min", below=10)["data"]
        own = [one for one in rows if one["kind"] == "own_days"]
        return {one["period"]: (one["first_day"], one["last_day"]) for one in own}

    first, last = longest("season")["1994-DJF"]
    assert first < "1993-12-20" < "1994-01-10" < last
    assert longest("month")["1993-12"][1] == "1993-12-31"
    assert longest("month")["1994-01"][0] == "1994-01-01"


@pytest.mark.parametrize("period", PERIODS)
def test_degree_days(api: TestClient, station_id: str, place: PlaceByHand, period: str) -> None:
    usual = ask(api, station_id, "degree-days", period=period)
    assert usual["data"] == place.degree_days(period, 1800, 1800)
    assert (usual["meta"]["heating_base_c"], usual["meta"]["cooling_base_c"]) == (18, 18)
    own = ask(api, station_id, "degree-days", period=period, heating_base_c=-2.25, cooling_base_c=0.1)
    assert own["data"] == place.degree_days(period, -225, 10)


def test_records(api: TestClient, station_id: str, place: PlaceByHand) -> None:
    assert ask(api, station_id, "records")["data"] == place.records()


def test_percentiles(api: TestClient, station_id: str, place: PlaceByHand) -> None:
    percents = ("0", "0.1", "5", "33.333", "50", "95", "99.9", "100")
    found = ask(api, station_id, "percentiles", percents=",".join(percents))["data"]
    assert found == place.percentiles(percents)


def test_normals(api: TestClient, station_id: str, place: PlaceByHand) -> None:
    first, last, count = place.reference()
    stated = {"first_year": first, "last_year": last, "year_count": count}
    for by, wanted in (
        ("month", place.month_normals()),
        ("day", place.day_normals()),
        ("hour", place.hour_normals()),
    ):
        answer = ask(api, station_id, "normals", by=by)
        assert answer["meta"]["reference"] == stated
        keys = ("month",) if by == "month" else ("month", by)
        found = {tuple(row[key] for key in keys): row["mean_c"] for row in answer["data"]}
        assert found == {
            key if isinstance(key, tuple) else (key,): mean / 100 for key, mean in wanted.items()
        }


def test_the_standard_period_is_the_reference_where_ten_years_of_it_are_there(
    places: dict[str, PlaceByHand],
) -> None:
    """So the southern station's 2023 counts for no normal, and the others have too few years."""
    assert places[SOUTH].reference() == (1991, 2020, 12)
    assert places["01001099999"].reference() == (2020, 2024, 2)


@pytest.mark.parametrize("period", ["day", "month", "season", "year"])
def test_anomalies(api: TestClient, station_id: str, place: PlaceByHand, period: str) -> None:
    found = ask(api, station_id, "anomalies", period=period)["data"]
    assert [(row["period"], row["mean_c"], row["normal_c"], row["anomaly_c"]) for row in found] == [
        (label, mean / 100, normal / 100, (mean - normal) / 100)
        for label, mean, normal in place.anomalies(period)
    ]


def test_the_whole_period(api: TestClient, station_id: str, place: PlaceByHand) -> None:
    [found] = ask(api, station_id, "whole-period")["data"]
    values = [value for one in place.hours.values() for value in one]
    [days] = place.calendar("all").values()
    assert found["observation_count"] == len(values)
    assert found["hour_count"] == len(place.hours)
    assert (found["min_c"], found["max_c"]) == (min(values) / 10, max(values) / 10)
    assert (found["first_month"], found["last_month"]) == (f"{days[0]:%Y-%m}", f"{days[-1]:%Y-%m}")
    assert {name: found[name] for name in place.coverage(days)} == place.coverage(days)
