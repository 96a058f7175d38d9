"""Secrets: generated once, one file of mode 600 each, in a folder of mode 700."""

import base64
import json
import secrets
from collections.abc import Callable

from isotherm.files import PRIVATE_FILE, make_private_folder, write_whole
from isotherm.settings import Settings

AIRFLOW_PASSWORDS = "airflow_passwords.json"
MYSQL_PASSWORD = "isotherm_mysql_password"  # noqa: S105 - the name of its file, and of a setting
NOTIFY_URL = "isotherm_notify_url"
AIRFLOW_USERS = {"admin": "admin", "viewer": "viewer"}  # login: role


def _password() -> str:
    return secrets.token_urlsafe(18)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _airflow_passwords() -> str:
    return json.dumps({login: _password() for login in AIRFLOW_USERS})


# File name: how its content is made.
SECRETS: dict[str, Callable[[], str]] = {
    MYSQL_PASSWORD: _password,
    "mysql_root_password": _password,
    "airflow_fernet_key": _fernet_key,
    "airflow_jwt_secret": lambda: secrets.token_urlsafe(64),
    "airflow_secret_key": lambda: secrets.token_urlsafe(32),
    AIRFLOW_PASSWORDS: _airflow_passwords,
}


def make_secrets(settings: Settings) -> None:
    """Generate the secrets that are not there yet; those that are stay, with their mode corrected.

    A password of MySQL that the environment gives becomes the file: our processes read only that. So
    does the address of notices, which nobody can generate.
    """
    make_private_folder(settings.secrets_dir)
    if address := settings.notify_url.get_secret_value():
        write_whole(settings.secrets_dir / NOTIFY_URL, address, mode=PRIVATE_FILE)
    for name, make in SECRETS.items():
        path = settings.secrets_dir / name
        given = settings.mysql_password.get_secret_value() if name == MYSQL_PASSWORD else ""
        if given and (not path.exists() or read_secret(settings, name) != given):
            write_whole(path, given, mode=PRIVATE_FILE)
        elif not path.exists() or not path.stat().st_size:
            write_whole(path, make(), mode=PRIVATE_FILE)
        path.chmod(PRIVATE_FILE)


def read_secret(settings: Settings, name: str) -> str:
    """Content of one secret file."""
    return (settings.secrets_dir / name).read_text().strip()


def airflow_logins(settings: Settings) -> dict[str, str]:
    """Airflow's logins with their passwords, for the person who started it."""
    logins: dict[str, str] = json.loads(read_secret(settings, AIRFLOW_PASSWORDS))
    return logins
