"""The stream's state: readings go through it unchanged, and an older checkpoint's are still read."""

import numpy as np
import polars as pl
import pytest

from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.errors import StoreError
from isotherm.statistics.catalogue import MEASURED_COLUMNS
from isotherm.stream.packets import pack, unpack
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
    offsets = pl.Series("offset", range(readings.height), pl.Int64)
    columns = readings.select(*READING_COLUMNS, "dataset").with_columns(offsets)
    return pl.DataFrame(pl.from_arrow(pack(columns, batch)))


def days_of(packets: pl.DataFrame) -> pl.DataFrame:
    return packets.select("station_id", packets=pl.concat_list(pl.struct("batch", "numbers", "texts")))


def unpacked(packets: pl.DataFrame) -> pl.DataFrame:
    return unpack(days_of(packets)).sort("version").select(READING_COLUMNS)


def in_old_form(packets: pl.DataFrame) -> pl.DataFrame:
    """As the first version wrote them: written out by hand, from what today's hold."""
    numbers = [old_packet(packets[row]) for row in range(packets.height)]
    return packets.with_columns(pl.Series("numbers", numbers))


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


def test_a_state_in_no_known_form_is_refused_with_what_to_do() -> None:
    damaged = packets_of(ROWS).with_columns(pl.col("numbers").bin.slice(1))
    with pytest.raises(StoreError, match="stream its period again"):
        unpacked(damaged)
