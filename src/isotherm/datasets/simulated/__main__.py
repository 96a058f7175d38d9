"""`python -m isotherm.datasets.simulated DIRECTORY`: write an archive of simulated station-years."""

import argparse
import sys
from pathlib import Path

from isotherm.datasets.simulated.station_years import write_archive
from isotherm.datasets.simulated.stations import FIRST_YEAR, STATION_COUNT


def main(arguments: list[str] | None = None) -> None:
    """Write an archive of simulated station-years."""
    parser = argparse.ArgumentParser(
        prog="python -m isotherm.datasets.simulated", description=main.__doc__
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--stations", type=int, default=STATION_COUNT, help="how many (default: 100)")
    parser.add_argument(
        "--years", type=int, nargs="+", default=[2024], help=f"from {FIRST_YEAR} (default: 2024)"
    )
    options = parser.parse_args(arguments)
    written = write_archive(options.directory, options.stations, options.years)
    sys.stdout.write(f"{len(written)} station-years in {options.directory}\n")


if __name__ == "__main__":
    main()
