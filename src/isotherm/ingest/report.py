"""How a task's log reads in the Airflow UI: folded groups, one line per file, a table at the end.

Airflow's log view folds everything between `::group::title` and `::endgroup::`. A table is written
one log line per row, because the view numbers, filters and links lines.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

log = structlog.get_logger("isotherm.ingest")


@contextmanager
def folded(title: str) -> Iterator[None]:
    """Fold the lines written inside under a title; closed also when the work fails."""
    log.info(f"::group::{title}")
    try:
        yield
    finally:
        log.info("::endgroup::")


def format_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Lines of a table: header, rule, rows; numbers to the right with a space per thousand."""
    cells = [[_format_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    is_number = [
        all(isinstance(row[index], int | float) for row in rows) and bool(rows)
        for index in range(len(columns))
    ]

    def line(values: Sequence[str]) -> str:
        padded = (
            value.rjust(width) if right else value.ljust(width)
            for value, width, right in zip(values, widths, is_number, strict=True)
        )
        return "  ".join(padded).rstrip()

    return [line(columns), "  ".join("-" * width for width in widths), *map(line, cells)]


def write_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table to the log, under its title."""
    log.info(title)
    write_lines(format_table(columns, rows))


def write_lines(lines: Sequence[str]) -> None:
    """Write lines to the log, each a log line of its own."""
    for line in lines:
        log.info(line)


def _format_cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return "" if value is None else str(value)
    # A year has four digits and no thousands.
    return str(value) if abs(value) < 10_000 else f"{value:,}".replace(",", " ")
