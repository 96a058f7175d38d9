"""The form of `repair_dead_letters`: which letters, by which rule, and whether only to look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from isotherm.errors import SettingsError
from isotherm.letters.repairs import DROP, PAYLOAD, RULE_NAMES, SET_FIELDS, Repair
from isotherm.utc import read_day

ALL: Final = "all"
# What may stand in a letter: of admission, of the sink, of files read by the feeder.
REASONS: Final = (
    "unreadable_message",
    "unknown_schema_version",
    "invalid",
    "future",
    "refused_by_database",
    "unreadable_key",
    "unlike_neighbours",
    "belongs_to_another_file",
    "unreadable_letter",
)
MAX_LETTERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class RepairForm:
    """What an operator asks for.

    Attributes:
        reason: of the letters; None = of any.
        letter_ids: these; empty = any.
        start: refused at or after it, UTC without a zone; None = ever.
        end: refused before it; None = to this day.
        repair: what is to be made of each.
        limit: so many letters at most, oldest first.
        is_dry_run: only show what would be sent.
    """

    reason: str | None
    letter_ids: tuple[int, ...]
    start: datetime | None
    end: datetime | None
    repair: Repair
    limit: int
    is_dry_run: bool

    @classmethod
    def of(cls, form: Mapping[str, Any]) -> "RepairForm":
        """Read the form's values.

        Raises:
            SettingsError: they do not make sense together.
        """
        first, last = _day(form["first_day"]), _day(form["last_day"])
        if first and last and first > last:
            raise SettingsError(f"first_day {first} is after last_day {last}. Swap them.")
        repair = Repair(str(form["repair_rule"]), form["fields"], form["payload"])
        ids = tuple(form["letter_ids"] or ())
        _check_repair(repair, ids)
        reason = None if form["reason"] == ALL else str(form["reason"])
        if repair.rule == DROP and not (ids or reason or first or last):
            raise SettingsError(
                "drop closes letters for good: say which, by reason, days or letter_ids."
            )
        return cls(
            reason,
            ids,
            None if first is None else datetime.combine(first, time()),
            None if last is None else datetime.combine(last + timedelta(days=1), time()),
            repair,
            int(form["limit"]),
            bool(form["dry_run"]),
        )


def _check_repair(repair: Repair, letter_ids: tuple[int, ...]) -> None:
    if repair.rule not in RULE_NAMES:
        raise SettingsError(
            f"There is no repair rule {repair.rule}; there are {', '.join(RULE_NAMES)}."
        )
    for rule, name, value in (
        (SET_FIELDS, "fields", repair.fields),
        (PAYLOAD, "payload", repair.payload),
    ):
        if (repair.rule == rule) != bool(value):
            raise SettingsError(
                f"The repair rule {rule} needs `{name}`, and `{name}` needs it: the form has the rule "
                f"{repair.rule} and {name}={value!r}."
            )
    if repair.rule == PAYLOAD and len(letter_ids) != 1:
        raise SettingsError(
            "A payload takes the place of one letter: name exactly one in letter_ids, not "
            f"{len(letter_ids)}."
        )


def _day(text: str | None) -> date | None:
    return read_day(text) if text else None
