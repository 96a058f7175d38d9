"""A second shell with nothing set finds what the first one started; what it says else is told."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from isotherm.errors import SettingsError
from isotherm.local.command_settings import settings_for_up, settings_in_use
from isotherm.local.folders import claim_state_dir, record_settings
from isotherm.local.processes import ProcessIdentity
from isotherm.local.record import Record, RecordFile
from isotherm.settings import FOLDER_RECORD, REPOSITORY_ROOT, Settings, load_settings


@pytest.fixture
def state_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A new state folder that the environment names, and nothing else of Isotherm in it."""
    for name in [one for one in os.environ if one.startswith("ISOTHERM_")]:
        monkeypatch.delenv(name)
    # Commands change the environment of their own process: here it is put back.
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ["ISOTHERM_STATE_DIR"] = str(tmp_path / "state")
    load_settings.cache_clear()
    yield tmp_path / "state"
    load_settings.cache_clear()


def shell(**variables: str) -> None:
    """Another shell: only these variables, beside the state folder's."""
    for name in [one for one in os.environ if one.startswith("ISOTHERM_")]:
        if name != "ISOTHERM_STATE_DIR":
            del os.environ[name]
    os.environ.update({f"ISOTHERM_{name.upper()}": value for name, value in variables.items()})
    load_settings.cache_clear()


def started(**variables: str) -> Settings:
    """What a first shell started with these variables."""
    shell(archive="simulated", **variables)
    settings = load_settings()
    claim_state_dir(settings)
    record_settings(settings)
    return settings


def running(settings: Settings) -> None:
    """Let this very process stand for the supervisor of what runs."""
    RecordFile(settings).write(Record(supervisor=ProcessIdentity.of(os.getpid())))


def test_every_setting_that_is_not_the_default_holds_in_a_shell_with_nothing_set(
    state_dir: Path, tmp_path: Path
) -> None:
    given = {
        "port_base": "26100", "api_url": "https://weather.example", "api_host": "127.0.0.2",
        "airflow_url": "https://airflow.example", "sink_host": "127.0.0.2",
        "airflow_api_url": "http://airflow:8080", "sink_url": "http://sink:8081",
        "kafka_bootstrap_servers": "kafka:9092", "hdfs_url": "http://namenode:9870",
        "hdfs_uri": "hdfs://namenode:9000", "hdfs_user": "me", "spark_master": "local[3]",
        "spark_python": "/opt/python", "spark_driver_host": "10.0.0.7",
        "cluster": "true", "spark_batch_cores": "6", "spark_stream_cores": "3",
        "checkpoint_uri": "hdfs://namenode:9000/checkpoints", "mysql_host": "mysql",
        "mysql_port": "3306", "mysql_user": "me", "mysql_database": "weather",
        "runtime_dir": str(tmp_path / "sockets"), "tools_dir": str(tmp_path / "tools"),
        "past_years_within_days": "7", "stale_after_h": "48", "neighbour_check": "false",
        "year_archive_from": "20", "max_rejected_share": "0.125", "follow_interval_s": "60.5",
        "api_workers": "3", "forecast_years": "7", "forecast_trees": "true",
        "forecasts_kept_days": "500", "hindcasts_kept_days": "40",
        "forecast_scores_kept_days": "900",
        "forecast_stations": "20", "forecast_wait_s": "2.5", "hindcast_every_h": "3",
        "lineage": "http://marquez:5000",
    }  # fmt: skip
    assert {*given, "archive", "state_dir", "mysql_password", "notify_url"} == set(
        Settings.model_fields
    )
    first = started(**given)
    shell()
    assert dict(load_settings()) == dict(first)


def test_what_follows_from_another_setting_is_not_recorded(state_dir: Path) -> None:
    started(port_base="26100")
    assert json.loads((state_dir / FOLDER_RECORD).read_text())["settings"] == {"port_base": 26100}
    shell(port_base="26200")
    assert load_settings().api_url == "http://127.0.0.1:26200"


def test_a_password_is_never_recorded(state_dir: Path) -> None:
    started(mysql_password="correct horse")
    assert "horse" not in (state_dir / FOLDER_RECORD).read_text()
    # Nor that there is one: a row of stars would be the password of the next command.
    assert "password" not in (state_dir / FOLDER_RECORD).read_text()


def test_a_stopped_product_takes_the_new_value_and_the_default_again(state_dir: Path) -> None:
    console = Console(quiet=True)
    started(port_base="26100")
    shell(port_base="26200")
    record_settings(settings_for_up(None, console))
    shell()
    assert settings_for_up(None, console).port_base == 26200
    shell(port_base="24000")
    record_settings(settings_for_up(None, console))
    shell()
    assert settings_in_use().port_base == 24000


def test_up_refuses_to_contradict_what_runs_and_other_commands_ignore_it_in_words(
    state_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    running(started(port_base="26100"))
    shell(port_base="26200")
    with pytest.raises(SettingsError, match="ISOTHERM_PORT_BASE=26200, but they run with 26100"):
        settings_for_up(None, Console(quiet=True))
    assert settings_in_use().port_base == 26100
    assert "ISOTHERM_PORT_BASE=26200 is ignored" in capfd.readouterr().err
    shell(port_base="26100")
    assert settings_for_up(None, Console(quiet=True)).port_base == 26100
    assert settings_in_use().port_base == 26100
    assert not capfd.readouterr().err


def test_a_folder_s_archive_holds_whatever_a_shell_says(
    state_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    started()
    shell()
    assert settings_for_up(None, Console(quiet=True)).archive == "simulated"
    shell(archive="noaa")
    assert settings_in_use().archive == "simulated"
    assert "belongs to simulated" in capfd.readouterr().err


def test_what_an_older_version_started_is_not_contradicted(state_dir: Path) -> None:
    shell(archive="simulated", port_base="26100")
    claim_state_dir(load_settings())
    running(load_settings())
    assert settings_in_use().port_base == 26100


def test_the_bootstrap_script_finds_recorded_tools(state_dir: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools ö, with a blank"
    started(tools_dir=str(tools), runtime_dir=str(tmp_path / "sockets"))
    script = (REPOSITORY_ROOT / "isotherm").read_text()
    beginning = script[: script.index("venv=$tools/venv")]
    environment = {"PATH": os.environ["PATH"], "ISOTHERM_STATE_DIR": str(state_dir)}
    for given, expected in ((None, tools), ("/other", "/other")):
        found = subprocess.run(
            ["bash", "-c", f"{beginning}\nprintf %s \"$tools\""],
            env=environment | ({"ISOTHERM_TOOLS_DIR": given} if given else {}),
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert found.stdout == str(expected)
