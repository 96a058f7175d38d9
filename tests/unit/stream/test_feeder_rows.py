"""Rows of a year on disk: the same order whatever the parts, a resumed feed reads what is left."""

import weakref
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from isotherm.stream import feeder_rows
from isotherm.stream.disorder import DAMAGE, DUE_AT, FED_SCHEMA
from isotherm.stream.feeder_rows import SET_ASIDE, RowStore, RowWriter

START = datetime(1969, 12, 31, 20, tzinfo=UTC)  # hours before 1970 are numbers below 0


def rows_of(station_id: str, count: int, step_minutes: int) -> pl.DataFrame:
    times = [START + timedelta(minutes=step_minutes * number) for number in range(count)]
    frame = pl.DataFrame(
        {"station_id": [station_id] * count, "observed_at": times, "source_line": range(count)}
    )
    missing = [
        pl.lit(None, kind).alias(name)
        for name, kind in FED_SCHEMA.items()
        if name not in (*frame.columns, DUE_AT, DAMAGE)
    ]
    extra = (pl.col("observed_at").alias(DUE_AT), pl.lit(None, pl.String()).alias(DAMAGE))
    return frame.with_columns(*missing, *extra).select(FED_SCHEMA.names()).cast(FED_SCHEMA)


def aside(count: int) -> pl.DataFrame:
    lines = {"source_line": range(count), "reason": ["future"] * count, "payload": ["x"] * count}
    return pl.DataFrame(lines | {"source_file": ["f"] * count}, schema=SET_ASIDE)


def test_few_rows_of_many_files_do_not_hold_all_the_files(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path / "rows")
    names = [f"{number:011d}" for number in range(3 * feeder_rows._RUN_FILES)]
    held = []
    for name in names:
        rows = rows_of(name, 2, 30)
        held.append(weakref.ref(rows))
        writer.add(rows, aside(0), 2, {})
        del rows
        assert sum(one() is not None for one in held) < feeder_rows._RUN_FILES
    found = pl.concat([part for _, part in writer.finish("digest").parts(0)])
    assert found.select(DUE_AT, "station_id").rows() == sorted(
        (START + timedelta(minutes=minute), name) for name in names for minute in (0, 30)
    )


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RowStore:
    """Five files in runs of a hundred rows and parts of fifty."""
    for name, size in (("_RUN_ROWS", 100), ("_PART_ROWS", 50), ("_PIECE_ROWS", 10)):
        monkeypatch.setattr(feeder_rows, name, size)
    writer = RowWriter(tmp_path / "rows")
    for number in range(5):
        writer.add(rows_of(f"{number:011d}", 80, 7 + number), aside(number), 80, {"late": number})
    return writer.finish("digest")


def test_all_rows_come_in_order_of_time_across_files_and_hours_stay_whole(store: RowStore) -> None:
    parts = list(store.parts(0))
    rows = pl.concat([part for _, part in parts])
    assert len(parts) > 5
    assert rows.height == store.counts.rows == 400
    assert rows.equals(rows.sort(DUE_AT, "station_id", "source_line"))
    assert [first for first, _ in parts] == [0, *pl.Series([p.height for _, p in parts]).cum_sum()[:-1]]
    hours = [set(part[DUE_AT].dt.truncate("1h")) for _, part in parts]
    assert sum(map(len, hours)) == len(set.union(*hours))
    assert (store.counts.distinct_keys, store.counts.injected) == (400, {"late": 10})


def test_a_resumed_feed_reads_the_part_it_was_in_and_those_after_it(store: RowStore) -> None:
    whole = list(store.parts(0))
    first, part = whole[3]
    resumed = list(store.parts(first + part.height - 1))
    assert [begin for begin, _ in resumed] == [begin for begin, _ in whole[3:]]
    assert resumed[0][1].equals(part)
    assert not list(store.parts(store.counts.rows))


def test_what_was_set_aside_goes_on_where_it_was(store: RowStore) -> None:
    assert store.counts.set_aside == 10
    assert sum(one.height for one in store.set_aside(0)) == 10
    assert sum(one.height for one in store.set_aside(7)) == 3


def test_rows_on_disk_are_used_again_only_where_they_are_whole_and_of_the_same_files(
    store: RowStore, tmp_path: Path
) -> None:
    found = RowStore.find(tmp_path / "rows", "digest")
    assert found is not None
    assert found.counts == store.counts
    assert RowStore.find(tmp_path / "rows", "other files") is None
    cut = max((tmp_path / "rows").glob("run-*.parquet"))
    content = cut.read_bytes()
    cut.write_bytes(content[:-1])
    assert RowStore.find(tmp_path / "rows", "digest") is None
    cut.write_bytes(content)
    assert RowStore.find(tmp_path / "rows", "digest") is not None
    (tmp_path / "rows" / "whole.json").unlink()
    assert RowStore.find(tmp_path / "rows", "digest") is None
    store.remove()
    assert not (tmp_path / "rows").exists()


def test_a_file_without_a_row_in_the_period_is_no_hindrance(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path / "rows")
    writer.add(rows_of("0" * 11, 0, 7), aside(0), 0, {})
    store = writer.finish("digest")
    assert not list(store.parts(0))
    assert store.counts.rows == 0
