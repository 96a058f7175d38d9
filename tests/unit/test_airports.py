"""Which IATA code a station's airport has: by its ICAO code, where it lies beside the station."""

import pytest

from isotherm.airports import iata_of
from isotherm.station import Station


def at(
    icao: str, latitude_deg: float | None, longitude_deg: float | None, country: str | None = None
) -> Station:
    return Station(
        "ZZ000000001",
        country=country,
        icao=icao,
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
    )


# Places as NOAA's list has them.
@pytest.mark.parametrize(
    ("station", "iata"),
    [
        (at("EGLL", 51.478, -0.461, "UK"), "LHR"),
        (at("ENTC", 69.683, 18.919, "NO"), "TOS"),
        (at("EDDK", 50.866, 7.143, "GM"), "CGN"),
        (at("KORD", 41.995, -87.934, "US"), "ORD"),
        (at("RJTT", 35.552, 139.780, "JA"), "HND"),
        (at("PHNL", 21.324, -157.929, "US"), "HNL"),
        (at("KHXD", 32.224, -80.697, "US"), "HHH"),
        (at("NFNL", -16.467, -180.66, "FJ"), "LBS"),
    ],
)
def test_an_airport_of_any_country_has_its_iata_code(station: Station, iata: str) -> None:
    assert iata_of(station) == iata


@pytest.mark.parametrize(
    "station",
    [
        at("EGLL", 51.478, 0.461, "UK"),
        at("EGLL", -51.478, -0.461, "UK"),
        at("KORD", 51.478, -0.461, "US"),
        at("LFSL", 48.783, 5.983, "FR"),  # Toul had this code before Brive
    ],
)
def test_an_airport_elsewhere_is_not_believed(station: Station) -> None:
    assert iata_of(station) is None


@pytest.mark.parametrize(
    ("station", "iata"),
    [
        (at("EGLL", None, None, "UK"), None),
        (at("KORD", None, None, "US"), "ORD"),
        (at("CYYZ", None, None, "CA"), "YYZ"),
        (at("KORD", None, None, "NO"), None),
        (at("KHXD", None, None, "US"), None),
    ],
)
def test_without_a_place_only_a_national_code_that_agrees_is_believed(
    station: Station, iata: str | None
) -> None:
    assert iata_of(station) == iata


@pytest.mark.parametrize(
    ("icao", "country", "iata"),
    [
        ("CWJC", "CA", "WJC"),  # not in the package
        ("KAAA", "US", None),  # AAA is Anaa in French Polynesia
        ("ENBJ", "NO", None),
        ("K0B8", "US", "FID"),
    ],
)
def test_a_national_code_stands_in_unless_it_is_another_airports(
    icao: str, country: str, iata: str | None
) -> None:
    assert iata_of(at(icao, 41.25, -72.03, country)) == iata


def test_a_station_without_an_airport_has_no_code() -> None:
    assert iata_of(Station("01001099999", latitude_deg=70.933, longitude_deg=-8.667)) is None
