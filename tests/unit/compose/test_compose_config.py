"""Level 2: `docker compose config` itself reads the file, where a compose v2 is found."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from compose_file import CLUSTER, COMPOSE_FILE, ENV_EXAMPLE, SHAPES, all_services, long_running

from compose_program import find_compose
from isotherm.settings import REPOSITORY_ROOT


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """The compose command, else a skip that says what is missing."""
    command = find_compose()
    if command is None:
        pytest.skip("no `docker compose` v2 on this machine: interpolation and references unchecked")
    return command


@pytest.fixture(scope="module", params=SHAPES, ids=["one of each", "cluster"])
def shape(request: pytest.FixtureRequest) -> str:
    """The profile: none, or that of several servers of a kind."""
    return str(request.param)


@pytest.fixture(scope="module")
def filled_env(shape: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .env as docker/make_env.py writes it."""
    path = tmp_path_factory.mktemp("compose") / "filled.env"
    program = REPOSITORY_ROOT / "docker" / "make_env.py"
    options = ["--cluster"] if shape == CLUSTER else []
    subprocess.run(["python3", str(program), *options, str(path)], check=True, capture_output=True)
    return path


def config(compose: list[str], env_file: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """`compose config` with nothing but this environment file."""
    return subprocess.run(
        [*compose, "--file", str(COMPOSE_FILE), "--env-file", str(env_file), "config", *options],
        capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )  # fmt: skip


def test_compose_accepts_the_file_with_generated_secrets(compose: list[str], filled_env: Path) -> None:
    result = config(compose, filled_env, "--quiet")
    assert result.returncode == 0, result.stderr


def test_compose_refuses_to_start_without_secrets_and_says_how_to_make_them(compose: list[str]) -> None:
    result = config(compose, ENV_EXAMPLE, "--quiet")
    assert result.returncode != 0
    assert "run python3 docker/make_env.py" in result.stderr


def test_the_merged_file_still_has_what_the_rules_ask_for(
    compose: list[str], filled_env: Path, shape: str
) -> None:
    merged: dict[str, Any] = json.loads(config(compose, filled_env, "--format", "json").stdout)
    # Volumes bear the project's name: those of one shape are not taken for the other's.
    assert merged["name"] == ("isotherm-cluster" if shape == CLUSTER else "isotherm")
    assert set(merged["services"]) == set(all_services(shape))
    for name in long_running(shape):
        service = merged["services"][name]
        assert service["cap_drop"] == ["ALL"]
        assert service["healthcheck"]["test"]
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1"
    scheduler = merged["services"]["airflow-scheduler"]["environment"]
    ours = all_services(shape)["airflow-scheduler"]["environment"]
    for name in ("ISOTHERM_CLUSTER", "ISOTHERM_SPARK_MASTER", "ISOTHERM_KAFKA_BOOTSTRAP_SERVERS"):
        assert scheduler[name] == ours[name]
    mysql = json.loads(scheduler["AIRFLOW_CONN_ISOTHERM_MYSQL"])
    assert mysql["password"] == merged["services"]["mysql"]["environment"]["MYSQL_PASSWORD"]
