"""How MariaDB's own programs are told who we are: a file in memory, no argument and no variable."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from isotherm.files import PRIVATE_FILE
from isotherm.settings import Settings

# As the server's: a packed row may be some megabytes.
_MAX_PACKET = "64M"


@contextmanager
def client_options(settings: Settings) -> Iterator[int]:
    """An open file descriptor of the options; a program that inherits it reads `/dev/fd/<number>`."""
    descriptor = os.memfd_create("isotherm-client-options")
    try:
        os.fchmod(descriptor, PRIVATE_FILE)  # others' files are ignored
        os.write(descriptor, _options(settings).encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _options(settings: Settings) -> str:
    values = {
        "host": settings.mysql_host,
        "port": str(settings.mysql_port),
        "user": settings.mysql_user,
        "password": settings.mysql_password.get_secret_value(),
        "protocol": "tcp",
        "max-allowed-packet": _MAX_PACKET,
        "default-character-set": "utf8mb4",
    }
    lines = [f'{name}="{_escaped(value)}"' for name, value in values.items()]
    # Ours listens on loopback and has no certificate; one that has is spoken to encrypted.
    return "\n".join(["[client]", *lines, "skip-ssl-verify-server-cert", ""])


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
