"""Rows on their way out: which layer is chosen, degrees from integers, CSV, labels."""

import struct
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import create_model
from starlette.requests import Request

from isotherm.api.attribution import archive_label, is_simulated, source_meta
from isotherm.api.fields import (
    READ_STATISTICS,
    STATION_FIELDS,
    means_of,
    model_fields,
    units_of,
    values_of,
)
from isotherm.api.hour_records import hour_records
from isotherm.api.packed_hours import unpack_hours
from isotherm.api.records import field_names, global_records
from isotherm.api.render import Listing, ListPage, Wanted, respond_list
from isotherm.api.security import frame_origins
from isotherm.api.series import GLOBAL_SERIES, STATION_SERIES
from isotherm.api.series_models import GLOBAL_MODELS, GLOBAL_ROWS, STATION_MODELS, STATION_ROWS
from isotherm.api.series_rows import choose
from isotherm.api.style import Style
from isotherm.api.units import UnitsName
from isotherm.datasets.facts import PRIORITIES
from isotherm.datasets.registry import DATASETS
from isotherm.settings import Settings
from isotherm.statistics.catalogue import REASON_COUNTS, STATISTICS
from isotherm.statistics.statistic import COUNT, ApiField, Merge, Statistic, Unit


def request(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {"type": "http", "method": "GET", "path": "/", "headers": pairs, "query_string": b""}
    )


def test_of_one_period_the_batch_row_is_chosen_then_the_dataset_that_serves_first() -> None:
    rows = [
        ["00", "old", "batch"],
        ["00", "old", "speed"],
        ["01", "new", "speed"],
        ["01", "old", "batch"],
        ["02", "new", "batch"],
        ["02", "old", "batch"],
        ["03", "old", "speed"],
        ["04", "gone", "batch"],
        ["04", "old", "batch"],
    ]
    new_first = [rows[0], rows[3], rows[4], rows[6], rows[8]]
    for order, chosen in (
        (("new", "old", "gone"), new_first),
        (("old", "new", "gone"), [*new_first[:2], rows[5], *new_first[3:]]),
    ):
        assert choose(rows, lambda row, order=order: (row[2], order.index(row[1]))) == chosen


def test_every_dataset_has_a_priority_of_its_own() -> None:
    assert {one.name: one.priority for one in DATASETS} == PRIORITIES
    assert len(set(PRIORITIES.values())) == len(DATASETS)


def hour_of(
    temperatures: list[int], dew_points: list[int], times: int = 1, **others: int | None
) -> dict[str, object]:
    """An hour of these readings as the API gives it, so many times."""
    read: dict[str, int | None] = {
        **{one.name: 0 if one.unit == COUNT else None for one in READ_STATISTICS},
        "observation_count": len(temperatures),
        "min_tenths": min(temperatures),
        "max_tenths": max(temperatures),
        "sum_tenths": sum(temperatures),
        "dew_point_count": len(dew_points),
        "dew_point_sum_tenths": sum(dew_points) if dew_points else None,
        **{name: number for number, name in enumerate(REASON_COUNTS)},
        **others,
    }
    # As CHAR writes them: shifted by 2^31, and null as 2^24.
    values = [read[one.name] for one in READ_STATISTICS]
    numbers = [2**24 if one is None else one + 2**31 for one in values]
    packed = b"2014-01-01 00:00:00\x02\x00" + struct.pack(f">{len(numbers)}I", *numbers)
    rows = unpack_hours(b";" + packed * times, "01001099999")
    made = [msgspec.to_builtins(one) for one in hour_records(rows, "01001099999", "qc")]
    assert made == made[:1] * times
    record: dict[str, object] = made[0]
    return record


def test_many_hours_which_are_compared_first_are_given_like_one() -> None:
    for temperatures, dew_points in (([-111, -110, -111], [-144]), ([0], [])):
        assert hour_of(temperatures, dew_points, times=100) == hour_of(temperatures, dew_points)


TENTHS = st.integers(-932, 618)


def mean_c(tenths: list[int]) -> float:
    """Their mean as it is given: hundredths, halves to even, by exact fractions."""
    return round(Fraction(sum(tenths), len(tenths) * 10), 2).__float__()


@given(st.lists(TENTHS, min_size=1, max_size=50), st.lists(TENTHS, max_size=50))
def test_an_hour_in_degrees_is_the_integers_divided_and_rounded_once(
    temperatures: list[int], dew_points: list[int]
) -> None:
    record = hour_of(temperatures, dew_points)
    assert record["mean_c"] == mean_c(temperatures)
    assert min(temperatures) / 10 <= float(str(record["mean_c"])) <= max(temperatures) / 10
    assert (record["min_c"], record["max_c"]) == (min(temperatures) / 10, max(temperatures) / 10)
    assert [record[name] for name in REASON_COUNTS] == list(range(len(REASON_COUNTS)))
    assert record["dew_point_count"] == len(dew_points)
    assert record["mean_dew_point_c"] == (mean_c(dew_points) if dew_points else None)


@given(st.lists(TENTHS, min_size=1, max_size=9))
def test_of_up_to_nine_readings_the_exact_sum_can_be_had_back(temperatures: list[int]) -> None:
    mean = hour_of(temperatures, [])["mean_c"]
    assert round(float(str(mean)) * 10 * len(temperatures)) == sum(temperatures)


@pytest.mark.parametrize(
    ("total", "count", "mean"),
    [(5, 20, 0.02), (15, 20, 0.08), (-5, 20, -0.02), (-332, 3, -11.07), (0, 3, 0.0), (33, 20, 0.16)],
)
def test_half_a_hundredth_goes_to_the_even_one(total: int, count: int, mean: float) -> None:
    assert means_of([total], [count], 10) == [mean]


def test_an_hour_without_a_dew_point_has_none_and_one_at_freezing_point_has_zero() -> None:
    assert hour_of([5], [])["mean_dew_point_c"] is None
    assert hour_of([5], [0, 0])["mean_dew_point_c"] == 0


def test_each_mean_is_in_its_own_unit_and_null_where_nothing_was_reported() -> None:
    winds = {"wind_count": 3, "wind_speed_sum_tenths_ms": 154}
    vector = {"wind_east_sum_mms": 13_250, "wind_north_sum_mms": -7_654}
    found = hour_of([5], [], pressure_count=2, pressure_sum_tenths_hpa=20_263, **winds, **vector)
    names = ("mean_pressure_hpa", "mean_wind_speed_ms", "mean_wind_east_ms", "mean_wind_north_ms")
    assert [found[name] for name in names] == [1013.15, 5.13, 4.42, -2.55]
    assert [hour_of([5], [])[name] for name in names] == [None] * 4
    units = units_of(STATION_FIELDS)
    assert [units[name] for name in names] == ["hectopascal", *["metre per second"] * 3]


@pytest.mark.parametrize("period", ["hourly", "daily", "monthly", "seasonal", "yearly"])
def test_a_row_holds_what_its_description_says_and_its_statistics_are_those_of_the_catalogue(
    period: str,
) -> None:
    units: tuple[UnitsName, ...] = ("metric", "imperial")
    for series, models in ((STATION_SERIES, STATION_MODELS), (GLOBAL_SERIES, GLOBAL_MODELS)):
        for name, rows in zip(units, models, strict=True):
            described = rows[period].model_fields
            always = {one for one, field in described.items() if field.is_required()}
            assert always == set(field_names(series[period], Style(name)))
            paris = field_names(series[period], Style(name, ZoneInfo("Europe/Paris")))
            assert set(described) == set(paris)
    shown = {one.api.name for one in STATISTICS if one.api is not None}
    assert shown <= set(STATION_ROWS[period].model_fields)
    assert shown & set(GLOBAL_ROWS[period].model_fields) == {
        "observation_count",
        "min_c",
        "mean_c",
        "max_c",
    }


def test_a_statistic_that_is_added_to_the_catalogue_is_a_field_with_its_unit_and_its_values() -> None:
    pressure = Statistic(
        "pressure_sum_tenths_hpa", Unit("hPa", 10), "sum of the pressures", Merge.SUM, None,
        nullable=True, hour_bits=32, period_bits=64,
        api=ApiField("mean_pressure_hpa", "mean", 1013.2, per="pressure_count"),
    )  # fmt: skip
    assert pressure.api is not None
    shown = (pressure, pressure.api)
    model = create_model("Model", **model_fields([shown]))  # type: ignore[call-overload]
    assert model(mean_pressure_hpa=None).mean_pressure_hpa is None
    assert "pressure_sum_tenths_hpa / pressure_count / 10" in str(model.model_json_schema())
    assert units_of([shown])["mean_pressure_hpa"] == "hPa"
    columns = {"pressure_sum_tenths_hpa": [20_265, None, 0], "pressure_count": [2, 0, 1]}
    assert values_of(shown, columns) == [1013.25, None, 0.0]


def test_a_global_mean_is_the_sum_of_means_by_the_stations() -> None:
    row = ["2014-01-01", "global-hourly", "batch", 3, 9, -5, 7, -10_001, 3, 2]
    record = msgspec.to_builtins(global_records(GLOBAL_SERIES["daily"], [row], "qc")[0])
    assert record["mean_c"] == -0.33
    assert (record["day"], record["station_count"]) == ("2014-01-01", 3)
    assert (record["day_count"], record["good_day_count"], record["completeness"]) == (3, 2, 0.6667)


def listing_of(rows: list[dict[str, object]], following: str | None, *columns: str) -> Listing:
    """A list of one page."""
    meta = {"attribution": "Data: NOAA NCEI.", "units": {}, "rule": "qc"}
    return Listing("rows", columns, meta, lambda _after, _limit: ListPage(rows, following))


def test_csv_quotes_commas_leaves_nothing_for_null_and_names_the_next_page() -> None:
    rows = [{"a": 'x, "y"', "b": None, "c": 0, "d": ["1", "2"]}]
    listing = listing_of(rows, "more", "a", "b", "c", "d")
    answer = respond_list(request(), listing, Wanted("csv", None, 1))
    assert bytes(answer.body).decode() == (
        '# Data: NOAA NCEI.\n# rule=qc\n# next=more\na,b,c,d\n"x, ""y""",,0,1;2\n'
    )
    assert answer.headers["content-disposition"] == 'attachment; filename="rows.csv"'


def test_a_known_tag_is_answered_without_a_body_among_others_too() -> None:
    wanted = Wanted("json", None, None)
    tag = respond_list(request(), listing_of([], None), wanted).headers["etag"]
    again = respond_list(request(if_none_match=f'W/"other", {tag}'), listing_of([], None), wanted)
    assert (again.status_code, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("archive", "label"),
    [
        ("noaa", "NOAA NCEI"),
        ("simulated", "Simulated archive, not observations"),
        ("https://user:password@mirror.example/isd", "NOAA files at mirror.example/isd"),
        ("/data/files", "NOAA files in folder files"),
    ],
)
def test_an_archive_is_named_without_passwords_or_paths(
    archive: str, label: str, tmp_path: Path
) -> None:
    settings = Settings(state_dir=tmp_path, archive=archive)
    assert archive_label(settings) == label
    assert is_simulated(settings) == (archive == "simulated")
    said = source_meta(settings)["attribution"]
    assert [one.licence in said for one in DATASETS] == [archive != "simulated"] * len(DATASETS)


def test_the_airflow_ui_may_frame_the_dashboard_under_either_name_of_loopback(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, archive="simulated", port_base=26400)
    assert frame_origins(settings) == ["http://127.0.0.1:26401", "http://localhost:26401"]
    elsewhere = Settings(state_dir=tmp_path, archive="noaa", airflow_url="https://airflow.example/x")
    assert frame_origins(elsewhere) == ["https://airflow.example"]
