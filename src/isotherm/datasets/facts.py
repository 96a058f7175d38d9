"""The datasets there are, in the order they serve, without their readers: imports no engine.

`registry` takes its datasets in this order. Messages, DAG files, checks and the API ask here.
"""

import sys
from datetime import timedelta
from math import ceil
from typing import Final

from isotherm.datasets.ghcnh.facts import FACTS as GHCNH
from isotherm.datasets.global_hourly.facts import FACTS as GLOBAL_HOURLY

FACTS: Final = tuple(sorted((GHCNH, GLOBAL_HOURLY), key=lambda one: one.priority))
PRIORITIES: Final = {one.name: one.priority for one in FACTS}
# What the rows made of the hours that serve have for a dataset: of each place and day one does.
SERVED: Final = "served"
# A UTC day can be had whole when its last hour is published: the delay, and the day itself.
DAYS_UNTIL_PUBLISHED: Final = 1 + max(ceil(one.publishing_delay / timedelta(days=1)) for one in FACTS)


def serving_rank(dataset: str) -> tuple[int, str]:
    """By what datasets are sorted in the order they serve; one that is not listed comes last."""
    return PRIORITIES.get(dataset, sys.maxsize), dataset
