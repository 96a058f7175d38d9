"""How names and codes of stations are compared: one normal form, of what is stored and what is typed.

People type `ohare`, `O’Hare`, `koln`, `Köln` or `Koeln`; NOAA writes O'HARE and KOLN. In the normal
form accents, case, blanks and every other sign are gone, and a vowel spelled out (ae, oe, ue, aa) is
the vowel. The beginning of a text has the beginning of its normal form: one finds while one types.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TERM_LENGTH: Final = 64
# Letters that Unicode does not take apart.
_LETTERS: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "ħ": "h"}
)
_SPELLED_OUT: Final = re.compile("([aou])e|(a)a")


class TermKind(StrEnum):
    """What a term of a station is, the most telling first."""

    CODE = "code"
    NAME = "name"  # the whole of it
    WORD = "word"  # the name from one of its words on


@dataclass(frozen=True, slots=True)
class Token:
    """One typed word: any of its forms may begin a term, or each of its parts one of its own.

    `O'Hare` is OHARE where the name is written so, and O and HARE where it is not.
    """

    forms: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class SearchText:
    """What was typed: every token has to match; the whole decides which station comes first."""

    tokens: tuple[Token, ...]
    code: str
    name: str


def read_search_text(typed: str) -> SearchText:
    """Take a typed text apart; without a letter or digit it has no token, and finds nothing."""
    tokens = [words for one in typed.split() if (words := _words(one))]
    whole = "".join(word for words in tokens for word in words)
    return SearchText(tuple(map(_token, tokens)), whole[:TERM_LENGTH], _folded(whole))


def terms_of(name: str | None, codes: Iterable[str], also: Iterable[str] = ()) -> dict[str, TermKind]:
    """The terms by which a station is found: its codes, and its name from each of its words on.

    Args:
        name: as NOAA has it.
        codes: its id and all other codes.
        also: other names of the place, such as its city's.
    """
    terms: dict[str, TermKind] = {}
    for code in codes:
        terms.setdefault("".join(_words(code))[:TERM_LENGTH], TermKind.CODE)
    for at, text in enumerate((name, *also)):
        words = _words(text or "")
        for start in range(len(words)):
            kind = TermKind.WORD if start or at else TermKind.NAME
            terms.setdefault(_folded("".join(words[start:])), kind)
    terms.pop("", None)
    return terms


def normal_code(typed: str) -> str:
    """A code as it is stored: capital letters and digits; "725300-94846" is 72530094846."""
    return "".join(_words(typed)).upper()


def _token(words: tuple[str, ...]) -> Token:
    return Token(_forms("".join(words)), tuple(map(_forms, words)) if len(words) > 1 else ())


def _forms(plain: str) -> tuple[str, ...]:
    """As it is, for codes, and folded, for names."""
    return tuple(dict.fromkeys((plain[:TERM_LENGTH], _folded(plain))))


def _words(text: str) -> tuple[str, ...]:
    """The runs of letters and digits, in small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS)).casefold()
    bare = (sign for sign in apart if not unicodedata.combining(sign))
    return tuple("".join(sign if sign.isalnum() else " " for sign in bare).split())


def _folded(plain: str) -> str:
    return _SPELLED_OUT.sub(lambda found: found[1] or found[2], plain)[:TERM_LENGTH]
