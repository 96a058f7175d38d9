"""The forecast by the API: its hours beside baselines and what came, its scores, and honest gaps."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from isotherm.forecast_message import LEADS_H
from isotherm.stores.forecast_scoring import score_forecasts
from isotherm.stores.tables import forecast, forecast_score, station
from servers.api_fixture import NEW_YEAR, OHARE, ApiServer, hour_row, write_batch_hours
from servers.forecast_data import forecast_of, leads_of, store
from servers.summary_data import utc

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers

SHORT, NEVER = "FA000000001", "FA000000002"
OF_SHORT = utc(2013, 12, 1)
OF_OHARE = utc(2013, 12, 31, 23)


@pytest.fixture(scope="module", autouse=True)
def _forecasts(api: ApiServer) -> Iterator[None]:
    """Forecasts of O'Hare from two origins, and stations with little and with no history."""
    engine = api.database.engine()
    rising = leads_of([number - 20 for number in range(len(LEADS_H))])
    partly = leads_of([0, *[None] * (len(LEADS_H) - 1)])
    with engine.begin() as connection:
        connection.execute(sa.insert(station), [{"station_id": SHORT, "name": "SHORT"}])
        connection.execute(sa.insert(station), [{"station_id": NEVER}])
    store(
        engine,
        [
            forecast_of(OHARE, OF_OHARE, rising),
            forecast_of(OHARE, OF_OHARE - timedelta(hours=6), rising, kind="hindcast"),
            forecast_of(OHARE, OF_OHARE - timedelta(hours=12), partly),
        ],
    )
    start = round((OF_SHORT - NEW_YEAR) / timedelta(hours=1))
    write_batch_hours(api.database, [hour_row(SHORT, start + n, [n]) for n in range(48)])
    yield
    with engine.begin() as connection:
        for table in (forecast, forecast_score):
            connection.execute(table.delete())


def test_the_newest_forecast_of_service_answers(client: httpx.Client) -> None:
    answer = client.get("/stations/kord/forecast").json()
    meta, rows = answer["meta"], answer["data"]
    assert (meta["station_id"], meta["kind"], meta["reason"]) == (OHARE, "service", None)
    assert (meta["origin_hour"], meta["issued_at"]) == ("2013-12-31T23:00:00Z", "2014-01-01T00:00:00Z")
    assert meta["lag_h"] == 0
    assert (meta["first_origin"], meta["newest_origin"]) == (
        "2013-12-31T11:00:00Z", "2013-12-31T23:00:00Z",
    )  # fmt: skip
    assert [one["lead_h"] for one in rows] == list(range(1, 25))
    assert rows[0] == {
        "lead_h": 1, "valid_at": "2014-01-01T00:00:00Z", "temperature_c": -2.0, "low_c": -3.0,
        "high_c": -1.0, "method": "own", "method_text": "the station's own model", "yesterday_c": 0.0,
        "climatology_c": None, "damped14_c": -1.5, "observed_c": -11.07,
    }  # fmt: skip
    # Zero is a temperature, and an hour without one has none.
    assert rows[20]["temperature_c"] == 0
    assert (rows[5]["observed_c"], rows[6]["observed_c"]) == (0.0, None)


def test_96_hours_are_every_third_beyond_a_day(client: httpx.Client) -> None:
    rows = client.get(f"/stations/{OHARE}/forecast", params={"hours": "96"}).json()["data"]
    assert [one["lead_h"] for one in rows] == list(LEADS_H)
    # 02:00 of the day after: the stream brought it, and no hour of the batch layer.
    assert (rows[24]["lead_h"], rows[24]["observed_c"], rows[25]["observed_c"]) == (27, 7.9, None)


def test_an_older_origin_and_a_hindcast_are_asked_for(client: httpx.Client) -> None:
    def meta_of(**query: str) -> dict[str, object]:
        meta: dict[str, object] = client.get(f"/stations/{OHARE}/forecast", params=query).json()["meta"]
        return meta

    older = meta_of(origin="2013-12-31T22:00:00Z")
    assert (older["kind"], older["origin_hour"]) == ("service", "2013-12-31T11:00:00Z")
    assert str(older["reason"]).startswith("Of some hours nothing can be said")
    hindcast = meta_of(kind="hindcast")
    assert (hindcast["kind"], hindcast["origin_hour"]) == ("hindcast", "2013-12-31T17:00:00Z")
    before = meta_of(origin="2013-12-30")
    assert before["origin_hour"] is None
    assert "origin 2013-12-31T11:00:00Z; earlier there is none" in str(before["reason"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (SHORT, "A week of history is too little: this station has hours of 2 days"),
        (NEVER, "no temperature under the routine rule"),
    ],
)
def test_a_station_without_a_forecast_says_why(client: httpx.Client, name: str, words: str) -> None:
    answer = client.get(f"/stations/{name}/forecast")
    assert answer.status_code == httpx.codes.OK
    meta = answer.json()["meta"]
    assert (answer.json()["data"], meta["kind"], meta["origin_hour"]) == ([], None, None)
    assert words in meta["reason"]
    scores = client.get(f"/stations/{name}/forecast/scores").json()
    assert (scores["data"], scores["meta"]["overall"]) == ([], None)
    assert scores["meta"]["reason"].startswith("No forecast of these days")


def test_no_such_station_and_bad_words_are_problems(client: httpx.Client) -> None:
    assert client.get("/stations/nowhere/forecast").status_code == httpx.codes.NOT_FOUND
    assert client.get("/stations/nowhere/forecast/scores").status_code == httpx.codes.NOT_FOUND
    for query in ({"hours": "25"}, {"origin": "soon"}, {"kind": "guess"}, {"lead": "1"}):
        answer = client.get(f"/stations/{OHARE}/forecast", params=query)
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, query
        assert answer.json()["errors"][0]["parameter"] in query


def test_a_forecast_is_a_file_and_is_not_sent_twice(client: httpx.Client) -> None:
    route = f"/stations/{OHARE}/forecast"
    file = client.get(route, params={"format": "csv"})
    assert "isotherm-72530094846-forecast-2013-12-31T230000Z.csv" in file.headers["content-disposition"]
    head, *lines = [one for one in file.text.splitlines() if not one.startswith("#")]
    assert head.startswith("lead_h,valid_at,temperature_c,low_c,high_c,method")
    assert len(lines) == 24
    assert lines[0].startswith("1,2014-01-01T00:00:00Z,-2.0,-3.0,-1.0,own,")
    tag = client.get(route).headers["etag"]
    again = client.get(route, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (httpx.codes.NOT_MODIFIED, b"")


def test_scores_are_those_of_the_pairs_by_lead_and_over_all(
    api: ApiServer, client: httpx.Client
) -> None:
    score_forecasts(api.database.engine())
    # The hours were there when the test's forecasts were scored, but not at the time they claim.
    answer = client.get(f"/stations/{OHARE}/forecast/scores").json()
    meta, rows = answer["meta"], {one["lead_h"]: one for one in answer["data"]}
    assert (meta["kind"], meta["last_day"]) == ("service", "2014-01-01")
    assert meta["day_count"] == 1
    # The origin 23:00: lead 6 is 05:00, forecast -1.5, observed 0.0. Only it reaches hours that came.
    assert (rows[6]["pair_count"], rows[6]["mae_c"], rows[6]["bias_c"]) == (1, 1.5, -1.5)
    assert rows[6]["skill_vs_yesterday_pct"] == -200  # yesterday said 0.5
    assert rows[6]["coverage_pct"] == 0
    assert (rows[6]["climatology_pair_count"], rows[6]["skill_vs_climatology_pct"]) == (0, None)
    assert 7 not in rows  # 06:00 has no temperature
    assert meta["overall"]["pair_count"] == sum(
        one["pair_count"] for lead, one in rows.items() if lead < 25
    )
    everywhere = client.get("/forecast/scores").json()
    (row,) = everywhere["data"]
    assert (row["station_id"], row["pair_count"]) == (OHARE, meta["overall"]["pair_count"])
    assert everywhere["meta"]["overall"]["station_count"] == 1
    assert everywhere["meta"]["overall"]["mean_mae_c"] == row["mae_c"]
    csv = client.get(f"/stations/{OHARE}/forecast/scores", params={"format": "csv"}).text
    assert csv.splitlines()[2].startswith("lead_h,pair_count,mae_c")
    none = client.get("/forecast/scores", params={"from": "2015"}).json()
    assert none["data"] == []
    assert none["meta"]["reason"]
