"""The rules by which a message that was refused is repaired; pure, each from bytes to bytes.

What a rule makes is judged like any message before it is sent: see `judgement`.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from isotherm.datasets.facts import FACTS
from isotherm.errors import IsothermError
from isotherm.messages import HOUR_SCHEMA_VERSION, SCHEMA_VERSION
from isotherm.observation import FIELDS
from isotherm.statistics.catalogue import MEASURED, REASON_COUNTS
from isotherm.statistics.statistic import Merge

AS_IS: Final = "as_is"
SET_FIELDS: Final = "set_fields"
PAYLOAD: Final = "payload"
DROP: Final = "drop"

Fields = dict[str, Any]
_TIMES: Final = ("observed_at", "published_at", "hour_start")
_NUMBERS: Final = frozenset(
    (
        *(one.name for one in FIELDS if one.type in ("int", "bigint")),
        *(one.name for one in MEASURED if one.merge is not Merge.HISTOGRAM),
        *REASON_COUNTS,
        "received",
        "version",
        "schema_version",
    )
)
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}(\.0+)?")
_DECIMAL: Final = re.compile(r"([+-]?)([0-9]{1,15})[.,]([0-9]{1,9})")
_ZONELESS: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
# What a BLOB keeps of what is sent in the place of a letter.
MAX_SENT_BYTES: Final = 2**16 - 1
_QUALITY: Final = {one.name: one.quality for one in FACTS}


class CannotRepairError(IsothermError):
    """A rule cannot make anything of this message; says why."""


@dataclass(frozen=True, slots=True)
class RepairRule:
    """One way to repair.

    Attributes:
        name: as the form has it.
        words: what it does, for the form.
        change: the message's fields; None where a message is not read at all.
    """

    name: str
    words: str
    change: Callable[[Fields], Fields] | None = None


def trim(fields: Fields) -> Fields:
    """Texts without blanks around them, empty ones null, digits as numbers, times in whole seconds."""
    trimmed = {name.strip(): _trimmed(name.strip(), value) for name, value in fields.items()}
    station_id = trimmed.get("station_id")
    return {**trimmed, "station_id": station_id.upper()} if isinstance(station_id, str) else trimmed


def _trimmed(name: str, value: object) -> object:
    if isinstance(value, float) and name in _NUMBERS and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    text = value.replace("\x00", "").strip()
    if not text:
        return None
    if name in _NUMBERS and _WHOLE.fullmatch(text):
        return int(text.partition(".")[0])
    if name in _TIMES and _ZONELESS.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text.replace(" ", "T"))
        except ValueError:
            return text  # the 30th of February: admission says so
        zone = "Z" if moment.tzinfo is None else ""
        return f"{moment.replace(microsecond=0).isoformat()}{zone}"
    return text


def decimal_comma(fields: Fields) -> Fields:
    """Texts with a decimal comma or point as what their field counts: `12,5` is 125 tenths."""
    return {name: _counted(name, value) for name, value in fields.items()}


def _counted(name: str, value: object) -> object:
    found = _DECIMAL.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or name not in _NUMBERS:
        return value
    sign, whole, decimals = found.groups()
    tenths = decimals.rstrip("0")
    if len(tenths) > ("_tenths" in name):
        raise CannotRepairError(f"{name}={value!r} has more decimals than its field can hold")
    number = int(whole) * 10 + int(tenths or 0) if "_tenths" in name else int(whole)
    return -number if sign == "-" else number


def clear_implausible(fields: Fields) -> Fields:
    """Temperatures, pressures and winds that no file of the dataset can hold are missing: null."""
    quality = _QUALITY.get(str(fields.get("dataset")))
    if quality is None:
        raise CannotRepairError(f"dataset={fields.get('dataset')!r} is none that is known")
    cleared = {
        name: None
        for name, (low, high) in quality.limits.items()
        if isinstance(fields.get(name), int) and not low <= fields[name] <= high
    }
    return {**fields, **cleared}


RULES: Final = (
    RepairRule(AS_IS, "unchanged: after a mended fault, or when a time in the future has come"),
    RepairRule(
        "trim", "texts without blanks, empty ones null, digits as numbers, times made whole", trim
    ),
    RepairRule("decimal_comma", "texts such as 12,5 as 125 tenths", decimal_comma),
    RepairRule("clear_implausible", "numbers out of all range become missing", clear_implausible),
    RepairRule(SET_FIELDS, "the fields given below in place of its own"),
    RepairRule(PAYLOAD, "the whole message given below, of one letter"),
    RepairRule(DROP, "nothing is sent: the letter is closed"),
)
RULE_NAMES: Final = tuple(one.name for one in RULES)
_BY_NAME: Final = {one.name: one for one in RULES}


@dataclass(frozen=True, slots=True)
class Repair:
    """A rule with what the form gives it.

    Attributes:
        rule: its name.
        fields: of `set_fields`: values by name.
        payload: of `payload`: the message.
    """

    rule: str
    fields: Mapping[str, Any] | None = None
    payload: Mapping[str, Any] | None = None

    def apply(self, content: bytes, *, is_whole: bool, feed_id: str | None) -> bytes:
        """The message repaired.

        Args:
            content: what it held.
            is_whole: whether that is all of it.
            feed_id: filled in where the message says none.

        Raises:
            CannotRepairError: nothing can be made of it by this rule.
        """
        if self.rule == PAYLOAD:
            return _encode(dict(self.payload or {}), feed_id)
        if not is_whole:
            raise CannotRepairError("only its beginning is kept: give the whole message as payload")
        if self.rule == AS_IS:
            return content
        if self.rule == SET_FIELDS:
            return _encode({**_decode(content), **(self.fields or {})}, feed_id)
        change = _BY_NAME[self.rule].change
        assert change is not None  # noqa: S101 - a drop repairs nothing
        return _encode(change(_decode(content)), feed_id)


def _decode(content: bytes) -> Fields:
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CannotRepairError(
            f"it cannot be read ({error}): give the whole message as payload"
        ) from None
    if not isinstance(found, dict):
        raise CannotRepairError("it is no JSON object: give the whole message as payload")
    return found


def _encode(fields: Fields, feed_id: str | None) -> bytes:
    version = HOUR_SCHEMA_VERSION if "rules" in fields else SCHEMA_VERSION
    known = {"schema_version": version, **({"feed_id": feed_id} if feed_id else {})}
    content = json.dumps({**known, **fields}).encode()
    if len(content) > MAX_SENT_BYTES:
        raise CannotRepairError(f"it would have {len(content)} bytes, more than {MAX_SENT_BYTES}")
    return content
