"""What alerts and panels ask for is there: every metric, in a scrape of the running product."""

import shutil
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from isotherm.settings import REPOSITORY_ROOT
from promql import RULES, SCRAPES, Asked, asked_by, panel_expressions, without_variables
from running_product import RunningProduct
from servers.prometheus_server import Prometheus, addresses, running_prometheus

pytestmark = pytest.mark.end_to_end

# What Prometheus itself adds to a scrape.
OF_PROMETHEUS = {"up"}
LABELS_OF_PROMETHEUS = {"job", "instance"}
PART_OF_HISTOGRAM = ("_bucket", "_sum", "_count", "_total")


@pytest.fixture(scope="module")
def scrapes(stack: RunningProduct) -> dict[str, list[Metric]]:
    """Every job of prometheus.yaml, at this product's ports."""
    found = {}
    for job in SCRAPES["scrape_configs"]:
        address = addresses(stack.settings)[job["job_name"]]
        url = f"http://{address}{job.get('metrics_path', '/metrics')}"
        text = httpx.get(url, timeout=60, trust_env=False).raise_for_status().text
        found[job["job_name"]] = list(text_string_to_metric_families(text))
    return found


@pytest.fixture(scope="module")
def prometheus(stack: RunningProduct, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """The real one, once it has scraped the product and evaluated the rules."""
    if shutil.which("prometheus") is None:
        pytest.skip("no prometheus on this machine (Debian's package of that name)")
    with running_prometheus(stack.settings, tmp_path_factory.mktemp("prometheus")) as one:
        one.wait()
        yield one


def names_of(families: list[Metric]) -> dict[str, set[str]]:
    """Every name that can be asked for, with the labels its samples have."""
    found: dict[str, set[str]] = {}
    for family in families:
        for name in (family.name, *(f"{family.name}{end}" for end in PART_OF_HISTOGRAM)):
            found.setdefault(name, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def all_asked() -> list[Asked]:
    expressions = [*(rule["expr"] for rule in RULES), *(one for _, one in panel_expressions())]
    return sorted({one for text in expressions for one in asked_by(text)}, key=repr)


def test_every_metric_of_an_alert_or_panel_is_scraped(scrapes: dict[str, list[Metric]]) -> None:
    names = {name: labels for one in scrapes.values() for name, labels in names_of(one).items()}
    assert [one.name for one in all_asked() if one.name not in {*names, *OF_PROMETHEUS}] == []
    wrong = [
        one
        for one in all_asked()
        if names.get(one.name) and one.labels - LABELS_OF_PROMETHEUS - names[one.name]
    ]
    assert wrong == []


def test_jobs_are_named_as_the_alerts_name_them(scrapes: dict[str, list[Metric]]) -> None:
    said = " ".join(rule["expr"] for rule in RULES)
    assert [job for job in scrapes if f'job="{job}"' not in said] == []


def test_airflow_tells_of_its_parts_and_of_every_dag(scrapes: dict[str, list[Metric]]) -> None:
    families = {one.name: one for one in scrapes["isotherm-airflow"]}
    beats = families["isotherm_airflow_heartbeat_timestamp_seconds"].samples
    parts = {one.labels["part"] for one in beats}
    assert {"SchedulerJob", "TriggererJob", "DagProcessorJob"} <= parts
    ends = families["isotherm_airflow_run_ended_timestamp_seconds"].samples
    imported = [
        one.value for one in ends if one.labels == {"dag_id": "import_history", "state": "success"}
    ]
    assert imported[0] > 0
    dags = {one.labels["dag_id"] for one in families["isotherm_airflow_dag_paused"].samples}
    assert dags == {one.stem for one in (REPOSITORY_ROOT / "dags").glob("*.py")}


def test_the_api_tells_of_the_ledger_and_the_stream(scrapes: dict[str, list[Metric]]) -> None:
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in scrapes["isotherm-api"]
        for sample in family.samples
    }
    for layer in ("batch", "speed"):
        for what in ("lost", "doubled"):
            name = f"isotherm_ledger_{what}_observations"
            assert (name, ("layer", layer), ("rule", "routine")) in samples
    states = {key[1][1]: value for key, value in samples.items() if key[0] == "isotherm_stream_state"}
    assert sum(states.values()) == 1
    assert samples["isotherm_api_mysql_up",] == 1


def test_prometheus_scrapes_every_job_and_evaluates_every_rule(prometheus: Prometheus) -> None:
    targets = prometheus.get("/targets")["activeTargets"]
    jobs = {one["labels"]["job"]: (one["health"], one["lastError"]) for one in targets}
    assert jobs == {one["job_name"]: ("up", "") for one in SCRAPES["scrape_configs"]}
    rules = prometheus.rules()
    assert {one["name"] for one in rules} == {one["alert"] for one in RULES}
    assert [(one["name"], one["lastError"]) for one in rules if one["health"] != "ok"] == []


def test_prometheus_answers_the_query_of_every_panel(
    prometheus: Prometheus, scrapes: dict[str, list[Metric]]
) -> None:
    for _, expression in panel_expressions():
        prometheus.get("/query", query=without_variables(expression))
    stored = set(prometheus.get("/label/__name__/values"))
    # What has no sample yet, a histogram nobody has filled, is no series.
    sampled = {
        one.name for families in scrapes.values() for family in families for one in family.samples
    }
    asked = {one.name for one in all_asked()}
    assert stored >= OF_PROMETHEUS
    assert (asked & sampled) - stored == set()
