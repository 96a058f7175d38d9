"""Countries by the codes and names people use, and the codes NOAA writes for them.

NOAA's lists have FIPS 10-4 codes, people ISO 3166 ones, and some two letters mean two countries: AU is
Australia in ISO and Austria at NOAA. The reading here is ISO's; NOAA's own code is said as `fips:AU`.
Names are those of Unicode's CLDR, in English and other languages, and NOAA's own.
"""

import csv
import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from isotherm.errors import ChoiceError
from isotherm.station_search import read_search_text

# Any words; whether they name a country is for the reader to say.
COUNTRY_PATTERN: Final = r"^[^\s].{0,58}[^\s]$"
_FIPS: Final = "fips:"
# Languages in which a country may be named, beside English.
_LANGUAGES: Final = (
    "fr", "de", "es", "it", "pt", "nl", "da", "nb", "sv", "fi", "pl", "ru", "ja", "zh",
)  # fmt: skip
_IN_BRACKETS: Final = re.compile(r"(.+) \((.+)\)")
_INVERTED: Final = re.compile(r"(.+), (The|North|South)")
_LITTLE_WORDS: Final = re.compile(r"\b(and|the)\b|&", re.IGNORECASE)
_ACCEPTED: Final = (
    "Give a country's ISO 3166 code (NO, NOR), its name (Norway), or NOAA's own code as fips:NO."
)


@dataclass(frozen=True, slots=True)
class Country:
    """One country.

    Attributes:
        code: ISO 3166-1 alpha-2; `fips:XX` where only NOAA has one. Read, it gives this again.
        name: in English.
        noaa_codes: FIPS 10-4 codes that NOAA's lists have for its stations.
    """

    code: str
    name: str
    noaa_codes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


# By normal form those it may mean, by their codes.
_Names = dict[str, dict[str, Country]]


@dataclass(frozen=True, slots=True)
class _Row:
    noaa: str
    alpha_2: str
    alpha_3: str
    noaa_name: str


@dataclass(frozen=True, slots=True)
class _Tables:
    """Countries by what is typed: codes in capitals, names in their normal form."""

    codes: dict[str, Country]
    noaa: dict[str, Country]
    names: _Names


def read_country(text: str) -> Country:
    """The country that a code or name means.

    Two letters are ISO's code, or, where ISO has none, NOAA's: `UK`. Three are ISO's too. A name may be
    written with or without accents, in English or another of some languages.

    Raises:
        ChoiceError: it means none, or several; the message says what is accepted.
    """
    if not re.fullmatch(COUNTRY_PATTERN, text):
        raise ChoiceError("country", f"No country {text!r}. {_ACCEPTED}")
    tables = _tables()
    if text.lower().startswith(_FIPS):
        return _of_noaa(text[len(_FIPS) :].strip().upper(), text)
    code = text.upper()
    if found := tables.codes.get(code) or tables.noaa.get(code):
        return found
    name = _normal(text)
    named = [*(tables.names.get(name) or _foreign_names().get(name) or {}).values()]
    if not named:
        raise ChoiceError("country", f"No country {text!r}.{_meant(text)} {_ACCEPTED}")
    if len(named) > 1:
        several = " or ".join(map(str, named))
        raise ChoiceError("country", f"{text!r} may be {several}: say which by its code.")
    return named[0]


def country_of(noaa_code: str | None) -> Country | None:
    """The country of a station, by the code NOAA's list has for it; None where it has none."""
    if not noaa_code:
        return None
    return _tables().noaa.get(noaa_code) or Country(f"{_FIPS}{noaa_code}", noaa_code, (noaa_code,))


def other_reading(text: str) -> str | None:
    """What a reader of two letters should know where they are another country's code at NOAA."""
    code = text.strip().upper()
    tables = _tables()
    iso, noaa = tables.codes.get(code), tables.noaa.get(code)
    if len(code) != 2 or iso is None or noaa is None or noaa == iso:
        return None
    return f"{code} is {iso.name}, by ISO 3166; {noaa.name}, which NOAA calls {code}, is {noaa.code}."


def _of_noaa(code: str, text: str) -> Country:
    row = next((one for one in _rows() if one.noaa == code), None)
    if row is None:
        if re.fullmatch("[A-Z]{2}", code):  # a list may have one that is not among ours
            return Country(f"{_FIPS}{code}", code, (code,))
        raise ChoiceError("country", f"No code of NOAA's: {text!r}. It has two letters, as in fips:NO.")
    whole = _tables().noaa[code]
    if whole.noaa_codes == (code,):
        return whole
    return Country(f"{_FIPS}{code}", row.noaa_name or f"{whole.name}, {code}", (code,))


def _meant(typed: str) -> str:
    names = {_normal(one.name): one.name for one in _tables().noaa.values()}
    near = difflib.get_close_matches(_normal(typed), names, 3, 0.7)
    return f" Did you mean {' or '.join(names[one] for one in near)}?" if near else ""


def _normal(name: str) -> str:
    """As names of stations are compared: without accents, case, blanks; and without little words."""
    return read_search_text(_LITTLE_WORDS.sub(" ", name)).name


def _spellings(name: str) -> Iterator[str]:
    """`Korea, South` is also South Korea, and `Myanmar (Burma)` is also Myanmar, and Burma."""
    yield name
    if inverted := _INVERTED.fullmatch(name):
        yield f"{inverted[2]} {inverted[1]}"
    if both := _IN_BRACKETS.fullmatch(name):
        yield from both.groups()


def _add(names: _Names, spellings: Iterable[str], country: Country) -> None:
    for one in spellings:
        if key := _normal(one):
            names.setdefault(key, {})[country.code] = country


@lru_cache(maxsize=1)
def _rows() -> tuple[_Row, ...]:
    """NOAA's code, ISO's two and three letters, and NOAA's name where Unicode has another."""
    table = files("isotherm").joinpath("countries.csv")
    with table.open(encoding="utf-8") as lines:
        return tuple(_Row(*fields) for fields in list(csv.reader(lines))[1:])


def _territories(language: str) -> Mapping[str, str]:
    """Names of countries in a language, by ISO's two letters."""
    from babel import Locale  # only who reads a name or a code needs it

    return Locale(language).territories


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    english = _territories("en")
    of_iso: dict[str, list[_Row]] = defaultdict(list)
    for row in _rows():
        of_iso[row.alpha_2 or f"{_FIPS}{row.noaa}"].append(row)
    codes: dict[str, Country] = {}
    noaa: dict[str, Country] = {}
    names: _Names = {}
    for code, rows in of_iso.items():
        country = Country(code, english.get(code) or rows[0].noaa_name, tuple(one.noaa for one in rows))
        codes |= {one: country for one in (code.upper(), rows[0].alpha_3) if one}
        noaa |= dict.fromkeys(country.noaa_codes, country)
        _add(names, _spellings(country.name), country)
    of_noaa: _Names = {}
    for row in _rows():
        whole = noaa[row.noaa]
        is_part = len(whole.noaa_codes) > 1
        country = Country(f"{_FIPS}{row.noaa}", row.noaa_name, (row.noaa,)) if is_part else whole
        _add(of_noaa, _spellings(row.noaa_name), country)
    names = {**of_noaa, **names}
    return _Tables(codes, noaa, names)


@lru_cache(maxsize=1)
def _foreign_names() -> _Names:
    """Names in other languages, read when a name is none in English."""
    names: _Names = {}
    countries = {one.code: one for one in _tables().noaa.values()}
    for language in _LANGUAGES:
        territories = _territories(language)
        for code, country in countries.items():
            name = territories.get(code, "")
            _add(names, (name, name.partition(" (")[0]), country)
    return names
