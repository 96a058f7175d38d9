"""Finding station-years among the names of an archive's folders and files."""

import re
from collections.abc import Iterable
from typing import Final

from isotherm.archive.station_year import StationYear
from isotherm.datasets.dataset import Dataset, Form

_YEAR_NAME: Final = re.compile(r"^(?:17|18|19|20|21)\d\d$")
# Earlier and later than any year folder: a listing of everything.
FIRST_YEAR: Final = 1700
LAST_YEAR: Final = 2199


def years_among(names: Iterable[str], first_year: int, last_year: int) -> list[int]:
    """The years that have a folder among these names, sorted; both ends inclusive."""
    years = {int(name) for name in names if _YEAR_NAME.match(name)}
    return sorted(year for year in years if first_year <= year <= last_year)


def sizes_among(
    files: Iterable[tuple[str, int | None]], dataset: Dataset, year: int
) -> dict[StationYear, int | None]:
    """The station-years among these files, each with the bytes of the form that is asked for first.

    Args:
        files: path below the folder of the year, and bytes.
        dataset: whose files they are.
        year: of the folder.
    """
    by_form: list[dict[StationYear, int | None]] = [{} for _ in dataset.layout.forms]
    for path, size_bytes in files:
        folder, _, name = path.rpartition("/")
        for form, found in zip(dataset.layout.forms, by_form, strict=True):
            match = form.pattern.match(name) if folder == form.folder else None
            if match is not None:
                found[StationYear(match[1], year, dataset.name)] = size_bytes
    sizes: dict[StationYear, int | None] = {}
    for found in reversed(by_form):
        sizes |= found
    return sizes


def station_years_among(
    names: Iterable[str], dataset: Dataset, form: Form, year: int
) -> set[StationYear]:
    """The station-years that have a file of this form among these names."""
    matches = map(form.pattern.match, names)
    return {StationYear(match[1], year, dataset.name) for match in matches if match}
