"""One-shot: Airflow's logins and metadata database, before any of its parts starts.

The passwords come from .env; the file they go to is the one the local stack uses too.
"""

import json
import os
import sys

from isotherm.files import PRIVATE_FILE, make_private_folder, write_whole
from isotherm.local import airflow_database
from isotherm.local.secret_files import AIRFLOW_PASSWORDS, AIRFLOW_USERS
from isotherm.settings import load_settings


def main() -> int:
    """Write the password file, migrate, create the pools; bears repetition."""
    settings = load_settings()
    make_private_folder(settings.secrets_dir)
    passwords = {login: os.environ[f"AIRFLOW_{login.upper()}_PASSWORD"] for login in AIRFLOW_USERS}
    path = settings.secrets_dir / AIRFLOW_PASSWORDS
    write_whole(path, json.dumps(passwords), mode=PRIVATE_FILE)
    (settings.state_dir / "airflow").mkdir(exist_ok=True)
    airflow_database.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
