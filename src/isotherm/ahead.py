"""Making the next part of something while the present one is used."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")


def one_ahead(make: Callable[[Part], Made], parts: Iterable[Part]) -> Iterator[Made]:
    """What is made of each part, in order; the next is made in a thread while one is used.

    Raises:
        Exception: what making a part raised, when its turn has come.
    """
    with ThreadPoolExecutor(1) as maker:
        coming: Future[Made] | None = None
        for part in parts:
            following = maker.submit(make, part)
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()
