"""What GHCNh says of itself."""

from datetime import timedelta
from typing import Final

from isotherm.datasets.dataset_facts import DatasetFacts
from isotherm.datasets.ghcnh import NAME
from isotherm.datasets.ghcnh.quality import QUALITY

FACTS: Final = DatasetFacts(
    name=NAME,
    title="NOAA GHCNh",
    priority=1,
    # Measured at five stations over five months: median 24 to 28 hours, 90th percentile 50 to 68.
    publishing_delay=timedelta(days=2),
    first_year=1790,
    last_day=None,
    licence=(
        "Data: NOAA NCEI. Some observations were exchanged under WMO Resolution 40 (Cg-XII): free for "
        "research, education and other non-commercial use; for commercial use the providing country "
        "may set conditions."
    ),
    quality=QUALITY,
    # A ship's day and hour read as a station's number gave one of them 14 rows from -22 to 97 degrees.
    checks_neighbours=True,
)
