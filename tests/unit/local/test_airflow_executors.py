"""What is rendered for Airflow on several machines: by real schemas, and from no second list."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from compose_program import find_compose
from isotherm.local.airflow_executors import CHART_S_OWN, celery_overlay, kubernetes_values, task_pod
from isotherm.local.servers.airflow import airflow_settings
from isotherm.settings import REPOSITORY_ROOT, Settings

COMPOSE = REPOSITORY_ROOT / "docker-compose.yaml"
PARTS = {
    "airflow-init", "airflow-api-server", "airflow-scheduler", "airflow-dag-processor",
    "airflow-triggerer",
}  # fmt: skip


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    """The settings of a product whose servers are on other machines."""
    return Settings(
        state_dir=tmp_path, kafka_bootstrap_servers="kafka:9092", hdfs_uri="hdfs://namenode:8020",
        spark_master="spark://master:7077", mysql_host="mysql", mysql_password="not-to-be-shown",
    )  # fmt: skip


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """The compose file of Celery."""
    path = tmp_path / "celery.yaml"
    path.write_text(celery_overlay())
    return path


def test_celery_s_file_follows_the_compose_specification(overlay: Path) -> None:
    check = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema"]
    ended = subprocess.run(
        [*check, "vendor.compose-spec", str(overlay)], capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


def test_every_part_of_airflow_and_the_worker_know_celery(overlay: Path) -> None:
    services = yaml.safe_load(overlay.read_text())["services"]
    told = {name: one["environment"] for name, one in services.items() if name in PARTS}
    assert told.keys() == PARTS
    assert len({json.dumps(one) for one in told.values()}) == 1
    (changed,) = {json.dumps(one) for one in told.values()}
    scheduler = yaml.safe_load(COMPOSE.read_text())["services"]["airflow-scheduler"]
    worker = services["airflow-worker"]
    (driver,) = worker["networks"]["backend"]["aliases"]
    own = {"ISOTHERM_SPARK_DRIVER_HOST": driver}
    assert worker["environment"] == {**scheduler["environment"], **json.loads(changed), **own}
    assert scheduler["networks"]["backend"]["aliases"] != [driver]
    # A stream's task may run for weeks; Redis would give it to another worker after that time.
    timeout = worker["environment"]["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT"]
    assert int(timeout) > 30 * 86_400
    for one in (worker, services["airflow-redis"]):
        assert (one["cap_drop"], one["read_only"]) == (["ALL"], True)
        assert one["healthcheck"]["test"]
        assert "ports" not in one


def test_compose_takes_celery_s_file_over_its_own(overlay: Path, tmp_path: Path) -> None:
    compose = find_compose()
    if compose is None:
        pytest.skip("no `docker compose` v2 on this machine: the merge of both files is unchecked")
    program = REPOSITORY_ROOT / "docker" / "make_env.py"
    subprocess.run(
        ["python3", str(program), str(tmp_path / "one.env")], check=True, capture_output=True
    )
    command = [*compose, "--file", str(COMPOSE), "--file", str(overlay)]
    command += ["--env-file", str(tmp_path / "one.env"), "config", "--format", "json"]
    environment = {"PATH": os.environ["PATH"], "AIRFLOW_REDIS_PASSWORD": "one-of-a-test"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    services = json.loads(ended.stdout)["services"]
    broker = services["airflow-worker"]["environment"]["AIRFLOW__CELERY__BROKER_URL"]
    assert broker == "redis://:one-of-a-test@airflow-redis:6379/0"
    assert services["airflow-scheduler"]["environment"]["AIRFLOW__CELERY__BROKER_URL"] == broker
    assert "airflow-redis" in services["airflow-scheduler"]["depends_on"]


def test_a_task_s_pod_is_one_that_kubernetes_knows(elsewhere: Settings) -> None:
    kubernetes = pytest.importorskip("kubernetes_validate", reason="no kubernetes-validate here")
    pod = task_pod(elsewhere)
    kubernetes.validate(pod, "1.37", strict=True)
    pod["spec"]["containers"][0]["volumeMount"] = []
    with pytest.raises(kubernetes.ValidationError):
        kubernetes.validate(pod, "1.37", strict=True)


def test_the_chart_is_given_airflow_s_settings_and_the_addresses(elsewhere: Settings) -> None:
    values = yaml.safe_load(kubernetes_values(elsewhere))
    pod = yaml.safe_load(values["podTemplate"])
    assert pod == task_pod(elsewhere)
    for given in (values["env"], pod["spec"]["containers"][0]["env"]):
        told = {one["name"]: one["value"] for one in given}
        ours = airflow_settings(elsewhere)
        assert set(ours) - set(told) - CHART_S_OWN == set()
        different = {name for name in set(ours) & set(told) if ours[name] != told[name]}
        assert all("FOLDER" in name or name in CHART_S_OWN for name in different)
        assert told["ISOTHERM_KAFKA_BOOTSTRAP_SERVERS"] == "kafka:9092"
        assert told["ISOTHERM_SPARK_MASTER"] == "spark://master:7077"
        assert str(elsewhere.state_dir) not in str(told)


def test_no_secret_is_shown(elsewhere: Settings) -> None:
    shown = kubernetes_values(elsewhere) + celery_overlay()
    assert "not-to-be-shown" not in shown
    assert_all_passwords_are_variables(yaml.safe_load(celery_overlay()))


def assert_all_passwords_are_variables(document: Any) -> None:  # noqa: ANN401 - YAML
    for name, one in document["services"].items():
        for key, value in one.get("environment", {}).items():
            if "PASSWORD" in key and not key.endswith("_FILE"):
                assert str(value).startswith("${"), (name, key)
