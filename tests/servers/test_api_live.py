"""Live events from a real server: a changed hour arrives, a broken stream resumes."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import psutil
import pytest
import sqlalchemy as sa

from isotherm.api import live
from isotherm.api.database import open_engine
from isotherm.api.live import LiveFollower
from isotherm.api.live_routes import MAX_LIVE_CLIENTS, StreamWatch, look
from isotherm.api.stream_routes import read_stream
from isotherm.stores import stream_runs
from servers.api_fixture import OHARE, UNDESCRIBED, ApiServer, write_speed_hour

pytest_plugins = ["servers.api_fixture"]
pytestmark = pytest.mark.servers

# Hours of 31 December 2013, which no other test reads.
NINE, EIGHT = -39, -40
# A station that no other test reads.
MANY_HOURS = "LIVELOOKS01"
SAME_HOUR = "LIVELOOKS02"
Event = tuple[str, dict[str, Any]]


@contextmanager
def listen(
    api: ApiServer, last_event_id: str | None = None, name: str = "hour", **query: str
) -> Iterator[Iterator[Event]]:
    """Ids and data of the events of that name as they arrive: rows of hours, if no other is named."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    with (
        httpx.Client(timeout=30) as client,
        client.stream("GET", f"{api.url}/api/v1/live", params=query, headers=headers) as answer,
    ):
        assert answer.status_code == httpx.codes.OK
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        yield _events(lines, name)


def _events(lines: Iterator[str], wanted: str) -> Iterator[Event]:
    event_id = name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        if line.startswith("id: "):
            event_id = line.removeprefix("id: ")
        if line.startswith("data: ") and name == wanted:
            yield event_id, json.loads(line.removeprefix("data: "))


def until(events: Iterator[Event], mean_c: float) -> list[Event]:
    """The events up to the one with this mean."""
    seen = []
    for event in events:
        seen.append(event)
        if event[1]["mean_c"] == mean_c:
            return seen
    raise AssertionError("the stream ended")


def change_later(api: ApiServer, station_id: str, tenths: int, version: int) -> threading.Timer:
    timer = threading.Timer(
        1.5, write_speed_hour, (api.database.engine(), station_id, NINE, tenths, version)
    )
    timer.start()
    return timer


def test_an_hour_that_changes_arrives_without_asking_again(api: ApiServer) -> None:
    with listen(api) as events:
        for tenths, version in ((123, 300), (-45, 301)):
            change_later(api, OHARE, tenths, version).join()
            _, hour = until(events, tenths / 10)[-1]
            assert hour["station_id"] == OHARE
            assert hour["hour_start"] == "2013-12-31T09:00:00Z"
            assert (hour["layer"], hour["rule"], hour["version"]) == ("speed", "routine", version)
            assert hour["min_c"] == hour["max_c"] == tenths / 10
            assert hour["changed"] is True


def test_a_change_is_sent_once(api: ApiServer) -> None:
    with listen(api, station_id=OHARE) as events:
        change_later(api, OHARE, 200, 310).join()
        until(events, 20.0)
        change_later(api, OHARE, 210, 311).join()
        assert [hour["mean_c"] for _, hour in until(events, 21.0)] == [21.0]


def test_a_stream_of_one_station_has_only_its_hours_and_takes_an_alias(api: ApiServer) -> None:
    with listen(api, station_id="USW00094846") as events:
        change_later(api, UNDESCRIBED, 220, 320).join()
        change_later(api, OHARE, 230, 321).join()
        assert {hour["station_id"] for _, hour in until(events, 23.0)} == {OHARE}


def test_what_changed_while_nobody_listened_comes_with_the_last_event_id(api: ApiServer) -> None:
    with listen(api, station_id=OHARE) as events:
        change_later(api, OHARE, 240, 330).join()
        event_id, _ = until(events, 24.0)[-1]
    write_speed_hour(api.database.engine(), OHARE, EIGHT, 250, 331)
    write_speed_hour(api.database.engine(), OHARE, NINE, 260, 332)
    with listen(api, event_id, station_id=OHARE) as events:
        means = [hour["mean_c"] for _, hour in until(events, 26.0)]
    assert means[-2:] == [25.0, 26.0]


def test_a_stream_whose_worker_is_killed_resumes_without_a_gap(api: ApiServer) -> None:
    with listen(api, station_id=OHARE) as events:
        change_later(api, OHARE, 270, 333).join()
        event_id, _ = until(events, 27.0)[-1]
        for worker in psutil.Process(api.process.pid).children():
            if any(one.status == psutil.CONN_ESTABLISHED for one in own_connections(api, worker)):
                worker.kill()
        with pytest.raises(httpx.TransportError):
            list(events)
    write_speed_hour(api.database.engine(), OHARE, EIGHT, 280, 334)
    write_speed_hour(api.database.engine(), OHARE, NINE, 290, 335)
    with listen(api, event_id, station_id=OHARE) as events:
        means = [hour["mean_c"] for _, hour in until(events, 29.0)]
    assert means[-2:] == [28.0, 29.0]


def own_connections(api: ApiServer, worker: psutil.Process) -> list[Any]:
    """Those that clients of the API have to it."""
    port = httpx.URL(api.url).port
    return [one for one in worker.net_connections("tcp") if one.laddr.port == port]


@pytest.mark.parametrize("event_id", ["nonsense", "2014-99-99T00:00:00.000000Z", "0"])
def test_an_event_id_that_is_not_ours_starts_from_now(api: ApiServer, event_id: str) -> None:
    with listen(api, event_id, station_id=OHARE) as events:
        change_later(api, OHARE, 270, 340).join()
        assert until(events, 27.0)


def test_an_unknown_station_has_no_stream(api: ApiServer) -> None:
    answer = httpx.get(f"{api.url}/api/v1/live", params={"station_id": "nowhere"}, timeout=60)
    assert answer.status_code == httpx.codes.NOT_FOUND


@pytest.fixture
def engine(api: ApiServer) -> Iterator[sa.Engine]:
    """As the API's own: few connections, pages as one value."""
    one = open_engine(api.database.settings)
    yield one
    one.dispose()


@pytest.fixture
def writer(api: ApiServer) -> Iterator[sa.Engine]:
    """As the sink's: two that write hours of one station do not wait for each other."""
    one = api.database.engine()
    yield one
    one.dispose()


def means(follower: LiveFollower) -> list[float]:
    """What one look brings."""
    return [record.mean_c for _, record in follower.read_changes()]  # type: ignore[attr-defined]


def test_a_client_that_waits_does_not_read_its_last_burst_again(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_COMMIT_LAG", live._COMMIT_LAG / 10)
    looked_from: list[datetime] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(
        _connection: object, _cursor: object, statement: str, values: dict[str, object], *_rest: object
    ) -> None:
        if "hourly_summary" in statement:
            looked_from.extend(one for one in values.values() if isinstance(one, datetime))

    follower = LiveFollower(engine, "routine", OHARE)
    follower.start(None)
    write_speed_hour(engine, OHARE, NINE, 280, 350)
    ((changed_at, _),) = follower.read_changes()
    for _ in range(4):
        time.sleep(0.3)
        assert means(follower) == []
    assert looked_from[0] < changed_at < looked_from[-1]
    write_speed_hour(engine, OHARE, NINE, 290, 351)
    assert means(follower) == [29.0]


def test_changes_that_fill_many_looks_come_once_and_one_committed_late_comes_too(
    engine: sa.Engine, writer: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_ROWS_PER_LOOK", 2)
    follower = LiveFollower(engine, "routine", MANY_HOURS)
    follower.start(None)
    write_speed_hour(engine, MANY_HOURS, -31, 300, 360)  # the row that the late transaction changes
    assert means(follower) == [30.0]
    with writer.begin() as late:
        late.execute(
            sa.text(
                "UPDATE hourly_summary SET sum_tenths = 310, min_tenths = 310, max_tenths = 310, "
                "updated_at = UTC_TIMESTAMP(6) WHERE station_id = :s AND version = 360"
            ),
            {"s": MANY_HOURS},
        )
        for hour in range(5):
            with writer.begin() as other:
                changed = sa.text(
                    "INSERT INTO hourly_summary (station_id, rule, hour_start, dataset, layer, "
                    "observation_count, min_tenths, max_tenths, sum_tenths, missing_count, "
                    "summary_of_day_count, special_count, superseded_count, bad_quality_count, "
                    "out_of_range_count, malformed_count, updated_at) VALUES (:s, 'routine', :h, "
                    "'global-hourly', 'speed', 1, :t, :t, :t, 0, 0, 0, 0, 0, 0, 0, UTC_TIMESTAMP(6))"
                )
                values = {"s": MANY_HOURS, "h": datetime(2013, 12, 1, hour), "t": 400 + hour}  # noqa: DTZ001
                other.execute(changed, values)
        seen = [mean for _ in range(6) for mean in means(follower)]
    assert seen == [40.0, 40.1, 40.2, 40.3, 40.4]
    seen = [mean for _ in range(8) for mean in means(follower)]
    assert seen == [31.0]


def open_stream(api: ApiServer) -> tuple[socket.socket, bytes]:
    """A live client of a few bytes, and the head of its answer."""
    settings = api.database.settings
    port = int(settings.api_url.rsplit(":", 1)[1])
    connection = socket.create_connection(("127.0.0.1", port), 20)
    connection.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    return connection, head


def test_as_many_clients_follow_as_may_and_one_that_left_makes_room(api: ApiServer) -> None:
    with ExitStack() as streams:
        for number in range(MAX_LIVE_CLIENTS):
            connection, head = open_stream(api)
            streams.enter_context(connection)
            assert b" 200 OK" in head, (number, head)
        refused, head = open_stream(api)
        refused.close()
        assert b" 503 " in head
        assert b"retry-after: 30" in head.lower()
        assert httpx.get(f"{api.url}/api/v1/pipeline", timeout=20).status_code == httpx.codes.OK
        connection.close()
        deadline = time.monotonic() + 10
        while b" 200 OK" not in head and time.monotonic() < deadline:
            time.sleep(0.2)
            connection, head = open_stream(api)
            streams.enter_context(connection)
        assert b" 200 OK" in head
    with listen(api) as events:
        change_later(api, OHARE, 320, 370).join()
        assert until(events, 32.0)


def test_an_hour_that_comes_again_and_is_the_same_is_told_of_as_unchanged(api: ApiServer) -> None:
    for station_id, version in ((OHARE, 400), (UNDESCRIBED, 401)):
        write_speed_hour(api.database.engine(), station_id, NINE, 340, version)
    for query in ({"station_id": OHARE}, {}):
        with listen(api, name="received", **query) as events:
            change_later(api, UNDESCRIBED, 340, 402).join()
            change_later(api, OHARE, 340, 403).join()
            # The other station's hour of the first turn may still be within reach of the second.
            event_id, hour = next(one for one in events if one[1]["station_id"] == OHARE)
        assert hour == {
            "station_id": OHARE,
            "hour_start": "2013-12-31T09:00:00Z",
            "layer": "speed",
            "rule": "routine",
            "dataset": "global-hourly",
            "changed": False,
        }
    with listen(api, event_id, name="received", station_id=OHARE) as events:
        assert next(events)[0] == event_id, "what was received may be asked for again"


@pytest.fixture
def looks_far_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test wrote is within a look, however long the writing took."""
    monkeypatch.setattr(live, "_COMMIT_LAG", timedelta(seconds=60))


@pytest.mark.usefixtures("looks_far_back")
def test_the_same_hour_again_is_no_change(engine: sa.Engine) -> None:
    follower = LiveFollower(engine, "routine", SAME_HOUR)
    write_speed_hour(engine, SAME_HOUR, NINE, 350, 410)
    time.sleep(1.1)
    follower.start(None)
    assert [len(one) for one in follower.read()] == [1, 0]
    write_speed_hour(engine, SAME_HOUR, NINE, 350, 411)
    changes, received = follower.read()
    assert (changes, [one.hour_start for _, one in received]) == ([], ["2013-12-31T09:00:00Z"])
    assert [len(one) for one in follower.read()] == [0, 0], "each is told of once"


def test_notes_that_fill_many_looks_come_once(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_RECEIPTS_PER_LOOK", 2)
    write_speed_hour(engine, MANY_HOURS, EIGHT, 350, 420)
    follower = LiveFollower(engine, "routine", MANY_HOURS)
    time.sleep(1.1)
    follower.start(None)
    for version in range(421, 426):
        write_speed_hour(engine, MANY_HOURS, EIGHT, 350, version)
    assert sum(len(follower.read()[1]) for _ in range(8)) == 5


def test_the_stream_tells_of_itself_at_once_and_when_it_falls_silent(
    api: ApiServer, engine: sa.Engine
) -> None:
    with engine.begin() as connection:
        stream_runs.begin(
            connection, "a run", dataset="global-hourly", description="two days",
            days=(date(2014, 1, 1), date(2014, 1, 2)),
        )  # fmt: skip
        progress = {"feed_id": "f", "fed": 42, "rows_per_s": 1.5, "newest_hour": "2014-01-01T07:00:00Z"}
        stream_runs.beat(connection, "a run", progress)
    with listen(api, name="stream") as events:
        run = next(events)[1]["run"]
        assert (run["state"], run["fed"], run["newest_hour"]) == ("running", 42, "2014-01-01T07:00:00Z")
        with engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE stream_run SET heartbeat_at = UTC_TIMESTAMP() - INTERVAL 61 SECOND")
            )
        assert next(events)[1]["run"]["state"] == "unknown"
    with api.client() as client:
        state = client.get("stream").json()
    assert state["run"]["state"] == "unknown"
    assert state["run"]["last_day"] == "2014-01-02"
    assert state["start_url"].endswith("/dags/stream_observations")


@pytest.mark.usefixtures("looks_far_back")
@pytest.mark.parametrize("lost", ["FROM stream_run", "FROM hour_receipt", "FROM hourly_summary"])
def test_no_event_is_lost_when_mysql_goes_away_in_the_middle_of_a_look(
    api: ApiServer, engine: sa.Engine, lost: str
) -> None:
    station_id = f"LOST{len(lost):07}"
    write_speed_hour(engine, station_id, EIGHT, 60, 500)
    time.sleep(1.1)
    follower = LiveFollower(engine, "routine", station_id)
    follower.start(None)
    watch = StreamWatch(lambda: read_stream(engine, api.database.settings))
    failed: list[str] = []

    def fail_once(*arguments: object) -> None:
        if lost in str(arguments[2]) and not failed:
            failed.append(lost)
            raise sa.exc.OperationalError(lost, {}, Exception("server has gone away"))

    write_speed_hour(engine, station_id, EIGHT, 60, 501)
    write_speed_hour(engine, station_id, NINE, 70, 502)
    sa.event.listen(engine, "before_cursor_execute", fail_once)
    events: list[bytes] = []
    with pytest.raises(sa.exc.OperationalError):
        look(follower, watch, events)
    # More than one: notes of other tests' hours may fill the first looks.
    for _ in range(4):
        look(follower, watch, events)
    sa.event.remove(engine, "before_cursor_execute", fail_once)
    names = [one.split(b"\n")[0].removeprefix(b"event: ").decode() for one in events]
    assert sorted(names) == ["hour", "hour", "received", "stream"]
