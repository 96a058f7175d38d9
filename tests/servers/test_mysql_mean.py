"""A station's mean in SQL is the one in Python, ties and negatives included."""

import random

import pytest
import sqlalchemy as sa

from isotherm.hourly_summary import TemperatureSummary, divide_half_even, mean_e4_sql
from servers.mariadb_fixture import Database

pytest_plugins = ["servers.mariadb_fixture"]
pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def pairs() -> list[tuple[int, int]]:
    """Sums and counts: random ones, whole years, and ties (sum * 1000 / count ends in a half)."""
    dice = random.Random(7)  # noqa: S311 - to be repeated, not to be secret
    ties = [
        (sign * odd, 2000 * factor) for sign in (1, -1) for odd in range(1, 60, 2) for factor in (1, 3)
    ]
    hours = [(dice.randint(-20_000, 20_000), dice.randint(1, 60)) for _ in range(3000)]
    years = [(dice.randint(-(10**9), 10**9), dice.randint(1, 10**6)) for _ in range(1000)]
    return [*ties, *hours, *years, (0, 1), (-1, 1), (1, 16), (-1, 16)]


def test_the_mean_of_station_means_rounds_alike_in_sql_and_python(
    database: Database, pairs: list[tuple[int, int]]
) -> None:
    rows = " UNION ALL ".join(f"SELECT {total} AS s, {count} AS c" for total, count in pairs)
    statement = sa.text(f"SELECT s, c, {mean_e4_sql('s', 'c')} AS mean FROM ({rows}) AS pairs")
    with database.engine().connect() as connection:
        found = connection.execute(statement).all()
    assert len(found) == len(pairs)
    for total, count, mean in found:
        expected = divide_half_even(total * 1000, count)
        assert int(mean) == expected == TemperatureSummary(count, 0, 0, total).mean_e4, (total, count)


def test_there_are_ties_among_the_pairs_and_they_go_to_the_even_side(
    pairs: list[tuple[int, int]],
) -> None:
    ties = [pair for pair in pairs if 2 * (pair[0] * 1000 % pair[1]) == pair[1]]
    assert len(ties) > 50
    assert all(divide_half_even(total * 1000, count) % 2 == 0 for total, count in ties)
