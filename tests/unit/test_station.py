"""Station ids and positions."""

import pytest

from isotherm.station import is_station_id, usable_position


@pytest.mark.parametrize(
    ("text", "is_id"),
    [
        ("01001099999", True),
        ("A0000243210", True),
        ("1001099999", False),
        ("a0000243210", True),
        ("ACU55-00189", True),
        ("AAI0000TN_A", True),
        ("AAI0000.N_A", False),
        ("AAI0000ÅN_A", False),
        ("01001099999\n", False),
        ("NOI0000ENJA", True),
        ("", False),
    ],
)
def test_station_ids_are_eleven_letters_digits_hyphens_underscores(text: str, *, is_id: bool) -> None:
    assert is_station_id(text) is is_id


@pytest.mark.parametrize(
    ("latitude", "longitude", "usable"),
    [(0.0, 0.0, False), (0.0, 10.0, True), (90.0, 180.0, True), (90.1, 0.0, False), (1.0, None, False)],
)
def test_positions_are_on_the_globe_and_not_at_0_0(
    latitude: float, longitude: float | None, *, usable: bool
) -> None:
    expected = (latitude, longitude) if usable else (None, None)
    assert usable_position(latitude, longitude) == expected
