"""Settings: one variable moves all ports, secrets come from files, mistakes say which variable."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from isotherm.errors import SettingsError
from isotherm.settings import PortOffset, Settings, default_runtime_dir, load_settings, resolve_archive


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in [one for one in os.environ if one.upper().startswith("ISOTHERM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ISOTHERM_STATE_DIR", str(tmp_path / "state"))
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def test_one_variable_moves_every_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOTHERM_PORT_BASE", "26000")
    settings = load_settings()
    assert settings.api_url == "http://127.0.0.1:26000"
    assert settings.airflow_url == "http://127.0.0.1:26001"
    assert settings.kafka_bootstrap_servers == "127.0.0.1:26010"
    assert settings.hdfs_uri == "hdfs://127.0.0.1:26020"
    assert settings.hdfs_url == "http://127.0.0.1:26021"
    assert settings.mysql_port == 26030
    assert len(set(PortOffset)) == len(PortOffset.__members__)


def test_an_address_that_is_given_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOTHERM_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
    monkeypatch.setenv("ISOTHERM_MYSQL_HOST", "mysql")
    monkeypatch.setenv("ISOTHERM_MYSQL_PORT", "3306")
    settings = load_settings()
    assert settings.kafka_bootstrap_servers == "kafka:9092"
    assert (settings.mysql_host, settings.mysql_port) == ("mysql", 3306)


def test_folders_follow_the_state_folder(tmp_path: Path) -> None:
    settings = load_settings()
    state = (tmp_path / "state").resolve()
    assert (settings.logs_dir, settings.secrets_dir) == (state / "logs", state / "secrets")
    assert settings.checkpoint_uri == (state / "checkpoints").as_uri()


def test_socket_paths_stay_short_and_differ_between_state_folders(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["a-rather-long-folder-name"] * 8)
    one, other = default_runtime_dir(deep), default_runtime_dir(tmp_path)
    assert one != other
    assert len(str(one / "observation.sock")) < 107


def test_a_secret_is_read_from_its_file_and_not_shown(tmp_path: Path) -> None:
    secrets = tmp_path / "state" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "isotherm_mysql_password").write_text("correct horse")
    settings = load_settings()
    assert settings.mysql_password.get_secret_value() == "correct horse"
    assert "correct horse" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"), [("ISOTHERM_PORT_BASE", "80"), ("ISOTHERM_PORT_BASE", "many")]
)
def test_a_malformed_value_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"{variable}='{value}'") as raised:
        load_settings()
    assert "Correct or unset" in str(raised.value)


def test_settings_do_not_change_once_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().port_base = 1  # type: ignore[misc]
    assert load_settings() is load_settings()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("noaa", "noaa"),
        ("simulated", "simulated"),
        ("https://example.org/mirror/", "https://example.org/mirror"),
        ("/data/noaa/", "/data/noaa"),
    ],
)
def test_an_archive_has_one_lasting_name(given: str, kept: str) -> None:
    assert resolve_archive(given) == kept
    assert Settings(archive=given).archive == kept


def test_a_relative_archive_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve_archive("here") == str(tmp_path.resolve() / "here")


def test_the_pure_core_imports_no_engine() -> None:
    program = (
        "import sys, isotherm.station, isotherm.observation, isotherm.quality, isotherm.hourly_summary,"
        "isotherm.messages, isotherm.settings, isotherm.errors;"
        "engines = 'pyspark polars pandas pyarrow sqlalchemy confluent_kafka airflow hdfs'.split();"
        "print([name for name in engines if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
