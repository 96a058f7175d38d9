"""Each DAG file parses, is short, explains itself, and asks for what it needs."""

import ast
import logging
import subprocess
import sys
import warnings
from datetime import timedelta
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from isotherm.datasets.facts import FACTS
from isotherm.datasets.registry import DATASETS
from isotherm.local.airflow_database import POOLS
from isotherm.settings import REPOSITORY_ROOT

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

DAG_IDS = {
    "accept_shrunken_files",
    "import_history",
    "ingest_observations",
    "maintain_platform",
    "reconcile_layers",
    "repair_dead_letters",
    "stream_observations",
    "train_temperature_forecast",
    "watch_dead_letters",
    "watch_freshness",
}
DAG_FILES = sorted((REPOSITORY_ROOT / "dags").glob("*.py"))
KNOWN_TAGS = {
    "isotherm",
    "batch",
    "speed",
    "daily",
    "forecast",
    "history",
    "live",
    "repair",
    "watch",
    "maintenance",
    "weekly",
}
ENGINES = ("polars", "pyspark", "pandas", "pyarrow", "hdfs", "confluent_kafka", "pymysql")
MAX_LINES = 120


def test_every_file_parses_and_gives_exactly_these_dags(dag_bag: "DagBag") -> None:
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dags) == DAG_IDS
    assert {file.stem for file in DAG_FILES} == DAG_IDS, "a DAG's id is its file name"


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_a_file_is_a_manual_and_wiring_and_nothing_more(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_LINES
    manual = ast.get_docstring(ast.parse(text)) or ""
    assert manual.startswith("# ")
    for chapter in ("**What it does.**", "**When it fails.**"):
        assert chapter in manual
    assert "doc_md=__doc__" in text


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_a_dag_is_tagged_and_each_task_owned_retried_pooled_and_explained(
    dag_bag: "DagBag", dag_id: str
) -> None:
    dag = dag_bag.dags[dag_id]
    assert dag.doc_md
    assert "isotherm" in dag.tags
    assert dag.tags <= KNOWN_TAGS
    assert dag.catchup is False
    # Runs of the stream wait for its one slot; the first task of each is to look at its form at once.
    assert dag.max_active_runs <= (16 if "live" in dag.tags else 3)
    for task in dag.tasks:
        assert task.owner == "isotherm", task.task_id
        assert task.retries == (3 if task.execution_timeout else 300), task.task_id
        # Of 300 attempts the last one is hours away: the first that fails has to be told of.
        assert bool(task.on_retry_callback) is (task.retries > 3), task.task_id
        # What lasts for months goes on soon however many attempts there were.
        assert task.retry_exponential_backoff == (2 if task.execution_timeout else 0), task.task_id
        assert task.pool in {*POOLS, "default_pool"}, task.task_id
        assert task.pool_slots <= POOLS.get(task.pool, (128, ""))[0], task.task_id
        assert (task.doc_md or "").strip(), task.task_id


def test_downloads_spark_and_stream_run_in_their_pools(dag_bag: "DagBag") -> None:
    pools = {
        (dag_id, task.task_id): (task.pool, task.pool_slots)
        for dag_id, dag in dag_bag.dags.items()
        for task in dag.tasks
    }
    # Two runs of a backfill download at a time, each two files at once.
    assert pools["ingest_observations", "download_files"] == ("noaa", 2)
    assert pools["import_history", "download_years"] == ("noaa", 4)
    for dag_id in ("ingest_observations", "import_history", "accept_shrunken_files"):
        assert pools[dag_id, "summarise_observations"] == ("spark", 1)
        # A load reads what a Spark job rewrites.
        assert pools[dag_id, "load_changes"] == ("spark", 1)
    assert pools["stream_observations", "replay_observations"] == ("stream", 1)
    assert pools["stream_observations", "check_form"] == ("default_pool", 1)


def test_a_reconciliation_runs_alone_beside_no_spark_job_and_cleans_up_whatever_became_of_it(
    dag_bag: "DagBag",
) -> None:
    dag = dag_bag.dags["reconcile_layers"]
    work, clear = dag.get_task("reconcile_days"), dag.get_task("clear_lane")
    assert dag.max_active_runs == 1
    assert (work.pool, work.downstream_task_ids) == ("spark", {"clear_lane"})
    # A teardown runs after a failure, too, and the run fails all the same.
    assert clear.is_teardown
    assert not clear.on_failure_fail_dagrun


def test_the_ledger_is_settled_also_where_no_row_changed_but_not_in_a_run_without_work(
    dag_bag: "DagBag",
) -> None:
    for dag_id in ("ingest_observations", "import_history"):
        settle = dag_bag.dags[dag_id].get_task("settle_ledger")
        assert settle.trigger_rule == "none_failed", dag_id
        assert settle.upstream_task_ids == {"load_changes"}, dag_id
    download = dag_bag.dags["ingest_observations"].get_task("download_files")
    assert download.ignore_downstream_trigger_rules, "all after it is skipped, whatever its rule"


@pytest.mark.parametrize(
    ("dag_id", "first_tasks"),
    [
        ("ingest_observations", ["download_files"]),
        ("import_history", ["plan_import", "download_years"]),
    ],
)
def test_the_tasks_stand_in_one_chain(dag_bag: "DagBag", dag_id: str, first_tasks: list[str]) -> None:
    dag = dag_bag.dags[dag_id]
    checks = {"check_rows", "check_columns", "check_files"}
    chain = [*first_tasks, "summarise_observations", "load_changes"]
    for before, after in pairwise(chain):
        # The plan also says to Spark's task of each part which one that is.
        assert dag.task_dict[after].upstream_task_ids - {"plan_import"} == {before} - {"plan_import"}
    for check in checks:
        assert dag.task_dict[check].upstream_task_ids == {"load_changes"}
    assert dag.task_dict["publish_days"].upstream_task_ids == {*checks, "load_changes"}
    assert dag.task_dict["settle_ledger"].upstream_task_ids == {"load_changes"}
    # The load of all others does not wait for an answer.
    assert dag.task_dict["ask_about_rejects"].upstream_task_ids == {"summarise_observations"}
    assert dag.task_dict["ask_about_rejects"].downstream_task_ids == set()
    # Beside the others: what a wrong id leaves undone is told, and holds up nothing.
    assert dag.task_dict["check_station_ids"].upstream_task_ids == {first_tasks[-1]}
    assert dag.task_dict["check_station_ids"].downstream_task_ids == set()
    others = {"ask_about_rejects", "publish_days", "settle_ledger", "check_station_ids"}
    others |= {"compare_with_estimate"} if dag_id == "import_history" else set()
    assert {task.task_id for task in dag.tasks} == {*chain, *checks, *others}
    # Where one is skipped because nothing is left, the rest is.
    own_rule = {"settle_ledger", "load_changes", "ask_about_rejects"}
    rest = [task for task in dag.tasks if task.task_id not in own_rule]
    assert {task.trigger_rule for task in rest} == {"all_success"}
    # Of several parts some may have had nothing to do.
    assert dag.task_dict["load_changes"].trigger_rule == "none_failed_min_one_success"


def test_an_import_works_through_each_part_while_the_next_one_comes(dag_bag: "DagBag") -> None:
    dag = dag_bag.dags["import_history"]
    group = dag.task_group.children["import_part"]
    assert set(group.children) == {"download_years", "summarise_observations"}
    assert dag.task_dict["summarise_observations"].get_closest_mapped_task_group() is group


@pytest.mark.parametrize("dag_id", ["ingest_observations", "import_history"])
def test_a_run_that_is_further_goes_first(dag_bag: "DagBag", dag_id: str) -> None:
    tasks = dag_bag.dags[dag_id].task_dict
    assert {str(task.weight_rule) for task in tasks.values()} == {"upstream"}
    # What counts is the number of tasks before it.
    before = {name: len(task.get_flat_relative_ids(upstream=True)) for name, task in tasks.items()}
    assert before["summarise_observations"] < before["load_changes"] < before["check_rows"]


def test_parsing_a_dag_file_imports_no_engine() -> None:
    program = (
        "import runpy, sys\n"
        f"for path in {[str(path) for path in DAG_FILES]!r}:\n"
        "    runpy.run_path(path)\n"
        f"print(*[name for name in {ENGINES!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_what_the_checks_know_of_datasets_is_what_the_registry_has() -> None:
    assert [(one.name, one.quality) for one in DATASETS] == [(one.name, one.quality) for one in FACTS]


def test_the_daily_run_asks_for_the_newest_day_that_noaa_has_published(dag_bag: "DagBag") -> None:
    delay_days = max(one.publishing_delay / timedelta(days=1) for one in DATASETS)
    stored = dag_bag.dags["ingest_observations"].timetable.serialize()
    assert stored["days_back"] == ceil(delay_days) + 1 == 3


@pytest.mark.parametrize("dag_id", ["import_history", "ingest_observations"])
def test_a_checks_log_is_about_the_check(
    dag_bag: "DagBag", dag_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.models.connection import Connection

    connector = logging.getLogger("mysql.connector")
    monkeypatch.setattr(connector, "level", logging.INFO)
    for name in ("check_rows", "check_columns", "check_files"):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            hook = dag_bag.dags[dag_id].task_dict[name]._pre_execute_hook
            assert hook is not None
            hook({})
            Connection(conn_id="one", conn_type="mysql", host="localhost").get_hook()
        assert [str(one.message) for one in told if "ProvidersManager" in str(one.message)] == []
        assert not connector.isEnabledFor(logging.INFO)
        assert connector.isEnabledFor(logging.WARNING)
        connector.setLevel(logging.INFO)
