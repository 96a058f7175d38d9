"""What is wrong with real files, to be had in made-up ones: each trap can be switched, all are seeded.

`MILD` is what an archive has on any day and a run must get over without a word; what makes a run
refuse or read again has to be asked for. docs/simulated_archive.md lists them with where they were met.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from random import Random
from typing import Final, Self

from isotherm.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Traps:
    """Which traps there are; where they strike follows from `seed`, station and day.

    Attributes:
        seed: another one strikes elsewhere.
        missing_temperatures: routine reports without one.
        suspect_values: values far off with a code that says so.
        lettered_quality: codes that are letters.
        specials: several reports an hour in bad weather, colder than it was.
        repeated_synops: FM-12 on the hour that repeats the METAR of nine minutes before.
        days_absent: whole days without a report, weeks out of service, three-hourly from August on.
        corrections: global-hourly: the same report twice, the later one right.
        day_summaries: global-hourly: SOD and SOM rows, at local midnight.
        beyond_limits: global-hourly: hotter than the format allows, marked good.
        midnight_as_24: global-hourly: 24:00:00 in a file typed from paper.
        repeated_rows: global-hourly: rows twice, letter by letter.
        odd_remarks: GHCNh: quotes in REM, or nothing but SYN004BUFR.
        compound_quality: GHCNh: `1;` and `5;5` in the columns of the sky.
        removed_by_source: GHCNh: code 5 of source 223, which removes the value.
        rows_without_temperature: GHCNh: rain every five minutes, nothing else.
        unknown_sources: GHCNh: 412 and 413, in no list of sources, without quality codes.
        half_hourly_specials: GHCNh: a METAR at :21 that is called FM16.
        foreign_reports: GHCNh: a ship's report under the station's number.
        bad_values_pass: GHCNh: 65 to 220 degrees with a good code.
        parquet_without_station: GHCNh: Parquet without id, name and position.
        date_as_timestamp: GHCNh: Parquet whose DATE is no text.
        old_layout: GHCNh: files as v1.0.1 had them, of years before 2024.
        future_rows: GHCNh: rows days ahead of the clock.
        shrunken_files: GHCNh: on some days a file has lost its last third, the next day it is back.
        revised_past: GHCNh: from 11 July on last year's values are others here and there.
        republished_sources: GHCNh: a month later the same minute is another source's.
    """

    seed: int = 0
    missing_temperatures: bool = True
    suspect_values: bool = True
    lettered_quality: bool = True
    specials: bool = True
    repeated_synops: bool = True
    days_absent: bool = True
    corrections: bool = True
    day_summaries: bool = True
    beyond_limits: bool = True
    midnight_as_24: bool = False
    repeated_rows: bool = False
    odd_remarks: bool = True
    compound_quality: bool = True
    removed_by_source: bool = True
    rows_without_temperature: bool = True
    unknown_sources: bool = True
    half_hourly_specials: bool = True
    foreign_reports: bool = True
    bad_values_pass: bool = True
    parquet_without_station: bool = True
    date_as_timestamp: bool = True
    old_layout: bool = False
    future_rows: bool = False
    shrunken_files: bool = False
    revised_past: bool = False
    republished_sources: bool = False

    @classmethod
    def named(cls, names: Iterable[str], seed: int = 0) -> Self:
        """Those of these names and no others; `mild` stands for the usual ones, `all` for all.

        Raises:
            SettingsError: there is no such trap.
        """
        chosen = set(names)
        usual = {one.name for one in fields(cls) if one.default is True}
        known = set(TRAP_NAMES)
        if "all" in chosen:
            chosen = (chosen - {"all"}) | known
        if "mild" in chosen:
            chosen = (chosen - {"mild"}) | usual
        if wrong := sorted(chosen - known):
            raise SettingsError(f"No trap {', '.join(wrong)}. There are: {', '.join(TRAP_NAMES)}.")
        return cls(seed, **{name: name in chosen for name in TRAP_NAMES})

    def chance(self, *what: object) -> Random:
        """Numbers that are the same on every machine for the same place and purpose."""
        return Random(f"{self.seed} {' '.join(map(str, what))}")  # noqa: S311 - repeatable is the point


TRAP_NAMES: Final = tuple(one.name for one in fields(Traps) if one.name != "seed")
MILD: Final = Traps()
NO_TRAPS: Final = Traps.named(())
