"""Disorder changes when and how often rows come, never what they come to; and it is counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from isotherm.datasets.registry import dataset_named
from isotherm.errors import SettingsError
from isotherm.observation import KEY
from isotherm.stream.admission import Refusal, admit
from isotherm.stream.bridge import Batch, prepare
from isotherm.stream.disorder import DAMAGE, DAMAGES, DUE_AT, FED_SCHEMA, Disorder
from isotherm.stream.feeder import as_json
from isotherm.summarise import READING_COLUMNS, summarise
from made_up import admissible_observations

ALL = {"late": 0.1, "duplicated": 0.1, "shuffled": 0.2, "corrected": 0.1, "malformed": 0.05}
NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    made_up = admissible_observations(3, years=(2014,), count=3000)
    frame = pl.DataFrame(made_up, schema_overrides=dict(FED_SCHEMA), infer_schema_length=None)
    extra = (pl.col("observed_at").alias(DUE_AT), pl.lit(None, pl.String()).alias(DAMAGE))
    lines = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("source_line")
    return frame.with_columns(*extra, lines).select(FED_SCHEMA.names()).filter(dataset="global-hourly")


def in_order_due(disordered: pl.DataFrame) -> pl.DataFrame:
    return disordered.sort(DUE_AT, maintain_order=True)


def summaries(rows: pl.DataFrame) -> pl.DataFrame:
    quality = dataset_named("global-hourly").quality
    return summarise(rows.select(READING_COLUMNS).unique(), quality)


def test_hours_come_to_the_same_with_all_disorder_at_once(rows: pl.DataFrame) -> None:
    disordered, _ = Disorder(7, **ALL).apply(rows, "a file")
    good = disordered.filter(pl.col(DAMAGE).is_null())
    assert not in_order_due(good)["observed_at"].is_sorted()
    keys = ["station_id", "hour_start", "rule"]
    assert summaries(good).sort(keys).equals(summaries(rows).sort(keys))


def test_each_kind_is_counted_and_about_as_frequent_as_asked(rows: pl.DataFrame) -> None:
    disordered, counts = Disorder(7, **ALL).apply(rows, "a file")
    assert disordered.height == rows.height + sum(
        counts[kind] for kind in ("duplicated", "corrected", "malformed")
    )
    assert disordered[DAMAGE].count() == counts["malformed"]
    assert disordered.select(KEY).n_unique() == rows.select(KEY).n_unique()
    for kind, rate in ALL.items():
        assert 0.5 * rate < counts[kind] / rows.height < 1.5 * rate, kind
    delayed = disordered.filter(pl.col(DUE_AT) >= pl.col("observed_at") + timedelta(days=6))
    assert delayed.height >= counts["late"]


def test_the_same_seed_and_file_give_the_same_disorder_and_others_another(rows: pl.DataFrame) -> None:
    first, again = (Disorder(7, **ALL).apply(rows, "a file")[0] for _ in range(2))
    assert first.equals(again)
    assert not first.equals(Disorder(8, **ALL).apply(rows, "a file")[0])
    assert not first.equals(Disorder(7, **ALL).apply(rows, "another file")[0])


def test_an_older_version_differs_is_admitted_and_loses(rows: pl.DataFrame) -> None:
    disordered, counts = Disorder(1, corrected=0.5).apply(rows, "a file")
    older = disordered.slice(rows.height)
    both = older.join(rows, on="source_line", suffix="_own")
    assert older.height == counts["corrected"] > 300
    assert (both["air_temperature_tenths"] != both["air_temperature_tenths_own"]).all()
    assert (both["revision"] < both["revision_own"]).all()
    before = (older[DUE_AT] < older["observed_at"]).sum()
    assert 0 < before < older.height
    batch = Batch(feed_id="f", batch=1, observations=as_json(older))
    assert not prepare(batch, NOW).dead_letters


def test_every_damage_makes_a_dead_letter_of_its_own(rows: pl.DataFrame) -> None:
    disordered, counts = Disorder(1, malformed=0.2).apply(rows, "a file")
    assert set(disordered[DAMAGE].drop_nulls()) == set(DAMAGES)
    batch = Batch(feed_id="f", batch=1, observations=as_json(disordered))
    prepared = prepare(batch, NOW)
    assert len(prepared.observations) == rows.height
    assert len({one.key for one in prepared.dead_letters}) == counts["malformed"]
    assert isinstance(admit(b"null", NOW), Refusal)


@pytest.mark.parametrize(
    "values",
    [
        {"late": 0.1},
        {"seed": 1, "lat": 0.1},
        {"seed": "x"},
        {"seed": 1, "late": 2},
        {"seed": 1, "late": "a"},
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_accepted(values: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="Disorder"):
        Disorder.of(values)


def test_nothing_said_is_no_disorder() -> None:
    assert Disorder.of(None) is None
    assert Disorder.of({"seed": 3, "late": 0.1}) == Disorder(3, late=0.1)
