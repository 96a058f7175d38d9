"""Each trap of the simulated archive can be switched, strikes somewhere, and is read as it should."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from simulated_files import AIRPORT, OF_KIND, content_of, observations_in, only

from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.observations import observations_of
from isotherm.datasets.simulated.__main__ import main
from isotherm.datasets.simulated.ghcnh_files import PARQUET, PSV
from isotherm.datasets.simulated.station_years import published_on, simulate_station_year
from isotherm.datasets.simulated.stations import (
    Kind,
    describe_station,
    station_ids,
)
from isotherm.datasets.simulated.traps import MILD, NO_TRAPS, TRAP_NAMES, Traps
from isotherm.errors import SettingsError
from isotherm.summarise import summarise


def test_the_command_line_takes_traps_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["--stations", "1", "--years", "2026", "--dataset", GHCNH.name, "--today", "2026-02-01"]
    main([str(tmp_path / "a"), *order, "--traps", "future_rows", "--form", PSV])
    assert capsys.readouterr().out == f"1 station-years in {tmp_path / 'a'}\n"
    with pytest.raises(SystemExit):
        main([str(tmp_path / "b"), *order, "--traps", "nonsense"])
    assert "No trap nonsense. There are: missing_temperatures" in capsys.readouterr().err


def test_traps_are_chosen_by_name() -> None:
    assert Traps.named(["mild"]) == MILD
    assert not any(getattr(NO_TRAPS, name) for name in TRAP_NAMES)
    assert all(getattr(Traps.named(["all"]), name) for name in TRAP_NAMES)
    assert Traps.named(["mild", "future_rows"]).future_rows
    with pytest.raises(SettingsError, match="No trap x"):
        Traps.named(["x"])


def test_without_traps_every_row_counts_under_every_rule() -> None:
    for station_id in station_ids(6, GHCNH.name):
        observations = observations_in(station_id, traps=NO_TRAPS)
        summaries = summarise(observations, GHCNH.quality)
        counts = summaries.group_by("rule").agg(pl.col("observation_count").sum())
        assert set(counts["observation_count"]) == {observations.height}


@pytest.mark.parametrize(
    "trap",
    [
        "missing_temperatures", "suspect_values", "lettered_quality", "specials", "repeated_synops",
        "days_absent", "corrections", "day_summaries", "beyond_limits", "midnight_as_24",
        "repeated_rows",
    ],
)  # fmt: skip
def test_a_trap_that_global_hourly_has_too_can_be_switched(trap: str) -> None:
    year = 1972 if trap == "midnight_as_24" else 2024

    def contents(traps: Traps) -> list[bytes | None]:
        today = date(year, 2, 20)
        ids = [one for one in station_ids(12) if describe_station(one).has_year(year)]
        return [simulate_station_year(one, year, today=today, traps=traps) for one in ids]

    assert contents(only(trap)) != contents(NO_TRAPS)


def test_another_seed_strikes_elsewhere() -> None:
    one, other = (
        observations_in(
            OF_KIND[Kind.AUTOMATIC].ghcn_id or "", traps=Traps.named(["missing_temperatures"], it)
        )
        for it in (1, 2)
    )
    missing = pl.col("air_temperature_tenths").is_null()
    assert one.filter(~missing).height < one.height
    assert not one.filter(missing)["observed_at"].equals(other.filter(missing)["observed_at"])


@pytest.mark.parametrize(
    ("trap", "counted"),
    [
        ("foreign_reports", pl.col("source") == "412"),
        ("rows_without_temperature", pl.col("observed_at").dt.minute() == 13),
        ("half_hourly_specials", pl.col("observed_at").dt.minute() == 21),
        ("unknown_sources", pl.col("source").is_in(["412", "413"])),
        ("removed_by_source", (pl.col("source") == "223") & (pl.col("quality_code") == "5")),
        ("bad_values_pass", pl.col("air_temperature_tenths") >= 650),
    ],
)  # fmt: skip
def test_a_trap_of_the_rows_strikes_somewhere_and_is_gone_when_off(trap: str, counted: pl.Expr) -> None:
    suspect = ("suspect_values",) if trap == "removed_by_source" else ()
    ids = station_ids(12, GHCNH.name)
    hits = [observations_in(one, traps=only(trap, *suspect)).filter(counted).height for one in ids]
    assert sum(hits) > 0
    assert 0 in hits
    assert sum(observations_in(one, traps=only(*suspect)).filter(counted).height for one in ids) == 0


def test_rows_of_the_future_are_set_aside_by_the_clock() -> None:
    content = content_of(AIRPORT, 2026, traps=only("future_rows"))
    read = observations_of(
        GHCNH,
        content,
        station_id=AIRPORT,
        year=2026,
        published_at=datetime(2026, 2, 15, tzinfo=UTC),
        now=datetime(2026, 2, 15, 6, tzinfo=UTC),
    )
    assert read.set_aside["reason"].to_list() == ["future"] * 3
    assert read.future_from == datetime(2026, 2, 18, 11, tzinfo=UTC)


def test_a_file_shrinks_on_some_days_and_is_back_the_next() -> None:
    traps = only("shrunken_files")
    days = [date(2026, 1, 5) + timedelta(days=number) for number in range(25)]
    heights = [observations_in(AIRPORT, today=day, traps=traps).height for day in days]
    shrunk = [number for number in range(1, 24) if heights[number] < heights[number - 1]]
    assert 0 < len(shrunk) < 5
    for number in shrunk:
        whole = observations_in(AIRPORT, today=days[number], traps=NO_TRAPS).height
        assert heights[number] == whole * 2 // 3
        assert heights[number + 1] > whole


def test_a_year_that_is_over_is_revised_in_july_and_published_again() -> None:
    traps = only("revised_past")
    before, after = (
        observations_in(AIRPORT, 2025, today=day, traps=traps)
        for day in (date(2026, 7, 10), date(2026, 7, 11))
    )
    changed = before.filter(before["air_temperature_tenths"] != after["air_temperature_tenths"])
    assert changed.height == 15
    change = (before["air_temperature_tenths"] - after["air_temperature_tenths"]).abs()
    assert change.is_between(0, 25).all()
    assert published_on(2025, date(2026, 7, 11), GHCNH.name, traps).date() == date(2026, 7, 11)


def test_a_republication_has_another_source_at_the_same_minute() -> None:
    traps = only("unknown_sources", "republished_sources")
    first, later = (
        observations_in(AIRPORT, today=day, traps=traps)
        for day in (date(2026, 1, 20), date(2026, 3, 1))
    )
    both = first.join(later, on="observed_at")
    moved = both.filter(pl.col("source") != pl.col("source_right"))
    assert set(moved["source"]) == {"413"}
    assert set(moved["source_right"]) == {"343"}
    assert both["air_temperature_tenths"].equals(
        both["air_temperature_tenths_right"].alias("air_temperature_tenths")
    )


def test_odd_files_are_read_as_the_plain_ones_are() -> None:
    odd = only("old_layout", "parquet_without_station", "date_as_timestamp", "odd_remarks",
                "compound_quality")  # fmt: skip
    early = date(2023, 1, 20)
    for form in (PSV, PARQUET):
        for station_id in station_ids(12, GHCNH.name):
            assert observations_in(station_id, 2023, form=form, today=early, traps=odd).equals(
                observations_in(station_id, 2023, form=form, today=early, traps=NO_TRAPS)
            )
    contents = [
        content_of(one, 2023, form=PSV, today=early, traps=odd) for one in station_ids(12, GHCNH.name)
    ]
    assert {content.split(b"|", 1)[0] for content in contents} == {b"STATION", b"Station_ID"}
    assert any(b'"TSNO"' in content and b"|SYN004BUFR|" in content for content in contents)
    assert any(b"|1;|" in content for content in contents)
