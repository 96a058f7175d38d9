"""Compose and the local launcher are the same product: services, settings, topics, versions."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from compose_file import CLUSTER, SHAPES, all_services, cluster_settings, long_running

from isotherm.local.jars import read_lock
from isotherm.local.server import numbered
from isotherm.local.servers import all_servers
from isotherm.local.servers.airflow import airflow_settings, connections
from isotherm.local.servers.hdfs import LOG4J, core_site, datanode_site, hdfs_site
from isotherm.local.servers.kafka import server_properties
from isotherm.messages import TOPICS
from isotherm.settings import REPOSITORY_ROOT, PortOffset, Settings
from isotherm.stream.replay import Replay

HDFS_CONF = REPOSITORY_ROOT / "docker" / "hdfs" / "conf"
# Addresses, paths and secrets: what must differ between one machine and its containers.
PLACES = re.compile(r"127\.0\.0\.1|localhost|/|:\d+|0\.0\.0\.0|@")


@pytest.fixture(params=SHAPES, ids=["one of each", "cluster"])
def shape(request: pytest.FixtureRequest) -> str:
    """The profile: none, or that of several servers of a kind."""
    return str(request.param)


@pytest.fixture
def settings(tmp_path: Path, shape: str) -> Settings:
    """The local stack's settings, with a secret to read."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "isotherm_mysql_password").write_text("not-a-secret")
    is_cluster = shape == CLUSTER
    return Settings(state_dir=tmp_path, cluster=is_cluster, _secrets_dir=tmp_path / "secrets")


def test_compose_runs_the_servers_of_the_local_stack(settings: Settings, shape: str) -> None:
    assert set(long_running(shape)) == {server.name for server in all_servers(settings)}


def test_the_children_of_the_streaming_task_are_named_at_the_scheduler() -> None:
    label = all_services()["airflow-scheduler"]["labels"]["isotherm.children"]
    replay = Replay(None, None, {}, batch_interval_s=30, speed=0, trigger_s=5)
    assert set(label.split()) == set(replay.commands("feed"))


def test_our_programs_are_told_the_shape(settings: Settings, shape: str) -> None:
    given = all_services(shape)["airflow-scheduler"]["environment"]
    told = Settings(
        cluster=given["ISOTHERM_CLUSTER"],
        spark_master=given["ISOTHERM_SPARK_MASTER"],
        spark_python=given["ISOTHERM_SPARK_PYTHON"],
        kafka_bootstrap_servers=given["ISOTHERM_KAFKA_BOOTSTRAP_SERVERS"],
        hdfs_uri=given["ISOTHERM_HDFS_URI"],
    )
    assert told.cluster is settings.cluster
    assert told.kafka_bootstrap_servers.count(",") == settings.kafka_bootstrap_servers.count(",")
    assert bool(told.spark_python) is bool(settings.spark_python)
    for ours, theirs in (
        (told.spark_master, settings.spark_master),
        (told.checkpoint_uri, settings.checkpoint_uri),
    ):
        assert ours.partition(":")[0] == theirs.partition(":")[0]
    aliases = all_services(shape)["airflow-scheduler"]["networks"]["backend"]["aliases"]
    assert aliases == [given["ISOTHERM_SPARK_DRIVER_HOST"]]


def test_every_setting_compose_gives_is_one_the_code_reads() -> None:
    known = {f"ISOTHERM_{name.upper()}" for name in Settings.model_fields}
    given = {
        name
        for service in all_services().values()
        for name in service.get("environment", {})
        if name.startswith("ISOTHERM_")
    }
    assert given
    assert given <= known


def test_the_addresses_compose_gives_are_its_own_services(shape: str) -> None:
    environment = all_services(shape)["sink"]["environment"]
    addresses = ("KAFKA_BOOTSTRAP_SERVERS", "HDFS_URL", "HDFS_URI", "MYSQL_HOST")
    given = [one for name in addresses for one in environment[f"ISOTHERM_{name}"].split(",")]
    hosts = {re.sub(r"^\w+://|:\d+.*$", "", one) for one in given}
    assert hosts <= set(long_running(shape))


def test_the_dashboard_may_be_framed_where_airflow_is_published() -> None:
    airflow = all_services()["airflow-api-server"]["environment"]
    assert (
        all_services()["api"]["environment"]["ISOTHERM_AIRFLOW_URL"]
        == (airflow["AIRFLOW__API__BASE_URL"])
    )


def test_our_services_listen_where_the_settings_say(settings: Settings) -> None:
    base = int(all_services()["api"]["environment"]["ISOTHERM_PORT_BASE"])
    assert base == settings.port_base
    for name, offset in (("api", PortOffset.API), ("airflow-api-server", PortOffset.AIRFLOW)):
        assert [port.rpartition(":")[2] for port in all_services()[name]["ports"]] == [
            str(settings.port(offset))
        ]


def test_airflow_has_the_same_settings(settings: Settings) -> None:
    local = airflow_settings(settings)
    ours = {
        name: value.strip()
        for name, value in all_services()["airflow-scheduler"]["environment"].items()
        if name.startswith("AIRFLOW__")
    }
    secrets = {
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__API__SECRET_KEY",
        "AIRFLOW__API_AUTH__JWT_SECRET",
    }
    assert set(ours) == set(local) | secrets
    differing = {name for name in local if ours[name] != local[name]}
    assert all(PLACES.search(local[name]) for name in differing), differing


def test_airflow_has_the_same_connections(settings: Settings, shape: str) -> None:
    local = connections(settings)
    environment = all_services(shape)["airflow-scheduler"]["environment"]
    ours = {
        name.removeprefix("AIRFLOW_CONN_").lower(): json.loads(value)
        for name, value in environment.items()
        if name.startswith("AIRFLOW_CONN_")
    }
    assert ours.keys() == local.keys()
    for name, theirs in local.items():
        assert ours[name].keys() == theirs.keys()
        assert ours[name]["conn_type"] == theirs["conn_type"]
        assert set(ours[name]["extra"]) == set(theirs["extra"])  # type: ignore[call-overload]
    assert ours["spark_default"]["host"] == environment["ISOTHERM_SPARK_MASTER"]
    brokers = ours["kafka_default"]["extra"]["bootstrap.servers"]
    assert brokers == environment["ISOTHERM_KAFKA_BOOTSTRAP_SERVERS"]


def test_each_broker_has_the_same_settings(settings: Settings, shape: str, tmp_path: Path) -> None:
    for number in range(1, settings.broker_count + 1):
        lines = server_properties(settings, tmp_path, number).splitlines()
        local = dict(line.split("=", 1) for line in lines)
        ours = {
            name.removeprefix("KAFKA_").replace("_", ".").lower(): value
            for name, value in all_services(shape)[numbered("kafka", number)]["environment"].items()
            if name not in ("CLUSTER_ID", "KAFKA_HEAP_OPTS")
        }
        assert set(local) - set(ours) == set()
        assert set(ours) - set(local) == {"inter.broker.listener.name"}
        places = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
        assert {name for name in local if ours[name] != local[name]} == places
        own = f"{numbered('kafka', number)}:9092"
        assert ours["advertised.listeners"] == f"PLAINTEXT://{own}"
        voters = ours["controller.quorum.voters"].split(",")
        assert len(voters) == settings.broker_count
        assert f"{number}@{numbered('kafka', number)}:9093" in voters


def test_kafkas_image_has_the_version_of_the_local_jars() -> None:
    brokers = [jar for jar in read_lock() if jar.artifact == "kafka-server"]
    versions = {jar.version for jar in brokers}
    assert versions == {all_services()["kafka"]["image"].partition(":")[2]}


def test_compose_creates_the_topics_by_the_program_the_code_has() -> None:
    command = all_services()["kafka-topics"]["command"]
    assert command == ["python", "-m", "isotherm.stores.kafka_topics"]
    from isotherm.stores import kafka_topics

    assert kafka_topics.TOPICS is TOPICS


@pytest.mark.parametrize("name", ["core-site.xml", "hdfs-site.xml"])
def test_hdfs_has_the_same_settings(settings: Settings, shape: str, name: str) -> None:
    local = core_site(settings) if name == "core-site.xml" else hdfs_site(settings)
    ours = {
        str(one.findtext("name")): str(one.findtext("value"))
        for one in ET.parse(HDFS_CONF / name).getroot()  # noqa: S314 - our own file
    }
    if name == "hdfs-site.xml":
        ours |= options_of(all_services(shape)["hdfs-namenode"]["environment"]["HDFS_OPTIONS"].split())
    assert set(local) - set(ours) == set()
    # A container's servers listen on their own address, whatever it is.
    assert all(extra.endswith("-bind-host") for extra in set(ours) - set(local))
    differing = {key for key in local if ours[key] != local[key]}
    assert all(PLACES.search(local[key]) for key in differing), differing


def test_each_further_datanode_is_told_its_name(settings: Settings, shape: str) -> None:
    for number in range(2, settings.datanode_count + 1):
        service = all_services(shape)[numbered("hdfs-datanode", number)]
        told = options_of(service["command"][1:])
        assert told == {"dfs.datanode.hostname": service["hostname"]}
        # Ports and folders, which differ on one machine, are a container's own.
        assert all(PLACES.search(one) for one in datanode_site(settings, number).values())


def options_of(words: list[str]) -> dict[str, str]:
    """Settings behind `-D`."""
    return dict(one.split("=", 1) for one in words if one != "-D")


def test_spark_s_master_and_workers_have_the_same_options(tmp_path: Path) -> None:
    local = {one.name: one for one in all_servers(Settings(state_dir=tmp_path, cluster=True))}
    for name in ("spark-master", "spark-worker", "spark-worker-2"):
        service = all_services(CLUSTER)[name]
        ours, theirs = service["command"], list(local[name].command())
        assert without_places(ours) == without_places(theirs)
        told = local[name].environment()
        assert service["environment"].keys() - told.keys() == set()
        assert service["environment"]["SPARK_SCALA_VERSION"] == told["SPARK_SCALA_VERSION"]
    assert ours[-1] == cluster_settings()["ISOTHERM_SPARK_MASTER"]


def without_places(command: list[str]) -> list[str]:
    """Options and classes: no addresses, ports and paths, and what names them."""
    named = {"--host", "--port", "--webui-port", "--work-dir", "-cp"}
    words = [
        word.split("=/")[0]
        for before, word in zip(["", *command], command, strict=False)
        if before not in named and word not in named
    ]
    return ["java" if word.endswith("/java") else word for word in words if "://" not in word]


def test_hdfs_logs_as_it_does_locally() -> None:
    assert (HDFS_CONF / "log4j.properties").read_text() == LOG4J


@pytest.mark.parametrize("name", ["api", "sink", "sink-2"])
def test_our_services_run_the_same_program(tmp_path: Path, name: str) -> None:
    settings = Settings(state_dir=tmp_path, cluster=True)
    local = {server.name: list(server.command()) for server in all_servers(settings)}[name]
    ours = all_services(CLUSTER)[name]["command"]
    program = local[1:] if local[1] == "-m" else [Path(local[1]).name, *local[2:]]
    # On one machine the second listens on a port of its own.
    without_port = program[: program.index("--port")] if "--port" in program else program
    assert [Path(word).name for word in ours[1:]] == without_port
