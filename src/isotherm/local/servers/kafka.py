"""Kafka: one node, broker and controller in one (KRaft), with our topics created before it counts."""

import base64
import uuid
from pathlib import Path

from isotherm.local.environment import base_environment
from isotherm.local.server import Server
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


def kafka_server(settings: Settings) -> Server:
    """The broker of the local stack."""
    tools = Tools.of(settings)
    folder = settings.state_dir / "kafka"
    port = settings.port(PortOffset.KAFKA)
    class_path = [f"{tools.jars('kafka')}/*"]
    environment = base_environment(settings)

    def prepare() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "server.properties").write_text(server_properties(settings, folder))
        (folder / "log4j2.yaml").write_text(LOG4J)
        if (folder / "data" / "meta.properties").exists():
            return
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        format_storage = java_command(
            tools,
            64,
            class_path,
            "kafka.tools.StorageTool",
            f"-Dlog4j2.configurationFile={folder}/log4j2.yaml",
        )
        run_once(
            "Formatting Kafka's storage",
            [
                *format_storage,
                "format",
                f"--cluster-id={cluster_id}",
                "-c",
                f"{folder}/server.properties",
            ],
            environment,
            settings.logs_dir / "kafka.log",
        )

    return Server(
        name="kafka",
        command=lambda: [
            *java_command(
                tools, HEAP_MB, class_path, "kafka.Kafka",
                f"-Dlog4j2.configurationFile={folder}/log4j2.yaml",
            ),
            f"{folder}/server.properties",
        ],
        environment=lambda: environment,
        needs=("jars-kafka",),
        ports=(port, settings.port(PortOffset.KAFKA_CONTROLLER)),
        folder=settings.state_dir,
        prepare=prepare,
        is_ready=lambda _started_at: accepts_connections(port),
        answers=lambda: answers_clients(settings),
        after_ready=lambda: create_topics(settings),
        stop_within_s=20,
    )  # fmt: skip


def server_properties(settings: Settings, folder: Path) -> str:
    """Settings of a single node whose internal topics fit on it."""
    broker = f"{LOOPBACK}:{settings.port(PortOffset.KAFKA)}"
    controller = f"{LOOPBACK}:{settings.port(PortOffset.KAFKA_CONTROLLER)}"
    properties = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{broker}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.quorum.voters": f"1@{controller}",
        "log.dirs": str(folder / "data"),
        "auto.create.topics.enable": "false",
        "log.retention.hours": "168",
        "offsets.topic.num.partitions": "5",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "5",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
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


def answers_clients(settings: Settings) -> bool:
    """Whether the broker answers a request: its port alone is open also while it hangs."""
    from confluent_kafka import KafkaException

    from isotherm.stores.kafka_topics import admin_client

    try:
        admin_client(settings.kafka_bootstrap_servers).list_topics(timeout=PATIENT_TIMEOUT_S)
    except KafkaException:
        return False
    return True


def create_topics(settings: Settings) -> None:
    """Create our topics where they are not there yet."""
    from isotherm.stores.kafka_topics import ensure_topics

    ensure_topics(settings.kafka_bootstrap_servers)
