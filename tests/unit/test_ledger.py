"""The ledger's arithmetic: each observation in one column, no loss hidden by a double."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from isotherm.audit.ledger import (
    LedgerLine,
    account,
    balance_of,
    count_keys_by_hour,
    lines_of,
    with_dead_letters,
)
from isotherm.hourly_summary import REASON_COUNTS
from isotherm.quality import RULE_NAMES

DAY = datetime(1901, 1, 1)  # noqa: DTZ001  (MySQL's DATETIME has no zone)
HOUR = DAY + timedelta(hours=6)
NEXT_HOUR = DAY + timedelta(hours=7)


def observations(*rows: tuple[int, str | None, str | None]) -> pl.DataFrame:
    """(minute after 06:00, report type, source) of one station."""
    return pl.DataFrame(
        [
            (
                "02907099999",
                "global-hourly",
                datetime(1901, 1, 1, 6 + m // 60, m % 60, tzinfo=UTC),
                t,
                s,
            )
            for m, t, s in rows
        ],
        schema={
            "station_id": pl.String,
            "dataset": pl.String,
            "observed_at": pl.Datetime("us", "UTC"),
            "report_type": pl.String,
            "source": pl.String,
        },
        orient="row",
    )


def stored(hour: datetime, counted: int, received: int | None = None, **reasons: int) -> pl.DataFrame:
    """The same row under every rule."""
    return pl.DataFrame(
        [
            {
                "station_id": "02907099999",
                "dataset": "global-hourly",
                "hour_start": hour,
                "rule": rule,
                "received": received,
                "observation_count": counted,
                **{name: reasons.get(name, 0) for name in REASON_COUNTS},
            }
            for rule in RULE_NAMES
        ],
        schema_overrides={"hour_start": pl.Datetime("us"), "received": pl.Int64},
    )


def line(expected: pl.DataFrame, found: pl.DataFrame, dead_lettered: int = 0) -> LedgerLine:
    return with_dead_letters(lines_of("speed", account(expected, found)), dead_lettered)[-1]


def test_a_resend_and_an_older_revision_are_deliveries_of_one_key() -> None:
    keys = count_keys_by_hour(observations((0, "FM-12", "4"), (0, "FM-12", "4"), (0, "FM-15", "4")))
    assert keys.select("hour_start", "keys", "deliveries").row(0) == (HOUR, 2, 3)


def test_a_missing_report_type_is_a_key_of_its_own() -> None:
    keys = count_keys_by_hour(observations((0, None, "4"), (0, "FM-12", None), (0, None, "4")))
    assert keys["keys"].to_list() == [2]


def test_what_is_counted_or_left_out_for_a_reason_balances() -> None:
    expected = count_keys_by_hour(observations(*[(minute, "FM-12", "4") for minute in range(4)]))
    result = line(expected, stored(HOUR, 1, missing_count=1, bad_quality_count=1, superseded_count=1))
    assert result.is_balanced
    assert (result.fed, result.counted, result.not_selected, result.rejected, result.superseded) == (
        4, 1, 1, 1, 1,
    )  # fmt: skip


def test_a_double_in_one_hour_does_not_hide_a_loss_in_another() -> None:
    expected = count_keys_by_hour(observations((0, "A", "4"), (1, "A", "4"), (60, "A", "4")))
    result = line(expected, pl.concat([stored(HOUR, 1), stored(NEXT_HOUR, 2)]))
    assert (result.lost, result.doubled, result.is_balanced) == (1, 1, False)


def test_an_hour_that_nobody_fed_counts_as_doubled() -> None:
    expected = count_keys_by_hour(observations((0, "A", "4")))
    result = line(expected, pl.concat([stored(HOUR, 1), stored(NEXT_HOUR, 3)]))
    assert (result.lost, result.doubled) == (0, 3)


def test_an_hour_that_is_not_stored_at_all_is_lost() -> None:
    expected = count_keys_by_hour(observations((0, "A", "4"), (60, "A", "4")))
    assert line(expected, stored(HOUR, 1)).lost == 1


@pytest.mark.parametrize(("received", "late", "lost"), [(1, 1, 0), (2, 0, 1)])
def test_only_what_the_stream_never_received_is_late(received: int, late: int, lost: int) -> None:
    expected = count_keys_by_hour(observations((0, "A", "4"), (1, "A", "4")))
    result = line(expected, stored(HOUR, 1, received))
    assert (result.late, result.lost) == (late, lost)


def test_dead_letters_are_fed_and_accounted_for() -> None:
    expected = count_keys_by_hour(observations((0, "A", "4")))
    result = line(expected, stored(HOUR, 1), dead_lettered=2)
    assert (result.fed, result.dead_lettered, result.is_balanced) == (3, 2, True)


def test_a_check_that_compared_nothing_does_not_read_as_balanced() -> None:
    nothing = count_keys_by_hour(observations())
    assert not line(nothing, stored(HOUR, 1).clear()).is_balanced


@pytest.mark.parametrize(
    ("fed", "lost", "doubled", "expected"),
    [(0, 0, 0, None), (0, 0, 1, False), (2, 1, 0, False), (2, 0, 1, False), (2, 0, 0, True)],
)
def test_an_account_balances_or_not_or_there_was_nothing_to_compare(
    fed: int, lost: int, doubled: int, expected: bool | None
) -> None:
    assert balance_of(fed=fed, lost=lost, doubled=doubled) is expected
