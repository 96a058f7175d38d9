"""What batch and feeder make of a GHCNh file: reports of another place aside, forms alike."""

from datetime import UTC, datetime

from ghcnh_rows import PUBLISHED_AT, STATION, line, parquet_file, psv_file, row
from isotherm.datasets.coverage import Coverage, coverage_of
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.made_by import made_by
from isotherm.datasets.observations import FileObservations, SetAside, observations_of
from isotherm.datasets.registry import configured
from isotherm.settings import Settings

SHIP = ("-3.0", "-3.1", "-2.9", "-2.5", "27.4", "-2.0", "-1.8", "-1.5", "-1.0")


def hourly_file(*temperatures: str) -> bytes:
    """A report an hour, every one as good as the other by its codes."""
    return psv_file(
        *(
            line(DATE=f"2026-02-03T{hour:02}:00:00", temperature=text)
            for hour, text in enumerate(temperatures)
        )
    )


def read(content: bytes, *, neighbours: bool = True) -> FileObservations:
    return observations_of(
        GHCNH.checking(neighbours=neighbours),
        content,
        station_id=STATION,
        year=2026,
        published_at=PUBLISHED_AT,
        now=datetime(2026, 3, 1, tzinfo=UTC),
    )


def test_a_report_of_another_place_is_set_aside_and_still_covered() -> None:
    content = hourly_file(*SHIP)
    found = read(content)
    assert found.set_aside.select("source_line", "reason").rows() == [(5, SetAside.UNLIKE_NEIGHBOURS)]
    assert '"air_temperature_tenths": 274' in found.set_aside["payload"][0]
    assert found.observations["source_line"].to_list() == [1, 2, 3, 4, 6, 7, 8, 9]
    times = found.covered_at
    assert times.len() == 9
    assert coverage_of(GHCNH, content, station_id=STATION, year=2026) == Coverage(
        times.len(),
        times.min(),  # type: ignore[arg-type]
        times.max(),  # type: ignore[arg-type]
    )


def test_the_check_can_be_switched_off_and_files_are_then_read_again() -> None:
    found = read(hourly_file(*SHIP), neighbours=False)
    assert (found.observations.height, found.set_aside.height) == (9, 0)
    assert made_by(GHCNH) != made_by(GHCNH.checking(neighbours=False))
    for is_on in (True, False):
        by_name = {one.name: one for one in configured(Settings(neighbour_check=is_on))}
        assert by_name["ghcnh"].checks_neighbours == is_on
        # Its own checks have seen to it: what is read of it never depends on the switch.
        assert made_by(by_name["global-hourly"]) == made_by(GLOBAL_HOURLY)


def test_a_file_is_read_alike_in_either_form_and_named_without_it() -> None:
    psv = read(psv_file(*(line(DATE=f"2026-02-03T{hour:02}:00:00") for hour in range(4))))
    rows = [row(DATE=f"2026-02-03T{hour:02}:00:00") for hour in range(4)]
    # Some of NOAA's Parquet files do not say which station they are of: their name does.
    parquet = read(parquet_file(*rows, without=("STATION",)))
    assert psv.observations.height == 4
    assert psv.observations.equals(parquet.observations)
    assert psv.observations["source_file"][0] == f"2026/GHCNh_{STATION}_2026"
