"""The selection rules as data: each stricter than the one before, every reason with one meaning."""

from isotherm.quality import (
    AVIATION_REPORT_TYPES,
    BAD_QUALITY_CODES,
    DEFAULT_RULE,
    MAX_PLAUSIBLE_TENTHS,
    MIN_PLAUSIBLE_TENTHS,
    NOT_SELECTED,
    REJECTED,
    RULE_NAMES,
    RULES,
    SPECIAL_REPORT_TYPES,
    SUMMARY_REPORT_TYPES,
    Reason,
)

_SWITCHES = ("rejects_bad_quality", "leaves_out_summaries", "leaves_out_specials", "prefers_aviation")


def test_there_are_three_rules_and_routine_is_the_default() -> None:
    assert RULE_NAMES == ("unfiltered", "qc", "routine")
    assert DEFAULT_RULE == "routine"


def test_each_rule_leaves_out_all_that_the_one_before_leaves_out() -> None:
    switches = [[getattr(rule, name) for name in _SWITCHES] for rule in RULES]
    assert switches == [[False] * 4, [True, True, False, False], [True] * 4]


def test_every_reason_is_either_not_selected_or_rejected() -> None:
    assert sorted([*NOT_SELECTED, *REJECTED]) == sorted(Reason)
    assert set(NOT_SELECTED).isdisjoint(REJECTED)


def test_reasons_are_usable_as_column_names() -> None:
    assert all(reason.isidentifier() and reason.islower() for reason in Reason)


def test_the_families_of_report_types_do_not_overlap() -> None:
    families = [*AVIATION_REPORT_TYPES, *SUMMARY_REPORT_TYPES, *SPECIAL_REPORT_TYPES]
    assert len(families) == len(set(families))
    assert all(name == name.strip() for name in families)
    assert AVIATION_REPORT_TYPES[0] == "FM-15"


def test_suspect_and_erroneous_are_bad_and_letters_are_not() -> None:
    assert set(BAD_QUALITY_CODES) == {"2", "3", "6", "7"}


def test_the_records_of_the_earth_are_plausible() -> None:
    assert MIN_PLAUSIBLE_TENTHS <= -892  # Vostok, 1983
    assert MAX_PLAUSIBLE_TENTHS >= 567  # Furnace Creek, 1913
