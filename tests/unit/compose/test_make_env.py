"""docker/make_env.py: secrets of the right form, private, made once."""

import base64
import stat
import subprocess
from pathlib import Path

from compose_file import cluster_settings, example_settings

from isotherm.settings import REPOSITORY_ROOT

PROGRAM = REPOSITORY_ROOT / "docker" / "make_env.py"


def make_env(target: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run it as a user does, with the system's own Python."""
    return subprocess.run(
        ["python3", str(PROGRAM), *options, str(target)], capture_output=True, text=True, check=False
    )


def read_env(path: Path) -> dict[str, str]:
    """Names and values of an environment file."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_every_empty_value_is_filled_and_the_others_stay(tmp_path: Path) -> None:
    assert make_env(tmp_path / "one.env").returncode == 0
    made, example = read_env(tmp_path / "one.env"), example_settings()
    assert made.keys() == example.keys()
    assert all(made.values())
    assert all(made[name] == value for name, value in example.items() if value)


def test_a_cluster_has_its_settings_beside_all_others(tmp_path: Path) -> None:
    assert make_env(tmp_path / "one.env", "--cluster").returncode == 0
    made = read_env(tmp_path / "one.env")
    assert made.keys() == {*example_settings(), *cluster_settings()}
    assert made.items() >= cluster_settings().items()


def test_the_file_is_private_and_its_secrets_are_new_each_time(tmp_path: Path) -> None:
    make_env(tmp_path / "one.env")
    make_env(tmp_path / "two.env")
    one, two = read_env(tmp_path / "one.env"), read_env(tmp_path / "two.env")
    assert stat.S_IMODE((tmp_path / "one.env").stat().st_mode) == 0o600
    assert all(one[name] != two[name] for name, value in example_settings().items() if not value)


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.env").write_text("MINE=1\n")
    result = make_env(tmp_path / "mine.env")
    assert result.returncode == 1
    assert "left alone" in result.stdout
    assert (tmp_path / "mine.env").read_text() == "MINE=1\n"


def test_the_keys_have_the_form_their_servers_ask_for(tmp_path: Path) -> None:
    make_env(tmp_path / "one.env")
    made = read_env(tmp_path / "one.env")
    assert len(base64.urlsafe_b64decode(made["AIRFLOW_FERNET_KEY"])) == 32
    assert len(base64.urlsafe_b64decode(made["KAFKA_CLUSTER_ID"] + "==")) == 16
    assert len(made["AIRFLOW_JWT_SECRET"]) >= 64
