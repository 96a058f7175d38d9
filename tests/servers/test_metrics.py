"""What alerts and panels ask for is there: every metric, in a scrape of the running product."""

from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from isotherm.settings import REPOSITORY_ROOT, PortOffset, Settings
from promql import RULES, SCRAPES, Asked, asked_by, panel_expressions
from running_product import RunningProduct

pytestmark = pytest.mark.end_to_end

# What Prometheus itself adds to a scrape.
OF_PROMETHEUS = {"up"}
LABELS_OF_PROMETHEUS = {"job", "instance"}
DEFAULT_BASE = Settings.model_fields["port_base"].default
PART_OF_HISTOGRAM = ("_bucket", "_sum", "_count", "_total")


@pytest.fixture(scope="module")
def scrapes(stack: RunningProduct) -> dict[str, list[Metric]]:
    """Every job of prometheus.yaml, at this product's ports."""
    found = {}
    for job in SCRAPES["scrape_configs"]:
        (target,) = job["static_configs"][0]["targets"]
        offset = int(urlsplit(f"//{target}").port or 0) - DEFAULT_BASE
        url = stack.settings.local_url(PortOffset(offset)) + job.get("metrics_path", "/metrics")
        text = httpx.get(url, timeout=60, trust_env=False).raise_for_status().text
        found[job["job_name"]] = list(text_string_to_metric_families(text))
    return found


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
