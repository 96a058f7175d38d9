"""Airflow's four parts, each in a process group of its own, on the embedded Postgres.

`airflow standalone` is not used: its children outlive it. The scheduler and the triggerer serve no
logs over the network (they would listen on every address); the api-server reads the files.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from isotherm.files import PRIVATE_FILE, write_whole
from isotherm.local.airflow_database import is_set_up
from isotherm.local.environment import base_environment
from isotherm.local.secret_files import AIRFLOW_PASSWORDS, AIRFLOW_USERS, MYSQL_PASSWORD, read_secret
from isotherm.local.server import AIRFLOW_DATABASE, LINEAGE, Server, numbered
from isotherm.local.servers.postgres import DATABASE, USER
from isotherm.local.servers.probes import read_json, responds
from isotherm.local.servers.programs import run_once
from isotherm.local.tools import Tools
from isotherm.settings import LOOPBACK, REPOSITORY_ROOT, PortOffset, Settings

# Airflow calls a part unhealthy after 30 s, which a busy machine can bring about.
HEARTBEAT_WITHIN_S = 60.0
LINEAGE_TRANSPORT = "isotherm.ingest.lineage_transport.LineageTransport"
# Name of each part: its command and the key of its health, None for the one that tells it.
PARTS: dict[str, tuple[list[str], str | None]] = {
    "airflow-api-server": (["api-server"], None),
    "airflow-scheduler": (["scheduler", "--skip-serve-logs"], "scheduler"),
    "airflow-dag-processor": (["dag-processor"], "dag_processor"),
    "airflow-triggerer": (["triggerer", "--skip-serve-logs"], "triggerer"),
}


def airflow_servers(settings: Settings) -> list[Server]:
    """The api-server first: it migrates the database, the others wait for that."""
    tools = Tools.of(settings)
    health = f"{settings.local_url(PortOffset.AIRFLOW)}/api/v2/monitor/health"
    servers = []
    for name, (arguments, part) in PARTS.items():
        servers.append(
            Server(
                name=name,
                command=_command(tools, arguments),
                environment=lambda: airflow_environment(settings),
                needs=("airflow-postgres", *_all_need(settings), *_tasks_need(settings, part)),
                ports=(settings.port(PortOffset.AIRFLOW),) if part is None else (),
                folder=settings.state_dir / "airflow",
                is_ready=_readiness(health, part),
                answers=_liveness(health, part),
                ready_within_s=300,
                stops_before=() if part is None else ("airflow-api-server",),
                # The scheduler waits for running tasks, whose children get 4 s to end.
                stop_within_s=12 if part == "scheduler" else 6,
            )
        )
    return servers


def _all_need(settings: Settings) -> tuple[str, ...]:
    """Airflow looks for its providers when it starts, and never again."""
    return (AIRFLOW_DATABASE, LINEAGE) if settings.lineage else (AIRFLOW_DATABASE,)


def _tasks_need(settings: Settings, part: str | None) -> tuple[str, ...]:
    """What runs tasks waits for what these use: the first must not find MySQL away."""
    if part != "scheduler":
        return ()
    workers = [numbered("spark-worker", one + 1) for one in range(settings.spark_worker_count)]
    return ("mysql", "kafka", "hdfs-datanode", *workers)


def _command(tools: Tools, arguments: list[str]) -> Callable[[], list[str]]:
    return lambda: [str(tools.python), "-m", "airflow", *arguments]


def _readiness(health: str, part: str | None) -> Callable[[float], bool]:
    """The probe of one part: it says healthy, with a heartbeat of this start, not of the last one."""
    if part is None:
        return lambda _started_at: read_json(health).get("metadatabase", {}).get("status") == "healthy"

    def is_ready(started_at: float) -> bool:
        state = read_json(health)
        return _is_healthy(state, part) and (_heartbeat(state, part) or 0) >= started_at

    return is_ready


def _is_healthy(state: dict[str, Any], part: str) -> bool:
    return bool((state.get(part) or {}).get("status") == "healthy")


def _heartbeat(state: dict[str, Any], part: str) -> float | None:
    """Unix time of a part's last heartbeat, as the api-server tells it; None if it tells none."""
    beat = (state.get(part) or {}).get(f"latest_{part}_heartbeat")
    return None if beat is None else datetime.fromisoformat(beat).timestamp()


def _liveness(health: str, part: str | None) -> Callable[[], bool | None]:
    """Whether a running part goes on: its heartbeat, as the api-server tells it."""
    if part is None:
        return lambda: responds(health)

    def answers() -> bool | None:
        beat = _heartbeat(read_json(health), part)
        return None if beat is None else time.time() - beat < HEARTBEAT_WITHIN_S

    return answers


def database_url(settings: Settings, driver: str) -> str:
    """Address of Airflow's metadata on the unix socket."""
    return f"postgresql+{driver}://{USER}@/{DATABASE}?host={quote(str(settings.runtime_dir))}"


def airflow_settings(settings: Settings) -> dict[str, str]:
    """Airflow's settings that are no secrets, as the environment variables it reads."""
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY_ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY_ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "isotherm.local.airflow_executor.TaskExecutor",
        "AIRFLOW__CORE__PARALLELISM": "6",
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "6",
        # A scheduled DAG must not race the first run, which releases it (see `dag_release`).
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": (
            f"{settings.local_url(PortOffset.AIRFLOW)}/execution/"
        ),
        "AIRFLOW__CORE__AUTH_MANAGER": (
            "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{login}:{role}" for login, role in AIRFLOW_USERS.items()
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(
            settings.secrets_dir / AIRFLOW_PASSWORDS
        ),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url(settings, "psycopg2"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": database_url(settings, "asyncpg"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "3",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(settings.port(PortOffset.AIRFLOW)),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": settings.airflow_url,
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        # A changed file is parsed at once; all of them each minute take a fiftieth of a core.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(settings.state_dir / "airflow" / "logs"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        # A stream runs for weeks: it must outlive an api-server that is away for a while, and the
        # refresh of its token must never be a race (apache/airflow issue 67939).
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "100000",
        # The executor sees at once that a task's process is dead. Heartbeats, which no api-server takes
        # while it is away, only tell of one that hangs: the default of 300 s ended a stream whose
        # api-server was away for four minutes and took another to start.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "1800",
        # A task that tells of thousands of days ends with one request that takes longer than 5 s, the
        # default: given up and sent again, its second answer would be "Task killed!" in its log.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "120",
        "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME": "2592000",
        # Read by the provider alone, which is on the path only where `lineage` is set. In a thread: a
        # fork, its default, that hangs can keep the task's connection and never let it end.
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps({"type": LINEAGE_TRANSPORT}),
        "AIRFLOW__OPENLINEAGE__NAMESPACE": "isotherm",
        "AIRFLOW__OPENLINEAGE__DISABLE_SOURCE_CODE": "True",
        "AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD": "True",
    }


def connections(settings: Settings) -> dict[str, dict[str, object]]:
    """Airflow's connections to our servers, by name."""
    spark: dict[str, object] = {
        "conn_type": "spark",
        "host": settings.spark_master,
        "extra": {"deploy-mode": "client"},
    }
    kafka: dict[str, object] = {
        "conn_type": "kafka",
        "extra": {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "group.id": "isotherm-airflow",
        },
    }
    # For the trigger that watches the dead letters: its place is kept by Kafka, once an event is out.
    letters: dict[str, object] = {
        "conn_type": "kafka",
        "extra": {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "group.id": "isotherm-dead-letter-watch",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "log_level": 0,
        },
    }
    mysql: dict[str, object] = {
        "conn_type": "mysql",
        "host": settings.mysql_host,
        "port": settings.mysql_port,
        "login": settings.mysql_user,
        "password": read_secret(settings, MYSQL_PASSWORD),
        "schema": settings.mysql_database,
        "extra": {"client": "mysql-connector-python"},
    }
    # For the one task that cleans it: Airflow lets no task have the address.
    metadata: dict[str, object] = {
        "conn_type": "generic",
        "extra": {"address": database_url(settings, "psycopg2")},
    }
    return {
        "spark_default": spark,
        "kafka_default": kafka,
        "kafka_dead_letters": letters,
        "isotherm_mysql": mysql,
        "airflow_metadata": metadata,
    }


def airflow_environment(settings: Settings) -> dict[str, str]:
    """The environment of Airflow's parts and of the `airflow` command; no secret is in it."""
    local = {
        "AIRFLOW_HOME": str(settings.state_dir / "airflow"),
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(
            {"connections_file_path": str(connections_file(settings))}
        ),
    }
    path = {"PYTHONPATH": str(settings.lineage_dir)} if settings.lineage else {}
    return base_environment(settings) | airflow_settings(settings) | local | path


def connections_file(settings: Settings) -> Path:
    """Where Airflow and its tasks read the connections; mode 600, like every secret."""
    return settings.secrets_dir / "airflow_connections.json"


def write_secret_settings(settings: Settings) -> None:
    """Airflow's secrets, in files of mode 600: an environment is copied too easily."""
    text = json.dumps(connections(settings))
    write_whole(connections_file(settings), text, mode=PRIVATE_FILE)
    home = settings.state_dir / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    write_whole(
        home / "airflow.cfg",
        f"[core]\nfernet_key = {read_secret(settings, 'airflow_fernet_key')}\n"
        f"[api]\nsecret_key = {read_secret(settings, 'airflow_secret_key')}\n"
        f"[api_auth]\njwt_secret = {read_secret(settings, 'airflow_jwt_secret')}\n",
        mode=PRIVATE_FILE,
    )


def set_up_database(settings: Settings) -> None:
    """Migrate Airflow's metadata and create its pools, in one process; skipped when done."""
    write_secret_settings(settings)
    if is_set_up(settings):
        return
    command = [str(Tools.of(settings).python), "-m", "isotherm.local.airflow_database"]
    log_file: Path = settings.logs_dir / "airflow-database.log"
    run_once("Migrating Airflow's database", command, airflow_environment(settings), log_file)
