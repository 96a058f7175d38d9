"""A real Kafka broker of one's own for tests and benchmarks: free ports, a folder that goes away."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from isotherm.settings import load_settings
from isotherm.stores.kafka_topics import admin_client, wait_for_broker

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.quorum.voters=1@127.0.0.1:{controller_port}
log.dirs={folder}/data
log.retention.hours=168
log.retention.check.interval.ms=500
log.segment.delete.delay.ms=100
log.initial.task.delay.ms=500
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
offsets.topic.num.partitions=5
transaction.state.log.num.partitions=5
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=4194304
"""


@cache
def _formatted() -> Path:
    """Where a formatted data folder is kept for all brokers of this process."""
    folder = Path(tempfile.mkdtemp(prefix="isotherm-kafka-formatted-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / "data"


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class KafkaBroker:
    """One broker in its own process; checks expired segments twice a second."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="isotherm-kafka-"))
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        properties = PROPERTIES.format(port=self.port, controller_port=free_port(), folder=self.folder)
        self._properties = self.folder / "server.properties"
        self._properties.write_text(properties)
        if not _formatted().exists():
            self._format()
        shutil.copytree(_formatted(), self.folder / "data")

    def _format(self) -> None:
        """A Java of its own, for a folder that is the same for every broker: once per session."""
        cluster_id = uuid.uuid4().hex[:22]
        subprocess.run(
            self._java("64m", "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c"),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (self.folder / "data").rename(_formatted())

    def _java(self, heap: str, *program: str) -> list[str]:
        tools = load_settings().tools_dir
        return [
            str(tools / "java" / "bin" / "java"),
            f"-Xmx{heap}",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            str(tools / "jars" / "kafka" / "*"),
            *program,
            str(self._properties),
        ]

    def start(self) -> None:
        """Start it and return once it answers."""
        log = (self.folder / "kafka.log").open("ab")
        self._process = subprocess.Popen(
            self._java("96m", "kafka.Kafka"), stdout=log, stderr=log, env={**os.environ}
        )
        wait_for_broker(admin_client(self.bootstrap), timeout_s=90)

    @property
    def pid(self) -> int:
        """Of the broker that runs now."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def pause(self, seconds: float) -> None:
        """Stop it in its tracks for a while."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    def dispose(self) -> None:
        """End it and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaBroker]:
    """A broker shared by the tests of a session: each test uses topics of its own."""
    broker = KafkaBroker()
    try:
        broker.start()
        yield broker
    finally:
        broker.dispose()


@pytest.fixture(scope="session")
def kafka_bootstrap(kafka: KafkaBroker) -> str:
    """host:port of the session's broker."""
    return kafka.bootstrap
