"""What the stream's Python workers are spared: looking for garbage among the modules they have loaded.

A worker collects garbage after every task (`pyspark.daemon`). With Polars and pyarrow loaded that takes
50 ms, and a micro-batch has four tasks of some 20 ms.
"""

import gc
from collections.abc import Iterator
from functools import cache

import pyarrow as pa

from isotherm.stream.arrow_steps import Step


def spared(name: str, step: Step) -> Step:
    """A step that, once it has been done in a worker, leaves what is loaded out of its collections.

    Args:
        name: of the step: each loads more when it is first done.
        step: what is to be done.
    """

    def done(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from step(batches)
        _freeze(name)

    return done


@cache
def _freeze(_name: str) -> None:
    """Once a name in a process; what is garbage goes before."""
    gc.collect()
    gc.freeze()
