"""The forms take what they should and refuse what they should not, and a run knows its day."""

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import SerializedDAG

REFUSED = [
    ("ingest_observations", {"day": "5 January"}),
    ("ingest_observations", {"station_ids": ["72530094846 "]}),
    ("ingest_observations", {"station_ids": [72530094846]}),
    ("ingest_observations", {"station_count": 0}),
    ("import_history", {"first_year": 1776}),
    ("import_history", {"first_year": 1789}),
    ("import_history", {"dataset": "isd"}),
    ("import_history", {"country": ""}),
    ("import_history", {"near": "91,0"}),
    ("import_history", {"elevation": "high"}),
    ("import_history", {"radius_km": 0}),
    ("stream_observations", {"box": "1,2,3"}),
    ("import_history", {"box": "somewhere"}),
    ("import_history", {"box": "1,2,3"}),
    ("stream_observations", {"dataset": "isd"}),
    ("stream_observations", {"first_day": "2014-02-31"}),
    ("import_history", {"dry_run": "no"}),
    ("stream_observations", {"period": "yesterday"}),
    ("stream_observations", {"speed": -1}),
    ("stream_observations", {"batch_interval_s": 0}),
    ("reconcile_layers", {"day": "yesterday"}),
    ("reconcile_layers", {"disorder": "much"}),
]
TAKEN = [
    ("ingest_observations", {"day": "1901-06-01", "station_ids": ["01001099999"]}),
    ("import_history", {"first_year": 1901, "last_year": 2024, "dry_run": False}),
    ("import_history", {"first_year": 1790, "last_year": 1790, "dataset": "ghcnh"}),
    ("import_history", {"box": "-10.5, 50, 30, 72.25"}),
    ("stream_observations", {"dataset": "global-hourly"}),
    ("import_history", {"country": "NO", "box": "-10,50,30,72", "station_count": 5}),
    ("ingest_observations", {"country": "Norway", "near": "60,10", "radius_km": 50.5}),
    ("stream_observations", {"elevation": "1000,", "station_ids": ["KORD", "USW00094846"]}),
    ("stream_observations", {"period": "days", "first_day": "2014-01-01", "speed": 0}),
    ("reconcile_layers", {"day": "2014-01-01", "last_day": "2014-12-31", "station_ids": ["KORD"]}),
    ("reconcile_layers", {"disorder": {"seed": 1, "late": 0.1}}),
]


def as_stored(dag_bag: "DagBag", dag_id: str) -> "SerializedDAG":
    """The DAG as the api-server and the scheduler see it."""
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag_bag.dags[dag_id]))


@pytest.mark.parametrize(("dag_id", "values"), TAKEN)
def test_a_form_takes_good_values(dag_bag: "DagBag", dag_id: str, values: dict[str, Any]) -> None:
    params = as_stored(dag_bag, dag_id).params.deep_merge(values)
    params.validate()
    assert {name: params.dump()[name] for name in values} == values


@pytest.mark.parametrize(("dag_id", "values"), REFUSED)
def test_a_form_refuses_bad_values(dag_bag: "DagBag", dag_id: str, values: dict[str, Any]) -> None:
    params = as_stored(dag_bag, dag_id).params.deep_merge(values)
    with pytest.raises(ValueError, match=r"is not|does not|minimum|too|not one of|less than"):
        params.validate()


@pytest.mark.parametrize("dag_id", ["ingest_observations", "import_history", "stream_observations"])
def test_a_form_sent_as_it_opens_is_valid(dag_bag: "DagBag", dag_id: str) -> None:
    dag_bag.dags[dag_id].params.validate()


def test_a_field_s_example_stands_beside_what_it_is_an_example_of(dag_bag: "DagBag") -> None:
    params = dag_bag.dags["import_history"].params
    described = {name: str(params.get_param(name).description) for name in params}
    assert described["country"].startswith("ISO 3166 code or name of a country, as Norway, NO or NOR; ")
    assert described["near"] == "Latitude,longitude in degrees, as 41.98,-87.90; nearest first."
    assert "commas" not in described["station_ids"], "one per line"


def test_an_import_is_a_dry_run_unless_asked_otherwise(dag_bag: "DagBag") -> None:
    assert dag_bag.dags["import_history"].params["dry_run"] is True


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Europe/Paris", "Pacific/Auckland"])
def test_a_backfill_yields_each_day_picked_the_last_one_included(dag_bag: "DagBag", zone: str) -> None:
    dag = as_stored(dag_bag, "ingest_observations")
    here = ZoneInfo(zone)
    # As the form sends them: midnight, and the end of the day.
    first = datetime(2014, 1, 5, tzinfo=here).astimezone(UTC)
    last = datetime(2014, 1, 7, 23, 59, 59, 999_000, tzinfo=here).astimezone(UTC)
    infos = list(dag.iter_dagrun_infos_between(first, last))
    assert [info.partition_key for info in infos] == ["2014-01-05", "2014-01-06", "2014-01-07"]
    assert {info.partition_date.time() for info in infos} == {time()}
    one_day = list(dag.iter_dagrun_infos_between(first, first))
    assert [info.partition_key for info in one_day] == ["2014-01-05"]


def test_a_run_is_called_by_its_day(dag_bag: "DagBag") -> None:
    from airflow.utils.types import DagRunType

    timetable = as_stored(dag_bag, "ingest_observations").timetable
    asked = {"run_after": datetime(2026, 11, 26, 1, 2, tzinfo=UTC), "data_interval": None}
    own = timetable.generate_run_id(
        run_type=DagRunType.BACKFILL_JOB, partition_key="2014-01-05", **asked
    )
    assert own.startswith("backfill__2014-01-05__")
    manual = timetable.generate_run_id(run_type=DagRunType.MANUAL, **asked)
    assert manual.startswith("manual__2026-11-26T01:02:00__")


def test_a_scheduled_run_owns_the_day_three_days_back(dag_bag: "DagBag") -> None:
    import pendulum

    dag = as_stored(dag_bag, "ingest_observations")
    _, key = dag.timetable._get_partition_info(pendulum.datetime(2026, 11, 23, tz="UTC"))
    assert key == "2026-11-20"


def test_the_field_an_unusable_checkpoint_s_error_names_is_in_the_form(dag_bag: "DagBag") -> None:
    from isotherm.stream.stream_failure import BEGIN_ANEW_FIELD, failure_of

    params = dag_bag.dags["stream_observations"].params
    assert params.get_param("label").schema["title"] == BEGIN_ANEW_FIELD
    for said in ("[KAFKA_DATA_LOSS.PARTITION_OFFSET_CHANGED] ...", "[CANNOT_LOAD_STATE_STORE] ..."):
        assert BEGIN_ANEW_FIELD in str(failure_of(said, "file:/c"))
