"""Every local server, one module each kind; `all_servers` lists them in the order they are shown."""

from isotherm.local.server import Server
from isotherm.local.servers.airflow import airflow_servers
from isotherm.local.servers.elsewhere import servers_elsewhere
from isotherm.local.servers.hdfs import hdfs_servers
from isotherm.local.servers.kafka import kafka_servers
from isotherm.local.servers.mysql import mysql_server
from isotherm.local.servers.own import own_servers
from isotherm.local.servers.postgres import postgres_server
from isotherm.local.servers.spark import spark_servers
from isotherm.settings import Settings


def all_servers(settings: Settings) -> list[Server]:
    """The servers started here; the names are those of docker-compose.yaml.

    Raises:
        SettingsError: the addresses in the settings contradict each other.
    """
    servers = [
        *kafka_servers(settings),
        *hdfs_servers(settings),
        mysql_server(settings),
        *spark_servers(settings),
        postgres_server(settings),
        *airflow_servers(settings),
        *own_servers(settings),
    ]
    elsewhere = tuple(one.name for one in servers_elsewhere(settings))
    if "hdfs-datanode" in elsewhere:
        elsewhere += ("hdfs-namenode",)
    return [one for one in servers if not one.name.startswith(elsewhere)]
