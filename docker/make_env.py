#!/usr/bin/env python3
"""Write .env with generated secrets: `python3 docker/make_env.py [--cluster] [FILE]`.

Takes every line of .env.example and fills the empty ones, so that the two can not drift apart; with
--cluster also the settings that stand there as comments, which choose compose's profile `cluster`.
There are no default passwords; an existing file is left alone, because its secrets are in the volumes
too. Needs nothing but Python.
"""

import base64
import os
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def _base64_key(size: int) -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(size)).decode()


# What is not a password has a form of its own.
GENERATORS: dict[str, Callable[[], str]] = {
    "AIRFLOW_FERNET_KEY": lambda: _base64_key(32),
    "AIRFLOW_JWT_SECRET": lambda: secrets.token_urlsafe(64),
    "AIRFLOW_SECRET_KEY": lambda: secrets.token_urlsafe(32),
    "KAFKA_CLUSTER_ID": lambda: _base64_key(16).rstrip("="),
}


# A comment of the example that is a setting.
COMMENTED = re.compile(r"#(?=[A-Z_]+=)")


def filled(example: str, *, is_cluster: bool = False) -> str:
    """The example with a fresh value behind every name that has none."""
    lines = []
    for line in example.splitlines():
        if is_cluster:
            line = COMMENTED.sub("", line)
        name, separator, value = line.partition("=")
        if separator and not value and not line.startswith("#"):
            line += GENERATORS.get(name, lambda: secrets.token_urlsafe(18))()
        lines.append(line)
    return "\n".join(lines) + "\n"


def main(*arguments: str) -> int:
    """Write the file with mode 600; exit status 1 if it is there already."""
    targets = [one for one in arguments if one != "--cluster"]
    path = REPOSITORY / (targets[0] if targets else ".env")
    example = (REPOSITORY / ".env.example").read_text()
    content = filled(example, is_cluster="--cluster" in arguments)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(f"{path} exists and was left alone: its secrets are in the volumes too.")  # noqa: T201
        return 1
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    print(f"Wrote {path} (mode 600). Airflow's login is admin, its password stands there.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
