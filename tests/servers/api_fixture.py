"""A real API server on a real database with a little of everything in it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from isotherm.stores.global_summary import refresh_global_hours
from isotherm.stores.load_summaries import load_summaries
from isotherm.stores.migrate import migrate
from isotherm.stores.tables import hourly_summary, metadata
from servers.mariadb_fixture import Database
from servers.summary_data import DATASET, frame, hour_row, utc

OHARE, JAN_MAYEN, FIJI, ZURICH = "72530094846", "01001099999", "91680099999", "06660099999"
UNDESCRIBED, ALL_MISSING = "ZZ000000001", "99403599999"
SHA256 = "ab" * 32
NEW_YEAR = utc(2014, 1, 1)
# Hour of New Year's Day: temperatures in tenths. 05 is freezing point, 06 is missing.
OHARE_HOURS = {
    **{n: [-111 + n, -110 + n] for n in range(24)},
    0: [-111, -110, -111],
    5: [0, 0],
    6: [],
    7: [-1, 0],
}
_STATIONS = [
    (OHARE, "CHICAGO O'HARE, INTERNATIONAL AIRPORT", "US", "IL", "KORD", 41.995, -87.9336, 201.8),
    (JAN_MAYEN, "JAN MAYEN(NOR-NAVY)", "NO", None, "ENJA", 70.9333, -8.6667, 9.0),
    (FIJI, "NADI", "FJ", None, "NFFN", -17.7554, 179.9, 18.0),
    (ZURICH, "ZÜRICH 100% _FLUNTERN_", "SZ", None, None, 47.38, 8.57, 556.0),
    (ALL_MISSING, None, None, None, None, None, None, None),
]


class ApiServer:
    """The API in its own process."""

    def __init__(self, database: Database, **environment: str) -> None:
        self.database = database
        self.url = database.settings.api_url
        self._environment = {
            **os.environ,
            "ISOTHERM_STATE_DIR": str(database.folder),
            "ISOTHERM_PORT_BASE": str(database.settings.port_base),
            "ISOTHERM_ARCHIVE": "simulated",
            **environment,
        }
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        log = (self.database.folder / "api.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "isotherm.api"], env=self._environment, stdout=log, stderr=log
        )
        deadline = time.monotonic() + 120
        while True:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=5).is_success:
                    return process
            except httpx.TransportError:
                pass
            assert process.poll() is None, (self.database.folder / "api.log").read_text()[-2000:]
            assert time.monotonic() < deadline, "the API did not get ready"
            time.sleep(0.2)

    def client(self) -> httpx.Client:
        """A client whose addresses begin at /api/v1."""
        return httpx.Client(base_url=f"{self.url}/api/v1", timeout=30)

    def stop(self) -> None:
        """End it as the launcher does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def write_speed_hour(engine: sa.Engine, station_id: str, hour: int, tenths: int, version: int) -> None:
    """One hour of 2 January as the sink writes it, global row included."""
    start = (NEW_YEAR + timedelta(days=1, hours=hour)).replace(tzinfo=None)
    row = {**hour_row(station_id, start, [tenths]), "dataset": DATASET, "layer": "speed"}
    with engine.begin() as connection:
        now = connection.scalar(sa.text("SELECT UTC_TIMESTAMP(6)"))
        connection.execute(
            sa.text(
                "DELETE FROM hourly_summary "
                "WHERE station_id = :s AND hour_start = :h AND layer = 'speed'"
            ),
            {"s": station_id, "h": start},
        )
        values = {**row, "received": 1, "version": version, "updated_at": now}
        connection.execute(sa.insert(hourly_summary), values)
        refresh_global_hours(connection, [start], "speed", DATASET, [station_id])


def fill(engine: sa.Engine) -> None:
    """Stations, a batch day of two of them, a speed day, a ledger, a reject."""
    columns = (
        "station_id",
        "name",
        "country",
        "state",
        "icao",
        "latitude_deg",
        "longitude_deg",
        "elevation_m",
    )
    described = [dict(zip(columns, one, strict=True)) for one in _STATIONS]
    day = {
        "first_observed_at": NEW_YEAR.replace(tzinfo=None),
        "last_observed_at": utc(2014, 1, 1, 23, 51),
    }
    with engine.begin() as connection:
        connection.execute(sa.insert(metadata.tables["station"]), described)
        connection.execute(
            sa.text(
                "UPDATE station SET first_observed_at = :first_observed_at, "
                "last_observed_at = :last_observed_at WHERE station_id = :station_id"
            ),
            {**day, "station_id": OHARE},
        )
        for alias in ("USW00094846", "725300-94846"):
            connection.execute(
                sa.insert(metadata.tables["station_alias"]), {"alias": alias, "station_id": OHARE}
            )
        connection.execute(
            sa.insert(metadata.tables["source_file"]),
            {
                "dataset": DATASET, "year": 2014, "station_id": OHARE, "sha256": SHA256,
                "size_bytes": 1,
                "published_at": utc(2015, 1, 1), "downloaded_at": utc(2026, 1, 1), "hdfs_path": "/raw",
                "normalised_sha256": SHA256,
            },
        )  # fmt: skip
        counts = dict.fromkeys(
            ("not_selected", "rejected", "superseded", "late", "dead_lettered", "lost", "doubled"), 0
        )
        connection.execute(
            sa.insert(metadata.tables["ledger"]),
            {
                "run_label": "first run", "rule": "routine", "layer": "batch", "fed": 50, "counted": 50,
                **counts, "deliveries": 50, "checked_at": utc(2026, 1, 1),
            },
        )  # fmt: skip
        connection.execute(
            sa.insert(metadata.tables["rejected_observation"]),
            {"dataset": DATASET, "source_file": "a.csv", "source_line": 7, "reason": "malformed",
             "payload": "x", "rejected_at": utc(2026, 1, 1)},
        )  # fmt: skip
    rows = [
        hour_row(OHARE, NEW_YEAR + timedelta(hours=n), values, rule=rule, special_count=n % 2)
        for n, values in OHARE_HOURS.items()
        for rule in ("routine", "qc")
    ]
    rows += [hour_row(JAN_MAYEN, NEW_YEAR + timedelta(hours=n), [20 + n]) for n in range(24)]
    rows.append(hour_row(OHARE, NEW_YEAR + timedelta(days=1), [55]))
    load_summaries(
        engine, frame(rows), dataset=DATASET, station_ids=[OHARE, JAN_MAYEN],
        first_hour=NEW_YEAR, end_hour=utc(2014, 2, 1),
    )  # fmt: skip
    for hour in range(3):  # hour 0 is also in the batch layer, with another value
        write_speed_hour(engine, OHARE, hour, 77 + hour, 100 + hour)
    write_speed_hour(engine, UNDESCRIBED, 0, 10, 200)


@pytest.fixture(scope="session")
def api() -> Iterator[ApiServer]:
    """The filled database and the API on it; tests that write use December 2013."""
    database = Database()
    try:
        database.start()
        engine = database.engine()
        migrate(engine)
        fill(engine)
        first_run = {"state": "complete", "at": "2026-01-01T00:00:00+00:00"}
        (database.folder / "first_run.json").write_text(json.dumps(first_run))
        server = ApiServer(database)
        try:
            yield server
        finally:
            server.stop()
    finally:
        database.dispose()


@pytest.fixture
def client(api: ApiServer) -> Iterator[httpx.Client]:
    """Asks that API."""
    with api.client() as one:
        yield one
