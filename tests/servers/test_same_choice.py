"""The same words mean the same stations in the API, on the command line and in a form."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from isotherm.archive.station_year import StationYear
from isotherm.cli import app
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.registry import DATASETS
from isotherm.errors import ChoiceError, SettingsError
from isotherm.ingest.chosen import choose_from_archive
from isotherm.local.station_commands import read_stations
from isotherm.settings import load_settings
from isotherm.station import Station
from isotherm.station_choice import FORM_FIELDS, StationChoice
from isotherm.stores.station_index import index_stations
from isotherm.stores.tables import station, station_alias, station_term
from servers.api_fixture import ApiServer
from servers.summary_data import utc

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers

COUNTRIES = {"NO": "Norway", "AU": "Austria", "AS": "AU", "GM": "fips:GM", "UK": "GBR", "SV": "SJ"}
IDS = [f"CROWD{n:06d}" for n in range(60)]


class Lists:
    """A directory of stations: what MySQL has of them, as the list of the dataset that serves first."""

    def __init__(self, connection: sa.Connection) -> None:
        columns = [station.c[name] for name in Station.__dataclass_fields__]
        rows = connection.execute(sa.select(*columns))
        self.stations = {row.station_id: Station(*row) for row in rows}

    def listed(self, dataset: Dataset) -> dict[str, Station]:
        return self.stations if dataset is DATASETS[0] else {}


@pytest.fixture(scope="module")
def crowd(api: ApiServer) -> Iterator[sa.Engine]:
    """Stations all over the world, with more and less complete records."""
    chance = random.Random(4)  # noqa: S311
    first = utc(1950, 1, 1, 0, 51).replace(tzinfo=None)
    rows = []
    for number, one in enumerate(IDS):
        hours, of = chance.choice([(0, None), (50, 50), (50, 100), (3, 7), (9, 4)])
        rows.append({
            "station_id": one, "name": one, "country": chance.choice([*COUNTRIES]),
            "icao": f"Q{number:03d}", "latitude_deg": round(chance.uniform(-90, 90), 3),
            "longitude_deg": round(chance.uniform(-180, 180), 3),
            "elevation_m": chance.choice([None, 0.0, 100.5, 2000.0]), "hour_count": hours,
            "first_observed_at": first if of else None,
            "last_observed_at": first + timedelta(hours=of - 1) if of else None,
        })  # fmt: skip
    engine = api.database.engine()
    with engine.begin() as connection:
        connection.execute(sa.insert(station), rows)
        index_stations(connection, IDS)
    yield engine
    with engine.begin() as connection:
        for table in (station, station_alias, station_term):
            connection.execute(sa.delete(table).where(table.c.station_id.in_(IDS)))
    engine.dispose()


def by_form(engine: sa.Engine, words: dict[str, Any]) -> list[str]:
    """The places a form with these words takes of an archive that has all of them."""
    form = {name: words.get(word) for name, word in FORM_FIELDS.items()}
    with engine.connect() as connection:
        lists = Lists(connection)
        listing = [StationYear(one, 2014, DATASETS[0].name) for one in lists.stations]
        choice = StationChoice.of_form(form)
        return list(choose_from_archive(connection, lists, choice, listing).places)  # type: ignore[arg-type]


LATITUDES, LONGITUDES = st.integers(-90, 90), st.integers(-180, 180)
BOXES = st.tuples(LONGITUDES, st.lists(LATITUDES, min_size=2, max_size=2), LONGITUDES).map(
    lambda it: f"{it[0]},{min(it[1])},{it[2]},{max(it[1])}"
)
NEAR = st.tuples(LATITUDES, LONGITUDES).map(lambda it: f"{it[0]},{it[1]}")
WORDS = st.fixed_dictionaries(
    {},
    optional={
        "country": st.sampled_from([*COUNTRIES, *COUNTRIES.values()]),
        "box": BOXES,
        "elevation": st.sampled_from(["100,", ",100.5", "0,2000", "2000,", ",-1"]),
        "count": st.integers(1, 70),
    },
)
NEARNESS = st.fixed_dictionaries({}, optional={"near": NEAR, "radius_km": st.integers(1, 20_000)}).map(
    lambda it: it if "near" in it else {}
)


@given(WORDS, NEARNESS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_words_mean_the_same_stations_everywhere(
    api: ApiServer, crowd: sa.Engine, words: dict[str, Any], nearness: dict[str, Any]
) -> None:
    said = {**words, **nearness}
    if not said:
        return
    with api.client() as client:
        answer = client.get("/stations", params=said)
    assert answer.status_code == httpx.codes.OK, answer.text
    shown = [one["station_id"] for one in answer.json()["data"]]
    assert [one["station_id"] for one in read_stations(api.database.settings, said)] == shown
    formed = by_form(crowd, said)
    is_ranked = "count" in said or "near" in said
    assert (formed if is_ranked else sorted(formed)) == shown


@pytest.mark.parametrize(
    "words",
    [
        {"country": "Norwai"},
        {"country": "Congo"},
        {"box": "1,2,3"},
        {"near": "here"},
        {"elevation": "9,1"},
        {"ids": "KORD;ENJA"},
        {"radius_km": 5},
    ],
)
def test_what_cannot_be_read_is_refused_in_the_same_words_everywhere(
    api: ApiServer, crowd: sa.Engine, words: dict[str, Any]
) -> None:
    with pytest.raises(ChoiceError) as refused:
        by_form(crowd, {**words, **({"ids": ["KORD;ENJA"]} if "ids" in words else {})})
    said = str(refused.value)
    (error,) = api.client().get("/stations", params=words).json()["errors"]
    assert error["detail"][1:] == said[1:], "but for its first letter"
    with pytest.raises(SettingsError) as told:
        list(read_stations(api.database.settings, words))
    assert said[1:].rstrip(".") in str(told.value)


@pytest.mark.usefixtures("crowd")
def test_a_code_of_two_stations_names_both_everywhere(api: ApiServer, crowd: sa.Engine) -> None:
    with crowd.begin() as connection:
        seen = {"last_observed_at": utc(2020, 1, 1), "first_observed_at": utc(2020, 1, 1)}
        two = sa.update(station).where(station.c.station_id.in_(IDS[:2]))
        connection.execute(two.values(icao="Q000", hour_count=1, **seen))
        index_stations(connection, IDS[:2])
    both = rf"2 stations have the code Q000: {IDS[0]} \({IDS[0]}\), {IDS[1]} \({IDS[1]}\)"
    with pytest.raises(ChoiceError, match=both):
        by_form(crowd, {"ids": ["Q000"]})
    with pytest.raises(SettingsError, match=both):
        list(read_stations(api.database.settings, {"ids": "Q000"}))
    with crowd.begin() as connection:
        one = sa.update(station).where(station.c.station_id == IDS[0])
        connection.execute(one.values(last_observed_at=utc(2026, 1, 1)))
    assert by_form(crowd, {"ids": ["q000"]}) == [IDS[0]], "the one in service"
    (found,) = read_stations(api.database.settings, {"ids": "q000"})
    assert found["station_id"] == IDS[0]


@pytest.fixture
def in_use(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command line in the folder of that API."""
    monkeypatch.setenv("ISOTHERM_STATE_DIR", str(api.database.folder))
    monkeypatch.setenv("ISOTHERM_PORT_BASE", str(api.database.settings.port_base))
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.mark.usefixtures("crowd", "in_use")
def test_the_command_shows_a_choice_as_a_table_and_as_json() -> None:
    words = ["stations", "--country", "AU", "--box=-180,-90,180,90", "--count", "3"]
    shown = CliRunner().invoke(app, words, env={"COLUMNS": "160"})
    assert shown.exit_code == 0, shown.output
    assert "AU is Australia, by ISO 3166; Austria, which NOAA calls AU, is AT." in shown.output
    assert "Stations in Australia (AU), in the box -180,-90,180,90, at most 3." in shown.output
    found = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert len(found) == 3
    assert all(one["station_id"] in shown.output for one in found)
    assert {one["country_name"] for one in found} == {"Australia"}
    none = CliRunner().invoke(app, ["stations", "--elevation", "8000,"])
    assert "No station that this Isotherm has fits" in none.output
