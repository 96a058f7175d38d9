"""Every setting reaches every process, no secret does, and servers elsewhere are not started."""

import pwd
from pathlib import Path

import pytest
from pydantic import SecretStr

from isotherm.errors import ServerStartError, SettingsError
from isotherm.local.checks import other_people
from isotherm.local.environment import base_environment
from isotherm.local.secret_files import make_secrets, read_secret
from isotherm.local.servers import all_servers
from isotherm.local.servers.elsewhere import servers_elsewhere
from isotherm.settings import Settings

GIVEN = {
    "archive": "simulated", "port_base": 26000, "api_url": "https://weather.example",
    "api_host": "10.0.0.1", "airflow_url": "https://airflow.example", "sink_host": "10.0.0.2",
    "airflow_api_url": "http://airflow:8080", "sink_url": "http://sink:8081",
    "kafka_bootstrap_servers": "kafka:9092", "hdfs_url": "http://namenode:9870",
    "hdfs_uri": "hdfs://namenode:8020", "hdfs_user": "weather", "spark_master": "spark://master:7077",
    "spark_python": "/opt/python", "spark_driver_host": "10.0.0.7",
    "cluster": True, "spark_batch_cores": 6, "spark_stream_cores": 3,
    "checkpoint_uri": "hdfs://namenode:8020/checkpoints", "mysql_host": "db", "mysql_port": 3306,
    "mysql_user": "weather", "mysql_database": "climate",
    "past_years_within_days": 7, "stale_after_h": 48, "neighbour_check": False, "year_archive_from": 20,
    "max_rejected_share": 0.125, "follow_interval_s": 60.5,
    "api_workers": 3, "forecast_years": 7, "forecast_trees": True,
    "forecasts_kept_days": 500, "hindcasts_kept_days": 40, "forecast_scores_kept_days": 900,
    "forecast_stations": 20, "forecast_wait_s": 2.5, "hindcast_every_h": 3,
    "lineage": "http://marquez:5000",
}  # fmt: skip


def test_every_setting_reaches_a_process_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Settings(
        **GIVEN,
        state_dir=tmp_path / "a state",
        tools_dir=tmp_path / "tools",
        runtime_dir=tmp_path / "run",
        mysql_password=SecretStr("correct horse"),
        notify_url=SecretStr("json://battery:staple@example"),
    )
    assert {*GIVEN, "state_dir", "tools_dir", "runtime_dir", "mysql_password", "notify_url"} == set(
        Settings.model_fields
    ), "a new setting: add it here"
    environment = base_environment(given, {"PATH": "/bin", "ISOTHERM_MYSQL_HOST": "stale"})
    assert "correct horse" not in str(environment)
    assert "staple" not in str(environment)
    for name, value in environment.items():
        if name.startswith("ISOTHERM_"):
            monkeypatch.setenv(name, value)
    received = Settings(
        mysql_password=SecretStr("correct horse"), notify_url=SecretStr("json://battery:staple@example")
    )
    assert received == given


def test_a_password_in_the_environment_becomes_the_file_processes_read(tmp_path: Path) -> None:
    generated = Settings(state_dir=tmp_path, archive="simulated")
    make_secrets(generated)
    first = read_secret(generated, "isotherm_mysql_password")
    assert len(first) >= 18
    make_secrets(Settings(state_dir=tmp_path, mysql_password=SecretStr("of the database")))
    assert read_secret(generated, "isotherm_mysql_password") == "of the database"
    make_secrets(generated)
    assert read_secret(generated, "isotherm_mysql_password") == "of the database"


def test_the_address_of_notices_becomes_a_file_only_its_owner_reads(tmp_path: Path) -> None:
    make_secrets(Settings(state_dir=tmp_path, archive="simulated"))
    file = tmp_path / "secrets" / "isotherm_notify_url"
    assert not file.exists(), "nobody can generate it"
    make_secrets(Settings(state_dir=tmp_path, notify_url=SecretStr("json://battery:staple@example")))
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("json://battery:staple@example", 0o600)
    again = Settings(state_dir=tmp_path, _secrets_dir=tmp_path / "secrets")
    assert again.notify_url.get_secret_value() == "json://battery:staple@example"
    assert "staple" not in f"{again} {again.as_environment()} {again.differing()}"


@pytest.mark.parametrize(
    ("given", "name", "missing"),
    [
        ({"kafka_bootstrap_servers": "kafka:9092"}, "kafka", {"kafka"}),
        ({"mysql_host": "db.example"}, "mysql", {"mysql"}),
        ({"mysql_port": 3306}, "mysql", {"mysql"}),
        (
            {"hdfs_url": "http://namenode:9870", "hdfs_uri": "hdfs://namenode:8020"},
            "hdfs-datanode",
            {"hdfs-namenode", "hdfs-datanode"},
        ),
    ],
)
def test_a_server_that_is_elsewhere_is_not_started_here(
    tmp_path: Path, given: dict[str, object], name: str, missing: set[str]
) -> None:
    local = {one.name for one in all_servers(Settings(state_dir=tmp_path))}
    settings = Settings(state_dir=tmp_path, **given)  # type: ignore[arg-type]
    assert local - {one.name for one in all_servers(settings)} == missing
    assert [one.name for one in servers_elsewhere(settings)] == [name]


def test_the_local_servers_are_not_taken_for_others(tmp_path: Path) -> None:
    for given in ({}, {"port_base": 26000}, {"mysql_host": "localhost"}, {"mysql_user": "me"}):
        assert servers_elsewhere(Settings(state_dir=tmp_path, **given)) == []  # type: ignore[arg-type]


def test_half_of_an_hdfs_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Set both, or neither"):
        servers_elsewhere(Settings(state_dir=tmp_path, hdfs_uri="hdfs://namenode:8020"))


def test_a_server_elsewhere_that_does_not_answer_is_named_with_what_to_do(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, mysql_port=1, archive="simulated")
    make_secrets(settings)
    mysql = servers_elsewhere(settings)[0]
    said: list[str] = []
    with pytest.raises(ServerStartError, match=r"127\.0\.0\.1:1 .*did not answer.*unset"):
        mysql.ensure(said.append, wait_s=0)
    assert said == ["not started here: 127.0.0.1:1 (ISOTHERM_MYSQL_HOST, …_PORT)"]


def test_people_who_can_log_in_are_told_from_services() -> None:
    def account(name: str, number: int, shell: str) -> pwd.struct_passwd:
        return pwd.struct_passwd((name, "x", number, number, "", "/", shell))

    accounts = [
        account("root", 0, "/bin/bash"),
        account("daemon", 1, "/usr/sbin/nologin"),
        account("ann", 12345, "/bin/bash"),
        account("plain", 12346, ""),
        account("mail", 12347, "/bin/false"),
        account("nobody", 65534, "/bin/bash"),
    ]
    assert other_people(accounts) == ["ann", "plain"]


@pytest.mark.parametrize("master", ["local[2]", "local[*]", "local"])
def test_a_driver_with_executors_of_its_own_is_on_loopback(tmp_path: Path, master: str) -> None:
    environment = base_environment(Settings(state_dir=tmp_path, spark_master=master), {})
    assert environment["SPARK_LOCAL_IP"] == "127.0.0.1"
    assert environment["SPARK_LOCAL_HOSTNAME"] == "localhost"


@pytest.mark.parametrize("master", ["spark://master:7077", "yarn", "k8s://https://cluster:6443"])
def test_a_driver_of_a_cluster_can_be_reached_by_its_executors(tmp_path: Path, master: str) -> None:
    environment = base_environment(Settings(state_dir=tmp_path, spark_master=master), {})
    assert not [name for name in environment if name.startswith("SPARK_LOCAL")]
