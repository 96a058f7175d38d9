"""What a dataset says of itself without any engine; `facts` lists these, `dataset` adds the readers."""

from dataclasses import dataclass
from datetime import date, timedelta

from isotherm.quality import QualityRule


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """One publication of observations, without its readers.

    Attributes:
        name: as in every path, message and key; at most 16 lower-case letters, digits and hyphens.
        title: for people.
        priority: for a station-day that several datasets have, the lowest serves.
        publishing_delay: from an observation to its publication, usually.
        first_year: the oldest year there is.
        last_day: the newest day there will ever be, of a dataset that is frozen; else None.
        licence: what holds for its use, for people.
        quality: which observations are bad, which report types are what.
        checks_neighbours: whether reports unlike those before and after them are set aside: its files
            are known to hold reports of other places.
    """

    name: str
    title: str
    priority: int
    publishing_delay: timedelta
    first_year: int
    last_day: date | None
    licence: str
    quality: QualityRule
    checks_neighbours: bool
