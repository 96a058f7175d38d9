"""Kafka: one node or three, broker and controller in one (KRaft); our topics are created at once."""

import base64
import uuid
from pathlib import Path
from threading import Lock

from isotherm.files import write_whole
from isotherm.local.environment import base_environment
from isotherm.local.server import Server, nothing, numbered
from isotherm.local.servers.probes import PATIENT_TIMEOUT_S, accepts_connections
from isotherm.local.servers.programs import java_command, run_once
from isotherm.local.tools import Tools
from isotherm.settings import LOOPBACK, PortOffset, Settings

HEAP_MB = 128
LOG4J = """Configuration:
  Appenders:
    Console:
      name: stdout
      target: SYSTEM_OUT
      PatternLayout: {pattern: "%d{ISO8601} %p %m (%c{1})%n"}
  Loggers:
    Root: {level: WARN, AppenderRef: [{ref: stdout}]}
    Logger:
      - {name: kafka, level: WARN}
      - {name: kafka.server.KafkaRaftServer, level: INFO}
"""


def kafka_servers(settings: Settings) -> list[Server]:
    """The brokers of the local stack."""
    one_at_a_time = Lock()
    return [_broker(settings, number, one_at_a_time) for number in range(1, settings.broker_count + 1)]


def _broker(settings: Settings, number: int, one_at_a_time: Lock) -> Server:
    tools = Tools.of(settings)
    name = numbered("kafka", number)
    folder = settings.state_dir / name
    port = settings.port(PortOffset.KAFKA, number)
    class_path = [f"{tools.jars('kafka')}/*"]
    environment = base_environment(settings)
    log_settings = f"-Dlog4j2.configurationFile={folder}/log4j2.yaml"

    def prepare() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "server.properties").write_text(server_properties(settings, folder, number))
        (folder / "log4j2.yaml").write_text(LOG4J)
        if (folder / "data" / "meta.properties").exists():
            return
        with one_at_a_time:
            cluster_id = _cluster_id(settings)
        java = java_command(tools, 64, class_path, "kafka.tools.StorageTool", log_settings)
        arguments = ["format", f"--cluster-id={cluster_id}", "-c", f"{folder}/server.properties"]
        log_file = settings.logs_dir / f"{name}.log"
        run_once("Formatting Kafka's storage", [*java, *arguments], environment, log_file)

    return Server(
        name=name,
        command=lambda: [
            *java_command(tools, HEAP_MB, class_path, "kafka.Kafka", log_settings),
            f"{folder}/server.properties",
        ],
        environment=lambda: environment,
        needs=("jars-kafka",),
        ports=(port, settings.port(PortOffset.KAFKA_CONTROLLER, number)),
        folder=settings.state_dir,
        prepare=prepare,
        is_ready=lambda _started_at: accepts_connections(port),
        answers=lambda: answers_clients(f"{LOOPBACK}:{port}"),
        after_ready=(lambda: create_topics(settings)) if number == 1 else nothing,
        stop_within_s=20,
    )


def _cluster_id(settings: Settings) -> str:
    """Kafka's name of the cluster, which all its brokers are formatted with."""
    path = settings.state_dir / "kafka" / "cluster-id"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))
    return path.read_text()


def server_properties(settings: Settings, folder: Path, number: int = 1) -> str:
    """Settings of one node, broker and controller; what is internal fits on as many as there are."""
    numbers = range(1, settings.broker_count + 1)
    controllers = {
        one: f"{LOOPBACK}:{settings.port(PortOffset.KAFKA_CONTROLLER, one)}" for one in numbers
    }
    broker = f"{LOOPBACK}:{settings.port(PortOffset.KAFKA, number)}"
    copies, in_sync = str(len(numbers)), str(len(numbers) // 2 + 1)
    properties = {
        "process.roles": "broker,controller",
        "node.id": str(number),
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controllers[number]}",
        "advertised.listeners": f"PLAINTEXT://{broker}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.quorum.voters": ",".join(f"{one}@{at}" for one, at in controllers.items()),
        "log.dirs": str(folder / "data"),
        "auto.create.topics.enable": "false",
        "log.retention.hours": "168",
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.num.partitions": "5",
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.num.partitions": "5",
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
        "group.initial.rebalance.delay.ms": "0",
        # The default buffer of 128 MB does not fit a small heap: the broker dies at start.
        "log.cleaner.dedupe.buffer.size": "4194304",
    }
    return "".join(f"{name}={_escaped(value)}\n" for name, value in properties.items())


def _escaped(value: str) -> str:
    """A value as Java's property files have it: they are read as Latin-1."""
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    numbers = [int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2)]
    return "".join(chr(one) if one < 128 else f"\\u{one:04x}" for one in numbers)


def answers_clients(bootstrap_servers: str) -> bool:
    """Whether a broker answers a request: its port alone is open also while it hangs."""
    from confluent_kafka import KafkaException

    from isotherm.stores.kafka_topics import admin_client

    try:
        admin_client(bootstrap_servers).list_topics(timeout=PATIENT_TIMEOUT_S)
    except KafkaException:
        return False
    return True


def create_topics(settings: Settings) -> None:
    """Create our topics where they are not there yet, once as many brokers are as each copy needs."""
    from isotherm.stores.kafka_topics import ensure_topics

    are_ours = settings.kafka_bootstrap_servers == settings.own_brokers
    count = settings.broker_count if are_ours else 1
    ensure_topics(settings.kafka_bootstrap_servers, broker_count=count)
