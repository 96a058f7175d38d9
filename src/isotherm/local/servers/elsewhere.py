"""Servers that the settings place elsewhere: not started here, but waited for and prepared.

Whoever sets `ISOTHERM_MYSQL_HOST` wants that MySQL to be used, not a second one to be started.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from isotherm.errors import ServerStartError, SettingsError
from isotherm.local.servers.hdfs import accepts_work, make_base_folders
from isotherm.local.servers.kafka import answers_clients, create_topics
from isotherm.local.servers.mysql import accepts_login, migrate
from isotherm.settings import LOOPBACK, PortOffset, Settings

WAIT_S = 120.0
POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class ServerElsewhere:
    """One server that is not ours to start.

    Attributes:
        name: of the local server whose place it takes.
        address: where it is, and the settings that say so.
        is_ready: a quick question to it.
        after_ready: what it needs before others may use it.
        remedy: what to look at when it does not answer.
    """

    name: str
    address: str
    is_ready: Callable[[], bool]
    after_ready: Callable[[], None]
    remedy: str

    def ensure(self, report: Callable[[str], None], wait_s: float = WAIT_S) -> None:
        """Wait until it answers, then prepare it.

        Raises:
            ServerStartError: it does not answer.
        """
        report(f"not started here: {self.address}")
        deadline = time.monotonic() + wait_s
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise ServerStartError(
                    f"{self.name} at {self.address} did not answer within {wait_s:.0f} s. {self.remedy}"
                )
            time.sleep(POLL_S)
        self.after_ready()


def servers_elsewhere(settings: Settings) -> list[ServerElsewhere]:
    """Those of Kafka, HDFS and MySQL whose address is not that of the local server.

    Raises:
        SettingsError: only one of HDFS' two addresses is elsewhere.
    """
    found = []
    if settings.kafka_bootstrap_servers != settings.own_brokers:
        found.append(_kafka(settings))
    is_hdfs_local = (
        settings.hdfs_url == settings.local_url(PortOffset.NAMENODE_HTTP),
        settings.hdfs_uri == f"hdfs://{LOOPBACK}:{settings.port(PortOffset.NAMENODE_RPC)}",
    )
    if any(is_hdfs_local) != all(is_hdfs_local):
        raise SettingsError(
            f"ISOTHERM_HDFS_URL={settings.hdfs_url} and ISOTHERM_HDFS_URI={settings.hdfs_uri} must "
            "name one NameNode, but one of them is the local default. Set both, or neither."
        )
    if not all(is_hdfs_local):
        found.append(_hdfs(settings))
    if (settings.mysql_host, settings.mysql_port) not in {
        (host, settings.port(PortOffset.MYSQL)) for host in (LOOPBACK, "localhost")
    }:
        found.append(_mysql(settings))
    return found


def _kafka(settings: Settings) -> ServerElsewhere:
    return ServerElsewhere(
        name="kafka",
        address=f"{settings.kafka_bootstrap_servers} (ISOTHERM_KAFKA_BOOTSTRAP_SERVERS)",
        is_ready=lambda: answers_clients(settings.kafka_bootstrap_servers),
        after_ready=lambda: create_topics(settings),
        remedy="Start it, or unset the variable to use the local one.",
    )


def _hdfs(settings: Settings) -> ServerElsewhere:
    return ServerElsewhere(
        name="hdfs-datanode",
        address=f"{settings.hdfs_url} (ISOTHERM_HDFS_URL)",
        is_ready=lambda: accepts_work(settings),
        after_ready=lambda: make_base_folders(settings),
        remedy="Start it with WebHDFS, or unset ISOTHERM_HDFS_URL and ISOTHERM_HDFS_URI.",
    )


def _mysql(settings: Settings) -> ServerElsewhere:
    return ServerElsewhere(
        name="mysql",
        address=f"{settings.mysql_host}:{settings.mysql_port} (ISOTHERM_MYSQL_HOST, …_PORT)",
        is_ready=lambda: accepts_login(settings),
        after_ready=lambda: migrate(settings),
        remedy=(
            f"Start it, with a database {settings.mysql_database} and a user {settings.mysql_user} who "
            "has all rights on it, and give that user's password as ISOTHERM_MYSQL_PASSWORD; or unset "
            "the variables to use the local one."
        ),
    )
