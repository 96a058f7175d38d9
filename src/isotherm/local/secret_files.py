"""Secrets: generated once, one file of mode 600 each, in a folder of mode 700."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from isotherm.settings import Settings

AIRFLOW_PASSWORDS = "airflow_passwords.json"
AIRFLOW_USERS = {"admin": "admin", "viewer": "viewer"}  # login: role


def _password() -> str:
    return secrets.token_urlsafe(18)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _airflow_passwords() -> str:
    return json.dumps({login: _password() for login in AIRFLOW_USERS})


# File name: how its content is made. `isotherm_mysql_password` is also a setting.
SECRETS: dict[str, Callable[[], str]] = {
    "isotherm_mysql_password": _password,
    "mysql_root_password": _password,
    "airflow_fernet_key": _fernet_key,
    "airflow_jwt_secret": lambda: secrets.token_urlsafe(64),
    "airflow_secret_key": lambda: secrets.token_urlsafe(32),
    AIRFLOW_PASSWORDS: _airflow_passwords,
}


def make_secrets(settings: Settings) -> None:
    """Generate the secrets that are not there yet; those that are stay, with their mode corrected."""
    make_private_folder(settings.secrets_dir)
    for name, make in SECRETS.items():
        path = settings.secrets_dir / name
        if not path.exists() or not path.stat().st_size:
            write_private(path, make())
        path.chmod(0o600)


def read_secret(settings: Settings, name: str) -> str:
    """Content of one secret file."""
    return (settings.secrets_dir / name).read_text().strip()


def airflow_logins(settings: Settings) -> dict[str, str]:
    """Airflow's logins with their passwords, for the person who started it."""
    logins: dict[str, str] = json.loads(read_secret(settings, AIRFLOW_PASSWORDS))
    return logins


def make_private_folder(path: Path) -> None:
    """A folder that only its owner can enter."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)


def write_private(path: Path, content: str) -> None:
    """Write a file of mode 600, which is never readable by others, not even while being written."""
    building = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(building, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    building.replace(path)
