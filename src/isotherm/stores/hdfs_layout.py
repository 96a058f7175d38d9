"""Where things lie in HDFS: one place for the folder names that several programs read and write."""

from typing import Final

RAW_ROOT: Final = "/isotherm/raw"
OBSERVATION_ROOT: Final = "/isotherm/observations"
HOURLY_SUMMARY_ROOT: Final = "/isotherm/hourly_summary"


def observation_folder(dataset: str, year: int, station_id: str) -> str:
    """Folder of one station-year's canonical observations (Parquet)."""
    return f"{OBSERVATION_ROOT}/dataset={dataset}/year={year}/station_id={station_id}"


def hourly_summary_folder(rule: str, year: int, station_id: str) -> str:
    """Folder of one station-year's hourly summaries under one rule (Parquet)."""
    return f"{HOURLY_SUMMARY_ROOT}/rule={rule}/year={year}/station_id={station_id}"
