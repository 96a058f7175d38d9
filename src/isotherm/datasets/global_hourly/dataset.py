"""The dataset object of NOAA global-hourly."""

import re
from typing import Final

from isotherm.datasets.dataset import Dataset, Form, Layout
from isotherm.datasets.global_hourly.csv_records import is_whole, read_header
from isotherm.datasets.global_hourly.facts import FACTS
from isotherm.datasets.global_hourly.reader import parse_observations, read_file_keys
from isotherm.datasets.global_hourly.station_history import read_station_history, station_from_file


def _file_name(station_id: str, _year: int) -> str:
    return f"{station_id}.csv"


_LAYOUT: Final = Layout(
    access_path="data/global-hourly/access",
    station_list_path="pub/data/noaa/isd-history.csv",
    # NCEI slows down hard after a couple of thousand requests, the mirror does not; but whether the
    # mirror is complete is not promised.
    noaa_access_urls=(
        "https://noaa-global-hourly-pds.s3.amazonaws.com",
        "https://www.ncei.noaa.gov/data/global-hourly/access",
    ),
    noaa_station_list_urls=(
        "https://noaa-isd-pds.s3.amazonaws.com/isd-history.csv",
        "https://www.ncei.noaa.gov/pub/data/noaa/isd-history.csv",
    ),
    forms=(Form("", _file_name, re.compile(r"^([0-9A-Z]{11})\.csv(?:\.gz)?$")),),
)
GLOBAL_HOURLY: Final = Dataset(
    name=FACTS.name,
    title=FACTS.title,
    priority=FACTS.priority,
    publishing_delay=FACTS.publishing_delay,
    first_year=FACTS.first_year,
    last_day=FACTS.last_day,
    licence=FACTS.licence,
    quality=FACTS.quality,
    checks_neighbours=FACTS.checks_neighbours,
    layout=_LAYOUT,
    first_visit=None,  # it has ended: its history is an import away
    read=parse_observations,
    read_keys=read_file_keys,
    check_header=read_header,
    is_whole=is_whole,
    read_station_list=read_station_history,
    describe_station=station_from_file,
    modules=(
        "isotherm.datasets.global_hourly",
        "isotherm.datasets.global_hourly.cells",
        "isotherm.datasets.global_hourly.csv_records",
        "isotherm.datasets.global_hourly.elements",
        "isotherm.datasets.global_hourly.keys",
        "isotherm.datasets.global_hourly.quality",
        "isotherm.datasets.global_hourly.reader",
        "isotherm.datasets.global_hourly.shapes",
        "isotherm.datasets.global_hourly.times",
    ),
)
