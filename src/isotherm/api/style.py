"""How the rows of a series are given: in which units, and by which clock."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from isotherm.api.units import DEFAULT_UNITS, UnitsName
from isotherm.api.zones import UTC_NAME


@dataclass(frozen=True, slots=True)
class Style:
    """How rows are given.

    Attributes:
        units: whose names the fields end with.
        zone: in whose time hours and the beginnings of longer periods are printed; None: UTC.
    """

    units: UnitsName = DEFAULT_UNITS
    zone: ZoneInfo | None = None

    @property
    def time_zone(self) -> str:
        """The zone's name."""
        return UTC_NAME if self.zone is None else self.zone.key

    @property
    def words(self) -> list[str]:
        """What is not as usual, for the name of a file."""
        units: list[str] = [] if self.units == DEFAULT_UNITS else [self.units]
        return units if self.zone is None else [*units, self.time_zone.replace("/", "_")]


DEFAULT_STYLE: Final = Style()
