"""What is typed finds what is written, however it is written."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isotherm.station import Station
from isotherm.station_codes import CodeKind, codes_of
from isotherm.station_search import (
    TERM_LENGTH,
    TermKind,
    Token,
    normal_code,
    read_search_text,
    terms_of,
)


def is_found(query: str, name: str, *codes: str) -> bool:
    """As the API asks MySQL."""
    terms = terms_of(name, codes)

    def begins(forms: tuple[str, ...]) -> bool:
        return any(term.startswith(form) for term in terms for form in forms)

    def matches(token: Token) -> bool:
        return begins(token.forms) or (bool(token.parts) and all(map(begins, token.parts)))

    tokens = read_search_text(query).tokens
    return bool(tokens) and all(map(matches, tokens))


OHARE = "CHICAGO O'HARE INTERNATIONAL AIRPORT"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("ohare", OHARE),
        ("o'hare", OHARE),
        ("O’Hare", OHARE),
        ("o hare", OHARE),
        ("hare", OHARE),
        ("chicago ohare", OHARE),
        ("ohare chicago", OHARE),
        ("chicago-ohare", OHARE),
        ("Chicago, O'Hare", OHARE),
        ("airp o'ha", OHARE),
        ("o'hare", "CHICAGO OHARE INTL AP"),
        ("tromso", "TROMSØ"),
        ("Tromsø", "TROMSO"),
        ("tromsö", "TROMSO"),
        ("Köln", "KOLN BONN"),
        ("koln", "KÖLN"),
        ("Koeln", "KOLN BONN"),
        ("köln-bonn", "KOLN BONN"),
        ("århus", "AARHUS"),
        ("aarhus", "ÅRHUS"),
        ("st. louis", "CAHOKIA/ST. LOUIS"),
        ("st.louis", "CAHOKIA/ST. LOUIS"),
        ("stlouis", "CAHOKIA/ST. LOUIS"),
        ("Saint-Denis", "SAINT DENIS"),
        ("saint denis", "SAINT-DENIS"),
        ("janmayen", "JAN MAYEN(NOR-NAVY)"),
        ("santaana", "SANTA ANA"),
        ("santa a", "SANTA ANA"),
        ("東京", "東京 AP"),
    ],
)
def test_a_station_is_found_however_its_name_is_typed(query: str, name: str) -> None:
    assert is_found(query, name)


@pytest.mark.parametrize(
    "query", ["chicago hare midway", "icago", "%", "_", "' -", "", "'; --", "東京"]
)
def test_what_is_not_in_the_name_does_not_find_it(query: str) -> None:
    assert not is_found(query, OHARE, "72530094846", "KORD")


def test_codes_and_the_whole_name_are_told_from_words_of_it() -> None:
    terms = terms_of("JAN MAYEN", ["01001099999", "ENJA"], also=["Olonkinbyen"])
    assert terms == {
        "01001099999": TermKind.CODE,
        "enja": TermKind.CODE,
        "janmayen": TermKind.NAME,
        "mayen": TermKind.WORD,
        "olonkinbyen": TermKind.WORD,
    }
    assert read_search_text("Jan-Mayen").name == "janmayen"
    assert read_search_text("enja").code == "enja"
    assert is_found("kaex", "ALEXANDRIA", "KAEX"), "a code is compared as it is written"


@given(st.text(min_size=1, max_size=80), st.data())
def test_every_beginning_of_a_name_finds_it_while_it_is_typed(name: str, data: st.DataObject) -> None:
    typed = name[: data.draw(st.integers(1, len(name)))]
    # Of other signs some are letters to the search, or nothing at all.
    query = typed.translate(dict.fromkeys(map(ord, string.punctuation), " "))
    if read_search_text(query).tokens:
        assert is_found(query, name)
    assert all(0 < len(term) <= TERM_LENGTH for term in terms_of(name, []))


@pytest.mark.parametrize("text", ["725300-94846", " 72530094846 ", "72530094846"])
def test_a_code_is_letters_and_digits(text: str) -> None:
    assert normal_code(text) == "72530094846"
    assert normal_code("kord") == "KORD"


@pytest.mark.parametrize(
    ("station", "codes"),
    [
        (
            Station("72530094846", country="US", icao="KORD"),
            {"KORD": CodeKind.ICAO, "ORD": CodeKind.IATA, "72530": CodeKind.WMO},
        ),
        (
            Station("71624099999", country="CA", icao="CYYZ"),
            {"CYYZ": CodeKind.ICAO, "YYZ": CodeKind.IATA, "71624": CodeKind.WMO},
        ),
        (
            Station("01001099999", country="NO", icao="ENJA"),
            {"ENJA": CodeKind.ICAO, "01001": CodeKind.WMO},
        ),
        (Station("99999994846", country="NO", icao="KORD"), {"KORD": CodeKind.ICAO}),
        (Station("99999094846"), {}),
        (Station("A0000253848"), {}),
        (Station("01030399999"), {}),
        (Station("NOI0000ENJA"), {}),
    ],
)
def test_codes_follow_from_the_id_and_the_airport(station: Station, codes: dict[str, CodeKind]) -> None:
    assert codes_of(station) == codes
