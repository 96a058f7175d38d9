"""Airflow's tasks on several machines: what differs from one machine, rendered from the same settings.

`./isotherm airflow-on celery` prints a file to be put over docker-compose.yaml, whose services it takes
its settings from; `./isotherm airflow-on kubernetes` prints values of Airflow's official chart (1.22 or
newer) with the pod of a task. No secret is in either: they are named, and come from `.env` or Secrets.
"""

import json
from typing import Any, Final

import yaml

from isotherm.local.servers.airflow import airflow_settings
from isotherm.settings import REPOSITORY_ROOT, Settings

CELERY_PROVIDER: Final = "apache-airflow-providers-celery==3.26.0"
KUBERNETES_PROVIDER: Final = "apache-airflow-providers-cncf-kubernetes==10.25.0"
DOCKERFILE: Final = "docker/executor.Dockerfile"
REDIS_IMAGE: Final = "redis:8.2.1-bookworm"
CELERY: Final = "airflow.providers.celery.executors.celery_executor.CeleryExecutor"
_SECRET: Final = "isotherm-airflow"  # noqa: S105 - its name
_USER: Final = 10001  # of our image
_STATE: Final = "/var/lib/isotherm"
_LOGS: Final = "/opt/airflow/logs"
# The chart's own name of what it installs, which it fills into the template of a pod.
_RELEASE: Final = '{{ include "airflow.fullname" . }}'
_MOUNTS: Final = {"state": _STATE, "tmp": "/tmp", "logs": _LOGS}  # noqa: S108 - a pod's own
_IMAGE_FOLDERS: Final = {
    "AIRFLOW__CORE__DAGS_FOLDER": "/opt/isotherm/dags",
    "AIRFLOW__CORE__PLUGINS_FOLDER": "/opt/isotherm/plugins",
}
_LINEAGE: Final = "/opt/isotherm-tools/lineage"  # in our image
# The chart has its own: addresses, folders, logins.
CHART_S_OWN: Final = frozenset({
    "AIRFLOW__CORE__EXECUTOR",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
    "AIRFLOW__CORE__AUTH_MANAGER",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
    "AIRFLOW__API__HOST",
    "AIRFLOW__API__PORT",
    "AIRFLOW__API__BASE_URL",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER",
})  # fmt: skip
_DRIVER: Final = "spark-driver-in-worker"
_HEALTHY: Final = {"condition": "service_healthy"}
# A stream's task may run for weeks: Redis must not give it to a second worker meanwhile.
_YEAR_S: Final = 31_536_000
_PASSWORD: Final = "${AIRFLOW_REDIS_PASSWORD:?write one into .env}"  # noqa: S105 - where it stands


def celery_settings(environment: dict[str, str]) -> dict[str, str]:
    """What Airflow's parts and workers are told beside the settings they have.

    Args:
        environment: of a service of Airflow's in docker-compose.yaml.
    """
    database = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].strip()
    return {
        "AIRFLOW__CORE__EXECUTOR": CELERY,
        "AIRFLOW__CELERY__BROKER_URL": f"redis://:{_PASSWORD}@airflow-redis:6379/0",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{database}",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": environment["AIRFLOW__CORE__PARALLELISM"],
        "AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER": "1",
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": str(_YEAR_S),
    }


def celery_overlay() -> str:
    """A compose file that goes over docker-compose.yaml: Redis, a worker, and Celery as executor."""
    base = yaml.safe_load((REPOSITORY_ROOT / "docker-compose.yaml").read_text())
    services = base["services"]
    scheduler = services["airflow-scheduler"]
    told = celery_settings(scheduler["environment"])
    build = {"context": ".", "dockerfile": DOCKERFILE, "args": {"PROVIDER": CELERY_PROVIDER}}
    changed = {"image": "isotherm-celery:local", "build": build, "environment": told}
    parts = [name for name in services if name.startswith("airflow-") and name != "airflow-postgres"]
    overlay: dict[str, Any] = dict.fromkeys((*parts, "first-run"), changed)
    overlay["airflow-scheduler"] = {**changed, "depends_on": {"airflow-redis": _HEALTHY}}
    overlay["airflow-redis"] = _redis(base["x-hardened"])
    overlay["airflow-worker"] = _worker(scheduler, changed)
    up = "docker compose --file docker-compose.yaml --file THIS-FILE up"
    return _yaml({"services": overlay}, ["docker compose build api", up])


def _redis(hardened: dict[str, Any]) -> dict[str, Any]:
    return {
        **hardened,
        "image": REDIS_IMAGE,
        "user": "999:999",
        "command": ["redis-server", "--save", "", "--requirepass", _PASSWORD],
        "tmpfs": ["/data:size=64m,uid=999,gid=999"],
        "restart": "unless-stopped",
        "stop_grace_period": "30s",
        "mem_limit": "128m",
        "networks": ["backend"],
        "environment": {"REDISCLI_AUTH": _PASSWORD},
        "healthcheck": {"test": ["CMD-SHELL", "redis-cli ping | grep -q PONG"], "interval": "10s",
                        "timeout": "10s", "retries": 3, "start_period": "60s"},
    }  # fmt: skip


def _worker(scheduler: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """The scheduler's service, running tasks instead: further ones on other hosts are the same."""
    kept = {name: value for name, value in scheduler.items() if name not in ("labels", "command")}
    app = CELERY.replace("CeleryExecutor", "app")
    ping = f"celery --app {app} inspect ping -d celery@$$HOSTNAME"
    return {
        **kept,
        **changed,
        "command": ["python", "-m", "airflow", "celery", "worker", "--skip-serve-logs"],
        # Spark's executors must reach the driver here, not in the scheduler.
        "networks": {"backend": {"aliases": [_DRIVER]}, "edge": {}},
        "environment": {
            **scheduler["environment"],
            **changed["environment"],
            "ISOTHERM_SPARK_DRIVER_HOST": _DRIVER,
        },
        # Logs are read by the api-server from the volume that all of Airflow shares.
        "depends_on": {**scheduler["depends_on"], "airflow-redis": _HEALTHY},
        "healthcheck": {**scheduler["healthcheck"], "test": ["CMD-SHELL", ping]},
    }


def kubernetes_values(settings: Settings) -> str:
    """Values of the official chart: our image, our settings, the pod of a task.

    Args:
        settings: with the addresses of the servers as the pods reach them.
    """
    environment = _environment(settings)
    values = {
        "airflowVersion": "3.3.2",
        "executor": "KubernetesExecutor",
        "uid": _USER,
        "images": {"airflow": {"repository": "isotherm-kubernetes", "tag": "local"}},
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "extraEnvFrom": f"- secretRef:\n    name: {_SECRET}\n",
        # Of a task that is over the log is all that stays.
        "logs": {"persistence": {"enabled": True}},
        "podTemplate": yaml.safe_dump(task_pod(settings), sort_keys=False),
    }
    image = f"--build-arg PROVIDER={KUBERNETES_PROVIDER} --tag isotherm-kubernetes:local"
    build = f"docker build --file {DOCKERFILE} {image} ."
    install = "helm upgrade --install airflow apache-airflow/airflow --values THIS-FILE"
    return _yaml(values, [build, install])


def task_pod(settings: Settings) -> dict[str, Any]:
    """The pod that the Kubernetes executor starts for each task."""
    confined = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    variables = {
        **_environment(settings),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{_RELEASE}-api-server:8080/execution/",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": _LOGS,
    }
    container = {
        "name": "base",  # the executor looks for this name
        "image": "isotherm-kubernetes:local",
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "envFrom": [{"secretRef": {"name": _SECRET}}],
        "securityContext": confined,
        "resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "5Gi"}},
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in _MOUNTS.items()],
    }
    volumes = [
        # What a task leaves there nobody needs after it.
        {"name": "state", "emptyDir": {}},
        {"name": "tmp", "emptyDir": {}},
        {"name": "logs", "persistentVolumeClaim": {"claimName": f"{_RELEASE}-logs"}},
    ]
    user = {"runAsUser": _USER, "runAsGroup": 0, "fsGroup": 0, "runAsNonRoot": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "isotherm-task", "labels": {"app": "isotherm"}},
        "spec": {
            "restartPolicy": "Never",
            "securityContext": {**user, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
            "volumes": volumes,
        },
    }


def _environment(settings: Settings) -> dict[str, str]:
    """Airflow's settings that the chart has not itself, and ours that are not the default's."""
    airflow = {
        name: _IMAGE_FOLDERS.get(name, value)
        for name, value in airflow_settings(settings).items()
        if name not in CHART_S_OWN
    }
    own = {
        f"ISOTHERM_{name.upper()}": str(value)
        for name, value in settings.differing().items()
        if name not in ("tools_dir", "runtime_dir", "port_base", "cluster")
    }
    path = {"PYTHONPATH": _LINEAGE} if settings.lineage else {}
    return {**airflow, "ISOTHERM_ARCHIVE": settings.archive, **own, **path}


def _yaml(document: dict[str, Any], use: list[str]) -> str:
    plain = json.loads(json.dumps(document))  # no anchors
    lines = "".join(f"#   {command}\n" for command in use)
    text = yaml.safe_dump(plain, sort_keys=False, width=1000)
    return f"# Made by `./isotherm airflow-on`, to be used by\n{lines}{text}"
