"""The guard by columns gives what the guard one by one gives, and says what of it is to be written."""

from datetime import datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from isotherm.sink.batch import STORED_SCHEMA, UPDATED_AT, fold_batch
from isotherm.sink.decode import GUARD, KEY, RECORD, SCHEMA
from isotherm.sink.guard import fold
from isotherm.statistics.catalogue import REASON_COUNTS, STATISTIC_NAMES, STATISTICS
from isotherm.statistics.statistic import COUNT

HOUR = datetime(2014, 1, 1)  # noqa: DTZ001 - UTC without a zone, as MySQL holds it
SHOWN = ("observation_count", "min_tenths", "max_tenths", "sum_tenths")
Row = dict[str, object]


def row(
    hour: int, version: int, counting: int, bad: int, low: int, received: int, rule: str = "qc"
) -> Row:
    measured = {"min_tenths": low, "max_tenths": low + 1, "sum_tenths": low * counting}
    return {
        **dict.fromkeys(STATISTIC_NAMES),
        **{one.name: 0 for one in STATISTICS if one.unit == COUNT},
        "station_id": "01001099999",
        "rule": rule,
        "hour_start": HOUR + timedelta(hours=hour),
        "dataset": "ghcnh",
        "observation_count": counting,
        "bad_quality_count": bad,
        **(measured if counting else {}),
        "received": received,
        "version": version,
    }


few = st.integers(0, 3)
RULES = ("qc", "routine")
rows = st.lists(
    st.builds(row, few, few, few, few, few, st.integers(1, 2), st.sampled_from(RULES)), max_size=16
)


def record(
    hour: int, version: int, by_rule: dict[str, tuple[int, int, int]], received: int
) -> list[Row]:
    """One message: the rows of its rules."""
    return [row(hour, version, *values, received, rule) for rule, values in by_rule.items()]


of_rules = st.dictionaries(st.sampled_from(RULES), st.tuples(few, few, few), min_size=1)
records = st.lists(st.builds(record, few, few, of_rules, st.integers(1, 2)), max_size=16)


def key_of(one: Row) -> tuple[object, ...]:
    return tuple(one[name] for name in KEY)


class Standing:
    def __init__(self, one: Row) -> None:
        self.row = one
        self.version = int(str(one["version"]))
        self.accounted = sum(int(str(one[name])) for name in ("observation_count", *REASON_COUNTS))


@given(rows, records)
def test_columns_give_what_one_by_one_gives(stored: list[Row], sent: list[list[Row]]) -> None:
    arriving = [one for rows_of_record in sent for one in rows_of_record]
    standing = {key_of(one): one for one in stored}
    expected = fold(
        {key: Standing(one) for key, one in standing.items()},
        [(key_of(one), Standing(one)) for one in arriving],
    )
    accepted = {key: one.row for key, one in expected.accepted.items()}
    changed = {key: one for key, one in accepted.items() if standing.get(key) != one}

    outcome = fold_batch(
        pl.DataFrame([{**one, UPDATED_AT: "then"} for one in standing.values()], STORED_SCHEMA),
        pl.DataFrame(
            [{**one, RECORD: number} for number, found in enumerate(sent) for one in found], SCHEMA
        ).sort(*KEY, RECORD),
    )

    assert outcome.refused == expected.refused
    written = {key_of(one): one for one in outcome.written.to_dicts()}
    assert list(written) == sorted(changed, key=str)
    for key, one in written.items():
        old = standing.get(key)
        assert {name: one[name] for name in changed[key]} == changed[key]
        is_counted = None if old is None else bool(old["observation_count"])
        assert (one["is_new"], one["was_empty"], one["was_counting"]) == (
            old is None,
            is_counted is False,
            is_counted is True,
        )
        statistics_stay = old is not None and all(one[name] == old[name] for name in STATISTIC_NAMES)
        assert one[UPDATED_AT] == ("then" if statistics_stay else None)

    def shown(one: Row | None) -> object:
        return one and one["observation_count"] and tuple(one[name] for name in SHOWN)

    stays = {
        key
        for key, one in standing.items()
        if one["observation_count"]
        and any(key_of(other) == key for other in arriving)
        and shown(accepted.get(key, one)) == shown(one)
    }
    arrived = {key_of(one) for one in arriving}
    assert {key_of(one) for one in outcome.unchanged.to_dicts()} >= stays
    assert {key_of(one) for one in outcome.unchanged.to_dicts() if key_of(one) in arrived} == stays
    before = {key_of(one): shown(one) for one in outcome.before.to_dicts()}
    after = {key_of(one): shown(one) for one in outcome.after.to_dicts()}
    for key in arrived:
        old, new = standing.get(key), accepted.get(key) or standing.get(key)
        if shown(old) != shown(new) and (shown(old) or shown(new)):
            assert before.get(key) == (shown(old) or None)
            assert after.get(key) == (shown(new) or None)
        else:
            assert before.get(key) == after.get(key)


def test_a_row_is_kept_as_it_is_where_only_the_guards_numbers_grow() -> None:
    old, new = row(0, 1, 2, 0, 5, 1), row(0, 9, 2, 0, 5, 3)
    outcome = fold_batch(
        pl.DataFrame([{**old, UPDATED_AT: "then"}], STORED_SCHEMA),
        pl.DataFrame([{**new, RECORD: 0}], SCHEMA),
    )

    (written,) = outcome.written.to_dicts()
    assert (written[UPDATED_AT], *(written[name] for name in GUARD)) == ("then", 3, 9)
    assert outcome.before.is_empty()
    assert outcome.after.is_empty()
    assert outcome.unchanged.height == 1


def test_rules_of_one_message_stand_or_fall_apart() -> None:
    newer = row(0, 5, 3, 0, 7, 1, "routine")
    sent = (
        record(0, 2, dict.fromkeys(RULES, (1, 0, 4)), 1),
        record(0, 1, dict.fromkeys(RULES, (1, 0, 9)), 1),
    )
    outcome = fold_batch(
        pl.DataFrame([{**newer, UPDATED_AT: "then"}], STORED_SCHEMA),
        pl.DataFrame(
            [{**one, RECORD: number} for number, found in enumerate(sent) for one in found], SCHEMA
        ).sort(*KEY, RECORD),
    )

    assert outcome.written.select("rule", "version").rows() == [("qc", 2)]
    assert outcome.refused == 3
