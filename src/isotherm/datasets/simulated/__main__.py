"""`python -m isotherm.datasets.simulated DIRECTORY`: write an archive of simulated station-years."""

import argparse
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from isotherm.datasets.global_hourly import NAME as GLOBAL_HOURLY
from isotherm.datasets.simulated.archive_files import write_archive
from isotherm.datasets.simulated.ghcnh_files import PARQUET, PSV
from isotherm.datasets.simulated.station_years import SIMULATED_DATASETS
from isotherm.datasets.simulated.stations import FIRST_YEAR, STATION_COUNT
from isotherm.datasets.simulated.traps import TRAP_NAMES, Traps
from isotherm.errors import SettingsError

_PROGRESS_EVERY_S = 5.0
_EPILOG = (
    "The folder is laid out as NOAA's site: give it to the product with --archive DIRECTORY. "
    f"Traps: {', '.join(TRAP_NAMES)}."
)


@dataclass(slots=True)
class _Progress:
    """A line now and then, so that nobody wonders."""

    files: int = 0
    size_bytes: int = 0
    told_at_s: float = field(default_factory=time.monotonic)

    def add(self, path: Path) -> None:
        self.files += 1
        self.size_bytes += path.stat().st_size
        if time.monotonic() - self.told_at_s >= _PROGRESS_EVERY_S:
            self.told_at_s = time.monotonic()
            sys.stderr.write(f"{self.files} station-years, {self.size_bytes / 1e6:.0f} MB\n")


def main(arguments: list[str] | None = None) -> None:
    """Write an archive of simulated station-years."""
    options = _options(arguments)
    datasets = SIMULATED_DATASETS if options.dataset == "both" else (options.dataset,)
    progress = _Progress()
    written = write_archive(
        options.directory,
        options.stations,
        options.years,
        datasets=datasets,
        form=options.form,
        today=options.today,
        traps=options.traps,
        tell=progress.add,
    )
    sys.stdout.write(f"{len(written)} station-years in {options.directory}\n")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m isotherm.datasets.simulated", description=main.__doc__, epilog=_EPILOG
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--stations", type=int, default=STATION_COUNT, help="how many (default: 100)")
    parser.add_argument(
        "--years", type=int, nargs="+", default=[2024], help=f"from {FIRST_YEAR} (default: 2024)"
    )
    parser.add_argument(
        "--dataset",
        choices=(*SIMULATED_DATASETS, "both"),
        default=GLOBAL_HOURLY,
        help="whose files (default: global-hourly; of both, a station has an id in each)",
    )
    parser.add_argument(
        "--form", choices=(PARQUET, PSV), default=PARQUET, help="of GHCNh's files (default: parquet)"
    )
    parser.add_argument(
        "--today", type=date.fromisoformat, help="write as of this day (default: the clock's)"
    )
    parser.add_argument(
        "--traps",
        type=_traps,
        default=_traps("mild"),
        help="none, mild (default), all, or names with commas between them",
    )
    return parser.parse_args(arguments)


def _traps(text: str) -> Traps:
    try:
        return Traps.named(name for name in text.split(",") if name != "none")
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    main()
