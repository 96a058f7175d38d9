"""A lane: one set of topics, tables and folders that the speed layer's programs work in.

Production is one. Another one is the same programs on the same servers, with names of its own for all
that they write, so that nothing of production is touched: `Settings.in_lane` puts its folders, sockets,
checkpoints and database in their places, `topic` names its topics.
"""

import argparse
from dataclasses import dataclass
from typing import Final

_PREFIX: Final = "isotherm."


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane.

    Attributes:
        name: what its folders, its database and its topics have in theirs; empty = production.
    """

    name: str

    def topic(self, name: str) -> str:
        """This lane's topic for what production's topic of that name holds."""
        return f"{_PREFIX}{self.name}.{name.removeprefix(_PREFIX)}" if self.name else name

    def file(self, name: str) -> str:
        """This lane's file in a folder that the lanes share."""
        return f"{self.name}-{name}" if self.name else name

    def group(self, name: str) -> str:
        """This lane's consumer group for what production's does."""
        return f"{name}-{self.name}" if self.name else name


PRODUCTION: Final = Lane("")
RECONCILE: Final = Lane("reconcile")
_LANES: Final = {one.name: one for one in (PRODUCTION, RECONCILE)}


def add_argument(parser: argparse.ArgumentParser) -> None:
    """The programs' argument `--lane`, read as a `Lane`."""
    names = ", ".join(name for name in _LANES if name)
    parser.add_argument(
        "--lane", type=_named, default=PRODUCTION, help=f"none is production's; {names}"
    )


def arguments(lane: Lane) -> list[str]:
    """The command line of a program in this lane."""
    return ["--lane", lane.name] if lane.name else []


def _named(name: str) -> Lane:
    if name not in _LANES:
        raise argparse.ArgumentTypeError(f"there is no lane {name!r}")
    return _LANES[name]
