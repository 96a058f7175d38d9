"""What every service of docker-compose.yaml must have, asserted on the parsed file."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from compose_file import (
    CLUSTER,
    COMPOSE_FILE,
    DOCKERFILES,
    FIRST_RUN,
    VARIABLE,
    all_services,
    cluster_settings,
    example_settings,
    is_one_shot,
    long_running,
    read_compose,
)

from isotherm.settings import REPOSITORY_ROOT

PROGRAMS = Path(sys.executable).parent
# Those of the profile `cluster` are all there are.
SERVICES = sorted(all_services(CLUSTER))
LONG_RUNNING = sorted(long_running(CLUSTER))


def check(*command: str) -> None:
    """Run a linter of the virtual environment; its words are the failure."""
    result = subprocess.run(
        [str(PROGRAMS / command[0]), *command[1:]],
        cwd=REPOSITORY_ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_file_follows_the_compose_specification() -> None:
    check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE_FILE))


def test_a_misspelt_key_is_found_by_the_schema(tmp_path: Path) -> None:
    broken = tmp_path / "compose.yaml"
    broken.write_text(COMPOSE_FILE.read_text().replace("start_period:", "start_peroid:"))
    with pytest.raises(AssertionError, match="start_peroid"):
        check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(broken))


def test_the_yaml_is_tidy_and_has_no_key_twice() -> None:
    check("yamllint", "--strict", "-d", "{extends: default, rules: {line-length: disable, "
          "document-start: disable, braces: {max-spaces-inside: 0}}}", str(COMPOSE_FILE))  # fmt: skip


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_dockerfiles_pass_hadolint(dockerfile: Path) -> None:
    check("hadolint", str(dockerfile))


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name: str) -> None:
    service = all_services(CLUSTER)[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["init"] is True
    assert service["read_only"] is True
    assert all("size=" in one for one in service["tmpfs"])
    assert service["pids_limit"] > 0
    assert "mem_limit" in service
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert "privileged" not in service
    assert not any("docker.sock" in volume for volume in service.get("volumes", []))
    # Refused on machines without CAP_SYS_RESOURCE: the container would not start.
    assert not {"ulimits", "oom_score_adj"} & set(service)


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_and_run_as_a_numeric_user(name: str) -> None:
    service = all_services(CLUSTER)[name]
    _, _, tag = service["image"].partition(":")
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    if "build" in service:
        assert service["user"] == "10001:0"
        assert (REPOSITORY_ROOT / service["build"]["dockerfile"]).is_file()
    else:
        assert tag[0].isdigit(), f"{service['image']}: an official image needs an exact version"
        assert tag.count(".") >= 1


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_every_long_running_service_is_watched_restarted_and_given_time_to_stop(name: str) -> None:
    service = long_running(CLUSTER)[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    # More retries hide a dead server for minutes; the slow start has its own period.
    assert service["healthcheck"]["retries"] <= 3
    assert int(service["stop_grace_period"].removesuffix("s")) >= 30


def test_one_shots_end_and_are_not_restarted() -> None:
    one_shots = {name for name in SERVICES if is_one_shot(name)}
    assert one_shots == {
        "airflow-init", "hdfs-folders", "hdfs-format", "kafka-topics", "mysql-migrate", FIRST_RUN
    }  # fmt: skip
    for name in one_shots:
        assert "restart" not in all_services(CLUSTER)[name]
        assert "healthcheck" not in all_services(CLUSTER)[name]


def test_ports_are_published_on_loopback_only_and_only_for_people() -> None:
    published = {name: one["ports"] for name, one in all_services(CLUSTER).items() if one.get("ports")}
    assert set(published) == {"api", "airflow-api-server"}
    for ports in published.values():
        assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_up_shows_is_the_first_run_which_waits_for_every_server_with_a_task() -> None:
    shown = {name for name, one in all_services(CLUSTER).items() if one.get("attach", True)}
    assert shown == {FIRST_RUN}
    assert set(LONG_RUNNING) <= all_before(FIRST_RUN)


def all_before(name: str) -> set[str]:
    """What a service waits for, and what that waits for."""
    waited_for = set(all_services(CLUSTER)[name].get("depends_on", {}))
    return waited_for.union(*map(all_before, waited_for))


def test_only_what_needs_it_leaves_the_internal_network() -> None:
    assert read_compose()["networks"]["backend"]["internal"] is True
    outside = {name for name, one in all_services(CLUSTER).items() if "edge" in one["networks"]}
    assert outside == {"api", "airflow-api-server", "airflow-scheduler", FIRST_RUN}


@pytest.mark.parametrize("name", SERVICES)
def test_dependencies_exist_and_are_waited_for_properly(name: str) -> None:
    for other, wanted in all_services(CLUSTER)[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if is_one_shot(other) else "service_healthy"
        assert wanted["condition"] == expected
        assert other in SERVICES
        # One that only the cluster has is waited for there alone.
        in_both = other in all_services() or name not in all_services()
        assert wanted.get("required", True) is in_both


def test_every_volume_is_named_and_declared() -> None:
    declared = set(read_compose()["volumes"])
    used = {v.split(":")[0] for one in all_services(CLUSTER).values() for v in one.get("volumes", [])}
    assert used == declared


def test_every_secret_is_required_and_has_no_default() -> None:
    found = {match["name"]: match["kind"] for match in VARIABLE.finditer(COMPOSE_FILE.read_text())}
    required = {name for name, kind in found.items() if kind == "?"}
    example = example_settings()
    assert required == {name for name, value in example.items() if not value}
    assert set(found) == {*example, *cluster_settings()}
    assert not [name for name in set(found) - required if "PASSWORD" in name or "SECRET" in name]
