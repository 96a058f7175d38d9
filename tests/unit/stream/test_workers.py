"""What a worker has loaded is left out of its garbage collections, and its steps do what they did."""

import gc
from collections.abc import Iterator

import pyarrow as pa

from isotherm.stream.workers import spared

BATCHES = [pa.record_batch([pa.array([number])], names=["number"]) for number in range(3)]


def doubled(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield pa.record_batch([pa.array([2 * batch["number"][0].as_py()])], names=["number"])


def test_what_is_loaded_is_spared_once_a_step_has_been_done() -> None:
    step = spared("of this test", doubled)
    try:
        gc.unfreeze()
        assert [one["number"][0].as_py() for one in step(iter(BATCHES))] == [0, 2, 4]
        frozen = gc.get_freeze_count()
        assert frozen > 10_000
        # Not again: what a step leaves behind later is for the collector.
        kept = [[number] for number in range(1000)]
        assert len(list(step(iter(BATCHES)))) == 3
        assert gc.get_freeze_count() <= frozen
        assert len(kept) == 1000
        assert list(spared("another of this test", doubled)(iter([]))) == []
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
