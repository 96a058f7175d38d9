"""The selection rules as data: each stricter than the one before, every reason with one meaning."""

import pytest

from isotherm.datasets.registry import DATASETS
from isotherm.quality import (
    DEFAULT_RULE,
    NOT_SELECTED,
    REJECTED,
    RULE_NAMES,
    RULES,
    QualityRule,
    Reason,
)

each_dataset = pytest.mark.parametrize("quality", [one.quality for one in DATASETS])
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


@each_dataset
def test_the_families_of_report_types_do_not_overlap(quality: QualityRule) -> None:
    families = [
        *quality.aviation_report_types,
        *quality.summary_report_types,
        *quality.special_report_types,
    ]
    assert len(families) == len(set(families))
    assert all(name == name.strip() for name in families)


@each_dataset
def test_the_records_of_the_earth_are_plausible(quality: QualityRule) -> None:
    assert quality.min_plausible_tenths <= -892  # Vostok, 1983
    assert quality.max_plausible_tenths >= 567  # Furnace Creek, 1913


def test_in_global_hourly_suspect_and_erroneous_are_bad_and_metar_is_preferred() -> None:
    quality = next(one.quality for one in DATASETS if one.name == "global-hourly")
    assert set(quality.bad_codes) == {"2", "3", "6", "7"}
    assert quality.aviation_report_types[0] == "FM-15"
    assert (quality.min_plausible_tenths, quality.max_plausible_tenths) == (-932, 618)
