"""The dataset object of GHCNh."""

import re
from typing import Final

from isotherm.datasets.dataset import Dataset, FirstVisit, Form, Layout, YearArchives
from isotherm.datasets.ghcnh.facts import FACTS
from isotherm.datasets.ghcnh.parquet import PARQUET_MAGIC, check_parquet
from isotherm.datasets.ghcnh.reader import parse_observations, read_file_keys
from isotherm.datasets.ghcnh.station_list import read_station_list, station_from_file
from isotherm.datasets.ghcnh.table import is_whole, read_header


def _parquet_name(station_id: str, year: int) -> str:
    return f"GHCNh_{station_id}_{year:04}.parquet"


def _psv_name(station_id: str, year: int) -> str:
    return f"GHCNh_{station_id}_{year:04}.psv"


# A year of an airport is some 1 MB as Parquet and up to 31 MB as psv; not every station has Parquet.
_FORMS: Final = (
    Form(
        "parquet",
        _parquet_name,
        re.compile(r"^GHCNh_([0-9A-Za-z_-]{11})_\d{4}\.parquet(?:\.gz)?$"),
        PARQUET_MAGIC,
        check_parquet,
    ),
    Form("psv", _psv_name, re.compile(r"^GHCNh_([0-9A-Za-z_-]{11})_\d{4}\.psv(?:\.gz)?$")),
)
_HOURLY: Final = "oa/global-historical-climatology-network/hourly"
# NCEI slows down hard after a couple of thousand requests, the mirror does not.
_BUCKET: Final = "https://noaa-ghcnh-pds.s3.amazonaws.com"
_MIRROR: Final = f"{_BUCKET}/hourly"
_NCEI: Final = f"https://www.ncei.noaa.gov/{_HOURLY}"
_LAYOUT: Final = Layout(
    access_path=f"{_HOURLY}/access/by-year",
    station_list_path=f"{_HOURLY}/doc/ghcnh-station-list.csv",
    noaa_access_urls=(f"{_MIRROR}/access/by-year", f"{_NCEI}/access/by-year"),
    noaa_station_list_urls=(
        f"{_MIRROR}/doc/ghcnh-station-list.csv",
        f"{_NCEI}/doc/ghcnh-station-list.csv",
    ),
    forms=_FORMS,
    noaa_bucket_url=_BUCKET,
    year_archives=YearArchives(
        path=f"{_HOURLY}/archive",
        noaa_urls=(f"{_MIRROR}/archive", f"{_NCEI}/archive"),
        pattern=re.compile(
            r"^ghcn-hourly_v(?P<version>\d+(?:\.\d+)*)_d(?P<year>\d{4})_c(?P<made>\d{8})\.tar\.gz$"
        ),
    ),
)
# Of every continent and climate; each reports all day and night.
_FIRST_VISIT: Final = FirstVisit(
    station_ids=(
        "AEI0000OMDB",  # Dubai
        "ARI0000SAEZ",  # Buenos Aires
        "ASN00066037",  # Sydney
        "AYM00089002",  # Neumayer, Antarctica
        "BRI0000SBGR",  # Sao Paulo
        "GMI0000EDDF",  # Frankfurt
        "INI0000VIDP",  # Delhi
        "JAI0000RJTT",  # Tokyo Haneda
        "KEI0000HKJK",  # Nairobi
        "MXI0000MMMX",  # Mexico City
        "NII0000DNMM",  # Lagos
        "NOI0000ENJA",  # Jan Mayen
        "NZI0000NZAA",  # Auckland
        "RSM00024266",  # Verkhoyansk
        "SFM00068999",  # Cape Town
        "SNI0000WSSS",  # Singapore Changi
        "UKI0000EGLL",  # London Heathrow
        "USW00023174",  # Los Angeles
        "USW00026451",  # Anchorage
        "USW00094846",  # Chicago O'Hare
    ),
    year_count=2,
)

GHCNH: Final = Dataset(
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
    first_visit=_FIRST_VISIT,
    read=parse_observations,
    read_keys=read_file_keys,
    check_header=read_header,
    is_whole=is_whole,
    read_station_list=read_station_list,
    describe_station=station_from_file,
    modules=(
        "isotherm.datasets.ghcnh",
        "isotherm.datasets.ghcnh.columns",
        "isotherm.datasets.ghcnh.parquet",
        "isotherm.datasets.ghcnh.quality",
        "isotherm.datasets.ghcnh.reader",
        "isotherm.datasets.ghcnh.table",
        "isotherm.station",
    ),
)
