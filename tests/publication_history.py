"""A station's files as an archive published them, one edition after the other.

From a record of what a daily mirror saw: how far each edition went, how many hours were new, gone and
changed. Which hours these were it does not say; here they are chosen so that the counts come out.
"""

import gzip
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ghcnh_rows import line, parquet_file, psv_file, row

ACCESS = "oa/global-historical-climatology-network/hourly/access/by-year"
PSV, PARQUET = "psv", "parquet"
_RECORD = re.compile(
    r"(?P<at>\S+) \S+ last (?P<last>\d{10}) (?:hours (?P<hours>\d+)|new (?P<new>\d+) "
    r"gone (?P<gone>\d+) changed (?P<changed>\d+)(?: oldest change (?P<oldest>\d{10}))?)\s*$"
)


@dataclass(frozen=True, slots=True)
class Publication:
    """What one edition was, compared with the one before; of the first, `new_count` is all it had.

    Attributes:
        last_hour: the newest hour of the edition, UTC.
        changed_from: the earliest hour whose value changed; the others follow it.
    """

    published_at: datetime
    last_hour: datetime
    new_count: int = 0
    gone_count: int = 0
    changed_count: int = 0
    changed_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """The hours of a station as of one publication: tenths of a degree by full UTC hour."""

    published_at: datetime
    tenths: Mapping[datetime, int]

    @property
    def years(self) -> list[int]:
        """Those with an hour."""
        return sorted({hour.year for hour in self.tenths})


def read_history(path: Path) -> list[Publication]:
    """The record of a mirror, as `publication_history_USW00094846.txt`."""
    lines = [one for one in path.read_text().splitlines() if one and not one.startswith("==")]
    return [_publication(one) for one in lines]


def read_hours(path: Path, first: datetime) -> dict[datetime, int]:
    """Hourly tenths of a series (`utc_hour,t_tenths,…`, gzipped), from an hour on."""
    rows = (one.split(",") for one in gzip.decompress(path.read_bytes()).decode().splitlines()[1:])
    hours = {datetime.fromisoformat(f"{hour}:00+00:00"): value for hour, value, *_ in rows}
    return {hour: int(value) for hour, value in hours.items() if value and hour >= first}


def editions(base: Mapping[datetime, int], history: Iterable[Publication]) -> list[Edition]:
    """The station at each publication.

    An hour that came late is one of the earliest that were missing; a value that changes rises by a
    tenth. What is gone comes back as it was, as it did in August 2026.

    Args:
        base: every hour there ever was, and its first value.
        history: in order of publication.
    """
    present: set[datetime] = set()
    revisions: dict[datetime, int] = {}
    made = []
    for one in history:
        missing = sorted(hour for hour in base if hour <= one.last_hour and hour not in present)
        gone = {hour for hour in present if hour > one.last_hour}
        kept = sorted(hour for hour in present if hour < one.last_hour)
        gone |= set(kept[len(kept) - max(0, one.gone_count - len(gone)) :])
        present -= gone
        changed = [hour for hour in sorted(present) if hour >= (one.changed_from or hour)]
        for hour in changed[: one.changed_count]:
            revisions[hour] = revisions.get(hour, 0) + 1
        present.update(missing[len(missing) - min(one.new_count, len(missing)) :])
        tenths = {hour: base[hour] + revisions.get(hour, 0) for hour in sorted(present)}
        made.append(Edition(one.published_at, tenths))
    return made


def file_of(station_id: str, year: int, edition: Edition, form: str = PSV) -> bytes:
    """The station-year of an edition as GHCNh publishes it."""
    cells = [
        {
            "STATION": station_id,
            "DATE": f"{hour:%Y-%m-%dT%H}:51:00",
            "temperature": f"{tenths / 10:.1f}",
        }
        for hour, tenths in edition.tenths.items()
        if hour.year == year
    ]
    if form == PARQUET:
        return parquet_file(*(row(**one) for one in cells))
    return psv_file(*(line(**one) for one in cells))


def publish(
    root: Path, station_id: str, edition: Edition, *, form: str = PSV, years: Sequence[int] = ()
) -> list[Path]:
    """Write an edition into a directory archive; the files that changed.

    A file whose content is the same stays as it is, with the time of its own publication.

    Args:
        root: of the archive, laid out as NOAA's site.
        station_id: 11 characters.
        edition: what is published.
        form: psv or parquet.
        years: only these; default: all the edition has.
    """
    written = []
    for year in years or edition.years:
        path = root / ACCESS / str(year) / form / f"GHCNh_{station_id}_{year}.{form}"
        content = file_of(station_id, year, edition, form)
        if path.exists() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (edition.published_at.timestamp(),) * 2)
        written.append(path)
    return written


def _publication(text: str) -> Publication:
    found = _RECORD.fullmatch(text)
    assert found, f"no publication: {text}"
    counts = {name: int(found[name] or 0) for name in ("hours", "new", "gone", "changed")}
    return Publication(
        datetime.fromisoformat(f"{found['at']}:00+00:00"),
        _hour(found["last"]),
        counts["hours"] + counts["new"],
        counts["gone"],
        counts["changed"],
        _hour(found["oldest"]) if found["oldest"] else None,
    )


def _hour(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H").replace(tzinfo=UTC)
