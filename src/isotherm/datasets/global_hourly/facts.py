"""What global-hourly says of itself."""

from datetime import date, timedelta
from typing import Final

from isotherm.datasets.dataset_facts import DatasetFacts
from isotherm.datasets.global_hourly import NAME
from isotherm.datasets.global_hourly.quality import QUALITY

FACTS: Final = DatasetFacts(
    name=NAME,
    title="NOAA global-hourly (ISD)",
    priority=2,
    publishing_delay=timedelta(days=2),
    first_year=1901,
    last_day=date(2025, 8, 29),
    licence=(
        "Data: NOAA NCEI. Some observations were exchanged under WMO Resolution 40 (Cg-XII): free for "
        "research, education and other non-commercial use; for commercial use the providing country "
        "may set conditions."
    ),
    quality=QUALITY,
    checks_neighbours=False,
)
