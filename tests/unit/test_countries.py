"""A country means the same however it is said, and NOAA's codes are told from ISO's."""

import csv
import gzip
from importlib.resources import files

import pytest

from isotherm.countries import Country, country_of, other_reading, read_country
from isotherm.errors import ChoiceError
from real_files import real_root


@pytest.mark.parametrize(
    "said",
    ["NO", "no", "NOR", "Norway", "norway", "fips:NO", "FIPS:no", "norvège", "Norwegen"],
)
def test_a_country_may_be_said_by_codes_and_names(said: str) -> None:
    assert read_country(said) == Country("NO", "Norway", ("NO",))


@pytest.mark.parametrize(
    ("said", "name", "noaa"),
    [
        ("AU", "Australia", "AS"),
        ("fips:AU", "Austria", "AU"),
        ("CH", "Switzerland", "SZ"),
        ("fips:CH", "China", "CH"),
        ("GM", "Gambia", "GA"),
        ("fips:GM", "Germany", "GM"),
        ("UK", "United Kingdom", "UK"),
        ("GB", "United Kingdom", "UK"),
        ("JA", "Japan", "JA"),
    ],
)
def test_two_letters_are_isos_code_and_noaas_where_iso_has_none(
    said: str, name: str, noaa: str
) -> None:
    country = read_country(said)
    assert (country.name, country.noaa_codes) == (name, (noaa,))


def test_where_the_two_disagree_the_other_reading_is_told() -> None:
    assert other_reading("au") == ("AU is Australia, by ISO 3166; Austria, which NOAA calls AU, is AT.")
    assert [other_reading(one) for one in ("NO", "UK", "Australia", "fips:AU", "AUS")] == [None] * 5


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Korea, South", "KR"), ("South Korea", "KR"), ("Burma", "MM"), ("Myanmar", "MM"),
        ("Trinidad and Tobago", "TT"), ("Turkey", "TR"), ("Türkiye", "TR"), ("turkiye", "TR"),
        ("Czech Republic", "CZ"), ("Czechia", "CZ"), ("Bahamas, The", "BS"), ("the Gambia", "GM"),
        ("Saint Lucia", "LC"), ("Cote d'Ivoire", "CI"), ("Swaziland", "SZ"), ("Österreich", "AT"),
        ("Svalbard", "fips:SV"), ("Netherlands Antilles", "fips:NT"), ("Serbia", "RS"),
    ],
)  # fmt: skip
def test_names_are_those_of_both_lists(said: str, code: str) -> None:
    assert read_country(said).code == code


def test_a_country_of_several_codes_of_noaas_is_all_of_them() -> None:
    assert read_country("SJ").noaa_codes == ("JN", "SV")
    assert read_country("Serbia").noaa_codes == ("RB", "RI")


def test_what_is_shown_of_any_country_can_be_typed_again(noaa_codes: set[str]) -> None:
    for code in noaa_codes:
        country = country_of(code)
        assert country is not None
        assert read_country(country.code) == country
        assert read_country(country.name) == country
        assert code in read_country(f"fips:{code}").noaa_codes


@pytest.fixture(scope="module")
def noaa_codes() -> set[str]:
    lines = files("isotherm").joinpath("countries.csv").read_text().splitlines()
    return {row["noaa"] for row in csv.DictReader(lines)}


def test_every_code_of_noaas_lists_is_one_and_its_iso_code_is_theirs(noaa_codes: set[str]) -> None:
    listed = real_root() / "ghcnh/doc/ghcnh-station-list-2026-06.csv.gz"
    rows = csv.DictReader(gzip.decompress(listed.read_bytes()).decode().splitlines())
    pairs = {(one["GHCN_ID"][:2], one["ISO_CODE"]) for one in rows}
    assert {code for code, _ in pairs} <= noaa_codes
    wrong = {
        (code, iso)
        for code, iso in pairs
        if iso != "XX" and (found := country_of(code)) is not None and found.code != iso
    }
    assert wrong == set()


def test_a_code_that_no_list_of_ours_has_stays_itself() -> None:
    country = country_of("QQ")
    assert country == Country("fips:QQ", "QQ", ("QQ",)) == read_country("fips:QQ")
    assert country_of(None) is country_of("") is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Norwai", "Did you mean Norway"),
        ("XX", "Give a country's ISO 3166 code"),
        ("Congo", r"Congo - Brazzaville \(CG\) or Congo - Kinshasa \(CD\)"),
        ("fips:Norway", "two letters"),
        ("?", "No country"),
    ],
)
def test_what_means_no_country_or_several_is_refused_with_what_is_accepted(said: str, why: str) -> None:
    with pytest.raises(ChoiceError, match=why) as refused:
        read_country(said)
    assert refused.value.field == "country"
