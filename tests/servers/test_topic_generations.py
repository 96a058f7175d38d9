"""Which topic is the how manyth of its name, asked by one and by several at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine

from isotherm.stores.migrate import migrate
from isotherm.stores.topic_generations import generation_of, newest_generation
from servers.mariadb_fixture import Database

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers

TOPIC = "generations"


@pytest.fixture(scope="module")
def engine(database: Database) -> Engine:
    engine = database.engine()
    migrate(engine)
    return engine


def test_each_id_of_a_name_has_a_number_of_its_own_that_stays(engine: Engine) -> None:
    with engine.begin() as connection:
        assert newest_generation(connection, TOPIC) == 0
        found = [generation_of(connection, TOPIC, one) for one in ("a", "b", "c", "b", "a")]
        assert found == [0, 1, 2, 1, 0]
        assert generation_of(connection, f"{TOPIC}-other", "c") == 0
        assert newest_generation(connection, TOPIC) == 2


def test_several_that_meet_a_topic_at_once_say_the_same(engine: Engine) -> None:
    several = 4
    barrier = Barrier(several)

    def ask(number: int) -> int:
        with engine.begin() as connection:
            connection.exec_driver_sql("SELECT 1")
            barrier.wait(30)
            return generation_of(connection, "at-once", f"id-{number}")

    with ThreadPoolExecutor(several) as pool:
        for number in range(20):
            assert [*pool.map(ask, [number] * several)] == [number] * several
