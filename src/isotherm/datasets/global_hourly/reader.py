"""One global-hourly CSV file (a station-year) as canonical observations, a column at a time.

Columns are taken by name: a file has 24 to 84 of them and only the first 16 are always the same.
Nothing is selected here. A row whose temperature cannot be read, or with another number of cells than
the header, stays as a row with `malformed` saying why; one whose time or station cannot be read has no
key and goes to `rejected` with its raw text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from isotherm.datasets.dataset import ParsedFile
from isotherm.datasets.global_hourly import NAME
from isotherm.datasets.global_hourly.cells import OddRecord, Records, read_records
from isotherm.datasets.global_hourly.csv_records import (
    OPTIONAL_COLUMNS,
    REQUIRED_COLUMNS,
    decompress,
    read_header,
)
from isotherm.datasets.global_hourly.elements import ELEMENTS, read_numbers, read_temperatures
from isotherm.datasets.global_hourly.keys import (
    NO_CELLS,
    Keys,
    by_distinct_value,
    careful_key,
    read_keys,
    trimmed_code,
)
from isotherm.datasets.schema import KEY_SCHEMA, POLARS_SCHEMA, REJECTED_SCHEMA
from isotherm.observation import revision_of


@dataclass(frozen=True, slots=True)
class _Origin:
    """What all observations of a file have in common; `published_at` in whole seconds, UTC."""

    published_at: datetime
    source_file: str

    @property
    def columns(self) -> dict[str, pl.Expr]:
        """The columns that follow from it and from `source_line`."""
        first_revision = revision_of(int(self.published_at.timestamp()), 0)
        return {
            "dataset": pl.lit(NAME),
            "published_at": pl.lit(self.published_at, pl.Datetime("us", "UTC")),
            "source_file": pl.lit(self.source_file),
            # The same as `revision_of`, a column at a time.
            "revision": pl.lit(first_revision, pl.Int64) + pl.col("source_line").cast(pl.Int64),
        }


def parse_observations(content: bytes, *, published_at: datetime, source_file: str) -> ParsedFile:
    """Read a global-hourly file, plain or gzipped.

    Dew point, pressure and wind are null when missing, unreadable, outside the format's limits, or
    called suspect or erroneous by NOAA: they have no quality column of their own.

    Args:
        content: the file as downloaded.
        published_at: its Last-Modified, else its download time; with a zone.
        source_file: its name, for provenance and messages.

    Raises:
        SourceError: it is no global-hourly file at all (empty, web page, columns missing, cut gzip).
    """
    plain = decompress(content, source_file)
    names = read_header(plain, source_file)
    records = read_records(plain, names, (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS))
    origin = _Origin(published_at.astimezone(UTC).replace(microsecond=0), source_file)
    keys = read_keys(records)
    problems = keys.problems | _odd_problems(records.odd, names)
    payloads = records.raw_texts(plain, problems) if problems else []
    good = records.take(keys.is_good) if keys.problems else records
    observations = _observations(good, keys.good(), origin)
    if records.odd:
        odd = _odd_observations(records.odd, names, origin)
        observations = pl.concat([observations, odd]).sort("source_line")
    return ParsedFile(observations, _rejected(problems, payloads, source_file))


def read_file_keys(content: bytes, source_file: str) -> pl.DataFrame:
    """Station and time of each observation of a file (`KEY_SCHEMA`), which is all its coverage needs.

    Raises:
        SourceError: it is no global-hourly file at all.
    """
    plain = decompress(content, source_file)
    names = read_header(plain, source_file)
    records = read_records(plain, names, ("STATION", "DATE"))
    keys = read_keys(records).good()
    columns = {"station_id": keys.stations, "observed_at": pl.Series(keys.moments, dtype=pl.Int64)}
    regular = pl.DataFrame(columns).cast(KEY_SCHEMA)
    odd = [key for _, _, key in _odd_keys(records.odd, names) if not isinstance(key, str)]
    return pl.concat([regular, pl.DataFrame(odd, schema=KEY_SCHEMA, orient="row")])


def _observations(records: Records, keys: Keys, origin: _Origin) -> pl.DataFrame:
    """Of regular records that have a key."""
    temperatures = read_temperatures(records.columns["TMP"])
    columns = {
        "station_id": keys.stations,
        "observed_at": pl.Series(keys.moments, dtype=pl.Int64),
        "air_temperature_tenths": temperatures.tenths,
        "quality_code": temperatures.codes,
        "report_type": by_distinct_value(records.columns["REPORT_TYPE"], trimmed_code, pl.String()),
        "source": by_distinct_value(records.columns["SOURCE"], trimmed_code, pl.String()),
        "source_line": pl.Series(records.lines),
    }
    for element in ELEMENTS:
        if element.column in records.columns:
            columns |= read_numbers(element, records.columns[element.column])
    observations = _complete(pl.DataFrame(columns), origin)
    if temperatures.malformed:
        rows, texts = list(temperatures.malformed), list(temperatures.malformed.values())
        malformed = observations["malformed"].scatter(rows, texts)
        observations = observations.with_columns(malformed)
    return observations


def _complete(rows: pl.DataFrame, origin: _Origin) -> pl.DataFrame:
    """The canonical columns: those of the rows, those of the file, null for the rest."""
    of_file = origin.columns
    expressions = (
        of_file[name] if name in of_file else pl.col(name) if name in rows.columns else pl.lit(None)
        for name in POLARS_SCHEMA
    )
    names_and_types = POLARS_SCHEMA.items()
    return rows.select(
        expression.cast(dtype).alias(name)
        for expression, (name, dtype) in zip(expressions, names_and_types, strict=True)
    )


def _odd_keys(
    odd: Sequence[OddRecord], names: Sequence[str]
) -> Iterator[tuple[OddRecord, dict[str, str], tuple[str, datetime] | str]]:
    """Each odd record, its cells by name as far as they reach, and its key or why it has none."""
    for one in odd:
        # Where a name repeats the first column of it counts.
        cells = dict(reversed(list(zip(names, one.cells, strict=False))))
        key = careful_key(cells.get("STATION", ""), cells.get("DATE", ""))
        yield one, cells, key if one.cells else NO_CELLS


def _odd_problems(odd: Sequence[OddRecord], names: Sequence[str]) -> dict[int, str]:
    return {one.line: key for one, _, key in _odd_keys(odd, names) if isinstance(key, str)}


def _odd_observations(odd: Sequence[OddRecord], names: Sequence[str], origin: _Origin) -> pl.DataFrame:
    """The odd records that have a key: malformed, since a value may stand under another's name."""
    rows = [
        {
            "station_id": key[0],
            "observed_at": key[1],
            "report_type": trimmed_code(cells.get("REPORT_TYPE", "")),
            "source": trimmed_code(cells.get("SOURCE", "")),
            "source_line": one.line,
            "malformed": f"{len(one.cells)} cells where the header has {len(names)}",
        }
        for one, cells, key in _odd_keys(odd, names)
        if not isinstance(key, str)
    ]
    own = ("station_id", "observed_at", "report_type", "source", "source_line", "malformed")
    return _complete(pl.DataFrame(rows, schema={name: POLARS_SCHEMA[name] for name in own}), origin)


def _rejected(problems: dict[int, str], payloads: list[str], source_file: str) -> pl.DataFrame:
    """Rows without a key, in the order of the file; blank lines are none."""
    rows = [
        (source_file, line, reason, payload)
        for (line, reason), payload in zip(sorted(problems.items()), payloads, strict=True)
        if payload.strip()
    ]
    return pl.DataFrame(rows, schema=REJECTED_SCHEMA, orient="row")
