"""What others may do to a chain's servers: take their connections, say nonsense, never listen."""

import json
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import pymysql

from faults.chain import Chain
from isotherm.local.secret_files import read_secret

_CONNECTIONS = 12
_STRANGERS = 300
_TIMEOUT_S = 10.0
_TOO_MANY = 1040


@contextmanager
def all_connections(chain: Chain) -> Iterator[None]:
    """Every connection MySQL gives is another's, who has ended those of everybody else."""
    settings = chain.settings
    root = pymysql.connect(
        unix_socket=str(settings.runtime_dir / "mysql.sock"),
        user="root",
        password=read_secret(settings, "mysql_root_password"),
        autocommit=True,
    )
    with closing(root), root.cursor() as asked, ExitStack() as taken:
        asked.execute("SELECT @@max_connections")
        (before,) = asked.fetchone() or (0,)
        asked.execute(f"SET GLOBAL max_connections = {_CONNECTIONS}")
        taken.callback(asked.execute, f"SET GLOBAL max_connections = {before}")
        asked.execute("SELECT id FROM information_schema.processlist WHERE user = 'isotherm'")
        for (number,) in asked.fetchall():
            with suppress(pymysql.Error):  # it has ended by itself
                asked.execute(f"KILL {number}")
        while (connection := _connect(chain)) is not None:
            taken.callback(connection.close)
        yield


def _connect(chain: Chain) -> "pymysql.Connection[pymysql.cursors.Cursor] | None":
    """A connection; None where the server gives no more."""
    settings = chain.settings
    try:
        return pymysql.connect(
            host=settings.mysql_host,
            port=settings.mysql_port,
            user=settings.mysql_user,
            password=settings.mysql_password.get_secret_value(),
        )
    except pymysql.err.OperationalError as error:
        if error.args[0] != _TOO_MANY:
            raise
        return None


@contextmanager
def at_the_socket(chain: Chain, chance: random.Random) -> Iterator[None]:
    """Connections to the bridge that say what is no batch, or a part of one, and stay."""
    with ExitStack() as opened:
        for _ in range(_STRANGERS):
            stranger = opened.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            # A bridge that hangs up does not wait for what it is told.
            with suppress(OSError):
                stranger.connect(str(chain.settings.observation_socket))
                stranger.settimeout(_TIMEOUT_S)
                stranger.sendall(chance.choice(_said(chain)))
        yield


def _said(chain: Chain) -> list[bytes]:
    """Nothing, half a frame, a huge length, no JSON, no batch, another feed, one that is ours."""
    odd = [{"batch": 1}, {"feed_id": "another", "batch": 1, "observations": []}]
    ours = {"feed_id": chain.feed_id, "batch": 10**6, "observations": []}
    frames = [_framed(json.dumps(one).encode()) for one in (*odd, ours)]
    return [b"", frames[0][:7], b"\xff\xff\xff\xff", _framed(b"[" * 100_000), *frames, frames[2] * 500]


def _framed(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content
