"""Which place an id belongs to, and which stations a place has."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from isotherm.stores.places import Member, members_of, natives_of, places_of
from isotherm.stores.tables import source_file, station_place
from servers.mariadb_fixture import Database
from servers.summary_data import utc

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

# Ids that no other test in the same database has files of.
PLACE, OLDER, TWIN, ALONE = (f"ZZPLACE000{number}" for number in (1, 2, 3, 4))


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    """Two ids mean a third; nothing of it stays."""
    with database.engine().connect() as one:
        rows = [
            {"station_id": of, "place_id": PLACE, "via": "wban", "distance_km": 0.1}
            for of in (TWIN, OLDER)
        ]
        one.execute(sa.insert(station_place), rows)
        yield one


def test_an_id_without_a_row_is_its_own_place(connection: sa.Connection) -> None:
    asked = [OLDER, TWIN, PLACE, ALONE]
    assert places_of(connection, asked) == {
        OLDER: PLACE,
        TWIN: PLACE,
        PLACE: PLACE,
        ALONE: ALONE,
    }
    assert natives_of(connection, [PLACE, ALONE]) == {
        PLACE: [PLACE, OLDER, TWIN],
        ALONE: [ALONE],
    }


def test_members_are_those_with_files_in_the_order_they_serve(connection: sa.Connection) -> None:
    times = {"published_at": utc(2015, 1, 1), "downloaded_at": utc(2015, 1, 1)}
    rows = [
        {"dataset": dataset, "station_id": of, "year": year, "sha256": "a", "size_bytes": 1,
         "hdfs_path": "/raw", **times}
        for dataset, of, year in (
            ("zz-unknown", PLACE, 2014),
            ("global-hourly", TWIN, 2014),
            ("global-hourly", OLDER, 2014),
            ("global-hourly", OLDER, 2015),
        )
    ]  # fmt: skip
    connection.execute(sa.insert(source_file), rows)
    assert members_of(connection, [PLACE]) == {
        PLACE: [
            Member("global-hourly", OLDER),
            Member("global-hourly", TWIN),
            Member("zz-unknown", PLACE),
        ],
    }
    assert members_of(connection, [ALONE]) == {ALONE: []}
