"""The stream's state: readings go through it unchanged, and an older checkpoint's are still read."""

import numpy as np
import polars as pl
import pytest

from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.errors import RefusedError, StoreError
from isotherm.statistics.catalogue import MEASURED_COLUMNS
from isotherm.stream.packets import pack, unpack
from isotherm.stream.stream_failure import failure_of
from isotherm.summarise import READING_COLUMNS
from made_up import admissible_observations

OLD_RECORD = np.dtype(
    [
        *((name, "<i8") for name in ("observed_at", "revision")),
        *((name, "<i4") for name in ("air_temperature_tenths", "dew_point_tenths")),
        *(("version", "<i8"), ("received", "<i4")),
    ]
)
OLD_MEASURED = ("air_temperature_tenths", "dew_point_tenths")
ROWS = pl.DataFrame(admissible_observations(3), schema=POLARS_SCHEMA)


def packets_of(readings: pl.DataFrame, batch: int = 0) -> pl.DataFrame:
    offsets = pl.Series("version", range(readings.height), pl.Int64)
    columns = readings.select(*READING_COLUMNS, "dataset").with_columns(offsets)
    return pl.DataFrame(pl.from_arrow(pack(columns, batch)))


def days_of(packets: pl.DataFrame) -> pl.DataFrame:
    return packets.select("station_id", packets=pl.concat_list(pl.struct("batch", "numbers", "texts")))


def unpacked(packets: pl.DataFrame) -> pl.DataFrame:
    return unpack(days_of(packets)).sort("version").select(READING_COLUMNS)


def in_old_form(packets: pl.DataFrame) -> pl.DataFrame:
    """As the first version wrote them: written out by hand, from what today's hold."""
    numbers = [old_packet(packets[row]) for row in range(packets.height)]
    return without_form(packets).with_columns(pl.Series("numbers", numbers))


def without_form(packets: pl.DataFrame) -> pl.DataFrame:
    """As versions wrote them that did not name their form: the micro-batch's number alone."""
    return packets.with_columns(pl.col("batch") % 2**40)


def old_packet(packet: pl.DataFrame) -> bytes:
    rows = unpack(days_of(packet))
    held = rows.with_columns(
        pl.col("observed_at").to_physical(), pl.col(OLD_MEASURED).fill_null(-(2**31))
    )
    return np.array(held.select(OLD_RECORD.names).rows(), OLD_RECORD).tobytes()


def test_readings_come_out_as_they_went_in() -> None:
    wanted = ROWS.select(READING_COLUMNS)
    found = unpacked(packets_of(ROWS)).sort(READING_COLUMNS)
    assert found.equals(wanted.unique().sort(READING_COLUMNS))


def test_what_an_older_checkpoint_holds_is_read_and_tells_nothing_of_wind_and_pressure() -> None:
    packets = packets_of(ROWS)
    before = [name for name in READING_COLUMNS if name not in MEASURED_COLUMNS or name in OLD_MEASURED]
    found, now = unpacked(in_old_form(packets)), unpacked(packets)
    assert found.select(before).equals(now.select(before))
    added = [name for name in MEASURED_COLUMNS if name not in OLD_MEASURED]
    assert found.select(pl.col(added).is_null().all()).row(0) == (True,) * len(added)
    # A day that was begun before the upgrade and goes on after it.
    mixed = pl.concat([in_old_form(packets[:2]), packets[2:]])
    assert unpacked(mixed).select(before).equals(now.select(before))


def test_what_does_not_name_its_form_is_read_by_its_length() -> None:
    packets = packets_of(ROWS)
    assert unpacked(without_form(packets)).equals(unpacked(packets))


def test_the_newest_batch_is_told_among_packets_with_and_without_a_form() -> None:
    before, after = without_form(packets_of(ROWS, batch=7)), packets_of(ROWS[:1], batch=8)
    days = pl.concat([before.filter(pl.col("station_id") == after["station_id"][0]), after])
    rows = unpack(days.group_by("station_id").agg(packets=pl.struct("batch", "numbers", "texts")))
    assert rows["new"].sum() == 1


def test_a_state_of_no_known_length_is_refused_and_the_query_says_what_to_do() -> None:
    damaged = packets_of(ROWS).with_columns(pl.col("numbers").bin.slice(1))
    with pytest.raises(StoreError, match="bytes for") as refused:
        unpacked(damaged)
    assert isinstance(failure_of(f"PythonException: {refused.value}", "file:/c"), RefusedError)


def test_a_state_of_the_same_length_that_another_version_wrote_is_refused_and_not_misread() -> None:
    # Two columns have changed places: the bytes look like today's.
    foreign = packets_of(ROWS).with_columns(pl.col("batch") + 2**40)
    with pytest.raises(StoreError, match="another version of Isotherm wrote it"):
        unpacked(foreign)
