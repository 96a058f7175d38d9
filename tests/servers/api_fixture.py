"""A real API server on a real database with a little of everything in it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import polars as pl
import pytest
import sqlalchemy as sa

from isotherm.datasets.facts import SERVED
from isotherm.datasets.registry import dataset_named
from isotherm.hourly_summary import LAYER_BATCH
from isotherm.messages import HourlySummaryMessage
from isotherm.sink.decode import as_frame
from isotherm.sink.offsets import OffsetStore
from isotherm.sink.transaction import write_batch
from isotherm.statistics.catalogue import MEASURED, REASON_COUNTS
from isotherm.statistics.statistic import COUNT
from isotherm.stores import summary_tables
from isotherm.stores.dead_letters import DEAD_LETTER_ORIGIN
from isotherm.stores.global_summary import lock_layer
from isotherm.stores.load_summaries import replace_days
from isotherm.stores.migrate import migrate
from isotherm.stores.mysql import create_engine
from isotherm.stores.station_index import index_stations
from isotherm.stores.tables import metadata
from servers.mariadb_fixture import Database
from servers.summary_data import DATASET, histogram_text, utc

OHARE, JAN_MAYEN, FIJI, ZURICH = "72530094846", "01001099999", "91680099999", "06660099999"
UNDESCRIBED, ALL_MISSING = "ZZ000000001", "99403599999"
SHA256, NEWER_SHA256 = "ab" * 32, "cd" * 32
NEW_YEAR = utc(2014, 1, 1)
# Hour of New Year's Day: temperatures in tenths. 05 is freezing point, 06 is missing.
OHARE_HOURS = {
    **{n: [-111 + n, -110 + n] for n in range(24)},
    0: [-111, -110, -111],
    5: [0, 0],
    6: [],
    7: [-1, 0],
}
# Its dew points, in tenths; no other hour has one.
BESIDE = (*(one for one in MEASURED if one.name.startswith(("pressure", "wind"))),)
# Two west winds and a calm; one of the three reports has a pressure.
OHARE_ELEMENTS = {
    0: {"pressure_count": 1, "pressure_sum_tenths_hpa": 10_163, "wind_count": 2,
        "wind_speed_sum_tenths_ms": 103, "wind_east_sum_mms": 10_300, "wind_north_sum_mms": 0},
    5: {"wind_count": 1, "wind_speed_sum_tenths_ms": 0, "wind_east_sum_mms": 0,
        "wind_north_sum_mms": 0},
}  # fmt: skip
OHARE_DEW_POINTS = {0: [-144, -145, -146], 5: [0], 7: [-1, 0]}
# Layer, run, what was compared and what was lost: an old loss that a newer check of the layer mends.
LEDGER = [
    ("batch", "first run", 40, 3),
    ("batch", "2014-01-02", 50, 0),
    ("speed", "feed a", 0, 0),
    ("speed", "feed b before", 9, 9),
    ("speed", "feed b", 9, 1),
]
# What they cover; old lines do not say. A newer check of the same feed holds instead of an older one.
LEDGER_SCOPE: dict[str, dict[str, object]] = {
    "2014-01-02": {
        "datasets": DATASET, "first_day": utc(2014, 1, 1), "last_day": utc(2014, 1, 2),
        "station_year_count": 2,
    },
    "feed b": {"datasets": DATASET, "station_year_count": 1, "feed_ids": "b"},
    "feed b before": {"datasets": DATASET, "station_year_count": 1, "feed_ids": "b"},
}  # fmt: skip

_STATIONS = [
    (OHARE, "CHICAGO O'HARE, INTERNATIONAL AIRPORT", "US", "IL", "KORD", 41.995, -87.9336, 201.8),
    (JAN_MAYEN, "JAN MAYEN(NOR-NAVY)", "NO", None, "ENJA", 70.9333, -8.6667, 9.0),
    (FIJI, "NADI", "FJ", None, "NFFN", -17.7554, 179.9, 18.0),
    (ZURICH, "ZÜRICH 100% _FLUNTERN_", "SZ", None, None, 47.38, 8.57, 556.0),
    (ALL_MISSING, None, None, None, None, None, None, None),
]


def _letter(number: int, reason: str, payload: bytes, **changes: object) -> dict[str, Any]:
    return {
        "letter_id": number, "about": f"letter {number}", "letter_partition": 0,
        "letter_offset": number, "reason": reason, "detail": f"<b>{reason}</b>",
        "topic": "isotherm.observation", "message_partition": 0, "message_offset": number,
        "feed_id": "feed-1", "station_id": OHARE, "payload": payload, "payload_bytes": len(payload),
        "refused_at": utc(2026, 1, 1, number // 2), "state": "new",
        "state_at": utc(2026, 1, 1, number // 2), "worked_by": None, "repair_rule": None,
        "replayed_payload": None, "replay_partition": None, "replay_offset": None, "outcome": None,
        **changes,
    }  # fmt: skip


# Two by two of one second.
LETTERS = [
    _letter(1, "invalid", b'{"air_temperature_tenths": "12,5"}'),
    _letter(2, "unreadable_message", b"\xff\xfe", payload_bytes=990_000, station_id=None),
    _letter(
        3, "future", b'{"a": 1}', state="counted", repair_rule="as_is", replayed_payload=b'{"a": 1}',
        replay_partition=1, replay_offset=77, worked_by="repair_dead_letters one", outcome="in an hour",
    ),
    _letter(4, "future", b'{"a": 2}', message_partition=None, message_offset=None),
]  # fmt: skip


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

    def start_again(self) -> None:
        """After `stop`: the same API in a new process, once it is ready."""
        self.process = self._start()

    def stop(self) -> None:
        """End it as the launcher does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def hour_row(
    station_id: str,
    number: int,
    temperatures: Iterable[int],
    dew_points: Iterable[int] = (),
    **changes: object,
) -> dict[str, Any]:
    """An hour, counted from New Year, by a plain fold of its readings in tenths."""
    values, dew = list(temperatures), list(dew_points)
    return {
        "station_id": station_id,
        "hour_start": NEW_YEAR + timedelta(hours=number),
        "rule": "routine",
        "observation_count": len(values),
        "min_tenths": min(values, default=None),
        "max_tenths": max(values, default=None),
        "sum_tenths": sum(values) if values else None,
        "dew_point_count": len(dew),
        "dew_point_sum_tenths": sum(dew) if dew else None,
        **{one.name: 0 if one.unit == COUNT else None for one in BESIDE},
        "temperature_histogram": histogram_text(values) if len(values) > 3 else None,
        **dict.fromkeys(REASON_COUNTS, 0),
        **changes,
    }


def write_speed_hour(engine: sa.Engine, station_id: str, hour: int, tenths: int, version: int) -> None:
    """One hour of 2 January as the sink writes it; each write needs a higher version."""
    row = hour_row(station_id, 24 + hour, [tenths])
    summary = HourlySummaryMessage(**row, dataset=DATASET, received=1, version=version)
    offsets = OffsetStore("isotherm.hourly-summary", "id", "group")
    # Whoever asks may have an engine that loads no files.
    loading = sa.create_engine(
        engine.url, connect_args={"local_infile": True}, isolation_level="READ COMMITTED"
    )
    write_batch(loading, offsets, [], as_frame([(0, summary)]))
    loading.dispose()


def write_batch_hours(database: Database, rows: list[dict[str, Any]]) -> None:
    """Hours as the loader writes them, all periods and the rows over all stations included."""
    schema = {**summary_tables.HOURS.schema, "hour_start": pl.Datetime("us", "UTC")}
    hours = pl.DataFrame(rows, schema)
    days = hours.select("station_id", day=pl.col("hour_start").dt.date()).unique()
    engine = create_engine(database.settings, local_files=True)
    with engine.begin() as connection:
        lock_layer(connection, SERVED, LAYER_BATCH)
        quality = dataset_named(DATASET).quality
        replace_days(connection, hours, days, dataset=DATASET, quality=quality)
    engine.dispose()


def fill(database: Database, engine: sa.Engine) -> None:
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
        alias = {"alias": "USW00094846", "station_id": OHARE}
        connection.execute(sa.insert(metadata.tables["station_alias"]), alias)
        index_stations(connection, [one[0] for one in _STATIONS])
        connection.execute(
            sa.insert(metadata.tables["source_file"]),
            {
                "dataset": DATASET, "year": 2014, "station_id": OHARE, "sha256": SHA256,
                "size_bytes": 1,
                "published_at": utc(2015, 1, 1), "downloaded_at": utc(2026, 1, 1), "hdfs_path": "/raw",
                "summarised_sha256": NEWER_SHA256, "loaded_sha256": SHA256,
                "newest_loaded_at": utc(2014, 1, 2, 0), "refused_sha256": NEWER_SHA256,
                "refused_at": utc(2026, 1, 1), "row_count": 25, "refused_row_count": 7,
            },
        )  # fmt: skip
        counts = dict.fromkeys(
            ("not_selected", "rejected", "superseded", "late", "dead_lettered", "lost", "doubled"), 0
        )
        for layer, label, fed, lost in LEDGER:
            connection.execute(
                sa.insert(metadata.tables["ledger"]),
                {
                    "run_label": label, "rule": "routine", "layer": layer, "fed": fed, "counted": fed,
                    **counts, "lost": lost, "deliveries": fed, "checked_at": utc(2026, 1, 1),
                    **LEDGER_SCOPE.get(label, {}),
                },
            )  # fmt: skip
        connection.execute(
            sa.insert(metadata.tables["rejection_count"]),
            [
                {"origin": DATASET, "reason": "malformed", "rejected": 7},
                {"origin": DEAD_LETTER_ORIGIN, "reason": "malformed", "rejected": 400},
                {"origin": DEAD_LETTER_ORIGIN, "reason": "future", "rejected": 81},
                {"origin": DEAD_LETTER_ORIGIN, "reason": "repaired", "rejected": 0},
            ],
        )
        connection.execute(sa.insert(metadata.tables["dead_letter"]), LETTERS)
        connection.execute(
            sa.insert(metadata.tables["rejected_observation"]),
            {"dataset": DATASET, "source_file": "a.csv", "source_line": 7, "reason": "malformed",
             "payload": "x", "rejected_at": utc(2026, 1, 1)},
        )  # fmt: skip
    rows = [
        hour_row(OHARE, n, values, OHARE_DEW_POINTS.get(n, ()), rule=rule, special_count=n % 2)
        | OHARE_ELEMENTS.get(n, {})
        for n, values in OHARE_HOURS.items()
        for rule in ("routine", "qc")
    ]
    rows += [hour_row(JAN_MAYEN, n, [20 + n]) for n in range(24)]
    rows.append(hour_row(OHARE, 24, [55]))
    write_batch_hours(database, rows)
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
        fill(database, engine)
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
