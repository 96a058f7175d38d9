"""Debezium's JDBC sink in a Kafka Connect of its own, at the best settings that were found for it.

The jars are those of `debezium.lock`, fetched as the product fetches its own. What it takes:

- `schema.content` gives the converter the schema once, instead of with each message;
- the key as a struct, made of the value (`ValueToKey`): with `primary.key.mode=record_value` the
  reduction buffer goes by the whole value, so that nothing is reduced and versions of an hour are
  written in the order of their hashes; with a text as key it refuses to work at all;
- its plugin folder without Jackson, which Connect has in another version.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from isotherm.local.jars import fetch_jars, ivy_command, read_lock
from isotherm.local.java_network import java_network_options
from isotherm.local.tools import Tools
from isotherm.settings import Settings

LOCK: Final = Path(__file__).with_name("debezium.lock")
# Of each set of jars; Connect looks for plugins in a folder of folders.
FOLDERS: Final = {"connect": Path("connect"), "debezium": Path("plugins") / "debezium"}
_READY_WITHIN_S: Final = 400
_WORKER: Final = {
    "offset.flush.interval.ms": "60000",
    "key.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "plugin.discovery": "only_scan",
    # A connector says how many records it takes at once.
    "connector.client.config.override.policy": "All",
}


def fetch(tools: Tools, environment: Mapping[str, str]) -> Path:
    """The folder with both sets of jars; what is there already is kept."""
    root = tools.root / "jars" / "benchmark"
    root.mkdir(parents=True, exist_ok=True)
    ivy = ivy_command(
        tools.java,
        tools.ivy_jar,
        java_network_options(tools.root / ".trust-benchmark.p12", environment),
    )
    jars = read_lock(LOCK)
    for name, folder in FOLDERS.items():
        fetch_jars([one for one in jars if one.jar_set == name], root / folder, ivy)
    return root


class Worker:
    """One Connect worker; connectors come and go, the JVM stays warm."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process = process
        self._api = httpx.Client(base_url=url, timeout=60, trust_env=False)

    @property
    def pid(self) -> int:
        """Of the JVM."""
        return self.process.pid

    def create(self, name: str, config: Mapping[str, str]) -> None:
        """Start a connector."""
        answer = self._api.put(f"/connectors/{name}/config", json=dict(config))
        answer.raise_for_status()

    def delete(self, name: str) -> None:
        """Stop it."""
        self._api.delete(f"/connectors/{name}").raise_for_status()

    def require_running(self, name: str) -> None:
        """Fail with the connector's own words where it has failed."""
        tasks = self._api.get(f"/connectors/{name}/status").json().get("tasks", [])
        for task in tasks:
            if task["state"] == "FAILED":
                raise RuntimeError(task["trace"])

    def wait_until_ready(self, log: Path) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + _READY_WITHIN_S
        while True:
            try:
                self._api.get("/connectors").raise_for_status()
            except httpx.HTTPError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text()[-3000:]) from error
                time.sleep(0.5)
            else:
                return


@contextmanager
def worker(settings: Settings, jars: Path, bootstrap: str, port: int, folder: Path) -> Iterator[Worker]:
    """A worker until the block ends."""
    config = {
        **_WORKER,
        "bootstrap.servers": bootstrap,
        "listeners": f"http://127.0.0.1:{port}",
        "offset.storage.file.filename": str(folder / "connect.offsets"),
        "plugin.path": str(jars / FOLDERS["debezium"].parent),
    }
    file, log = folder / "worker.properties", folder / "connect.log"
    file.write_text("".join(f"{name}={value}\n" for name, value in config.items()))
    # No limits on the compiler: at its best, once it is warm.
    command = [
        str(Tools.of(settings).java), "-Xmx768m", "-cp", f"{jars / FOLDERS['connect']}/*",
        "org.apache.kafka.connect.cli.ConnectStandalone", str(file),
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        one = Worker(process, f"http://127.0.0.1:{port}")
        one.wait_until_ready(log)
        yield one
    finally:
        psutil.Process(process.pid).kill()
        process.wait()


def connector(
    settings: Settings,
    topic: str,
    table: str,
    key: Sequence[str],
    schema: Mapping[str, Any],
    *,
    tasks: int,
    batch_size: int,
    reduce: bool,
) -> dict[str, str]:
    """A connector that upserts a topic's messages into a table."""
    password = settings.mysql_password.get_secret_value()
    return {
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "tasks.max": str(tasks),
        "topics": topic,
        "consumer.override.auto.offset.reset": "earliest",
        "consumer.override.max.poll.records": str(batch_size),
        "consumer.override.fetch.min.bytes": "1",
        "connection.url": (
            f"jdbc:mariadb://127.0.0.1:{settings.mysql_port}/{settings.mysql_database}"
            "?useServerPrepStmts=true&useBulkStmts=true"
        ),
        "connection.username": settings.mysql_user,
        "connection.password": password,
        "hibernate.dialect": "org.hibernate.dialect.MariaDBDialect",
        "insert.mode": "upsert",
        "primary.key.mode": "record_key",
        "primary.key.fields": ",".join(key),
        "schema.evolution": "none",
        "collection.name.format": table,
        "batch.size": str(batch_size),
        "use.reduction.buffer": str(reduce).lower(),
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "true",
        "value.converter.schema.content": json.dumps(schema),
        "transforms": "key",
        "transforms.key.type": "org.apache.kafka.connect.transforms.ValueToKey",
        "transforms.key.fields": ",".join(key),
    }
