"""The speed layer equals the batch layer to the integer, whatever is streamed in whatever order."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from isotherm.archive.directory_archive import DirectoryArchive
from isotherm.archive.listing import FIRST_YEAR, LAST_YEAR
from isotherm.audit.feeds import audit_feeds
from isotherm.datasets.registry import DATASETS
from isotherm.local.airflow_client import AirflowClient
from isotherm.stores import tables
from running_product import RunningProduct
from streaming_runs import stream_days

pytestmark = pytest.mark.end_to_end


def test_the_first_run_streamed_the_newest_day_of_every_year_of_every_dataset(
    stack: RunningProduct, archive: Path
) -> None:
    files = DirectoryArchive(archive)
    listed = [files.list_station_years(one, FIRST_YEAR, LAST_YEAR) for one in DATASETS]
    years = {one.year for some in listed for one in some}
    table = tables.hourly_summary
    with stack.engine.connect() as connection:
        hours = connection.execute(
            select(func.year(table.c.hour_start), func.count())
            .where(table.c.layer == "speed", table.c.rule == "unfiltered")
            .group_by(func.year(table.c.hour_start))
        ).all()
    streamed = {int(year) for year, _ in hours}
    # Of 2013 the real files hold one station, and it never reported a temperature.
    assert streamed == years - {2013} or streamed == years


def test_2024_then_2014_then_1901_loses_nothing(
    stack: RunningProduct, airflow: AirflowClient, archive: Path
) -> None:
    if not (archive / "expected").is_dir():
        pytest.skip("NOAA's real files are not beside the repository (../shared/noaa)")
    for day in ("2024-03-05", "2014-07-01", "1901-06-01"):
        feed_id = stream_days(airflow, day)
        result = audit_feeds(stack.settings, stack.engine, [feed_id])
        assert result.hours > 0, day
        assert result.differing_hours == 0, day
        assert all(line.is_balanced for line in result.lines), (day, result.lines)
        assert all(line.late == 0 for line in result.lines), (day, result.lines)
