"""Where following the live hours begins."""

from datetime import datetime

import pytest
import sqlalchemy as sa

from isotherm.api.live import LiveFollower
from isotherm.api.parameters import FIRST_TIME


@pytest.mark.parametrize("year", [1, 999, 1000])
def test_an_event_before_all_times_begins_where_times_begin(year: int) -> None:
    follower = LiveFollower(sa.create_engine("sqlite://"), "routine", None)
    follower.start(datetime(year, 1, 1))  # noqa: DTZ001 - UTC without a zone, as MySQL holds it
    assert follower._look_from == FIRST_TIME
