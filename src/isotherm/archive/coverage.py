"""Coverage must not shrink: upstream sometimes withdraws data, and ours must not go with it."""

from datetime import datetime
from typing import Final

from isotherm.datasets.coverage import Coverage, coverage_of
from isotherm.errors import CoverageShrunkError

__all__ = ["Coverage", "check_coverage", "coverage_of"]

# NOAA's own revisions drop single rows (duplicates, mostly); a file that loses more is refused.
MAX_LOST_SHARE: Final = 0.01


def check_coverage(new: Coverage, known: Coverage, source_file: str) -> None:
    """Refuse a newer version that begins later, ends earlier, or has lost more than 1 % of its rows.

    Raises:
        CoverageShrunkError: it covers less; the older version should stay in service.
    """
    losses = []
    if known.row_count and (new.row_count or 0) < known.row_count * (1 - MAX_LOST_SHARE):
        losses.append(f"{new.row_count or 0} rows instead of {known.row_count}")
    if _is_beyond(known.last_observed_at, new.last_observed_at):
        losses.append(f"ends at {new.last_observed_at} instead of {known.last_observed_at}")
    if _is_beyond(new.first_observed_at, known.first_observed_at):
        losses.append(f"begins at {new.first_observed_at} instead of {known.first_observed_at}")
    if losses:
        raise CoverageShrunkError(
            f"{source_file}: the newer file covers less: {'; '.join(losses)}. The older one stays; "
            "if these rows were withdrawn on purpose, accept it by the DAG accept_shrunken_files."
        )


def _is_beyond(later: datetime | None, earlier: datetime | None) -> bool:
    return later is not None and earlier is not None and later > earlier
