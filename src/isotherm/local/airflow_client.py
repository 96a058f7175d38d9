"""A small client of Airflow's public API: trigger a DAG, follow its run, read a task's log.

The first run goes through Airflow like any user's, so that what it did can be read in the UI.
"""

import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import httpx
import stamina

from isotherm.errors import IsothermError, ServerStartError

STALLED_AFTER_S = 900.0
_TRANSIENT = (httpx.TransportError, httpx.HTTPStatusError)


class DagRunFailedError(IsothermError):
    """A DAG run ended in failure; the message holds the end of the failing task's log."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task of a run, as the Airflow UI shows it."""

    task_id: str
    state: str
    try_number: int
    map_index: int

    @property
    def label(self) -> str:
        """Task id, with the index of a mapped task."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"


class AirflowClient:
    """Talks to one api-server with one login; the token renews itself."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        self._login = {"username": username, "password": password}
        self._http = httpx.Client(base_url=base_url, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._http.close()

    def wait_for_dag(self, dag_id: str, timeout_s: float = 120) -> None:
        """Wait until the dag-processor has parsed a DAG.

        Raises:
            ServerStartError: it has not, within the time; the message holds the import errors.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self._send("GET", f"/api/v2/dags/{dag_id}").status_code == httpx.codes.OK:
                return
            time.sleep(1)
        errors = self.get("/api/v2/importErrors").get("import_errors", [])
        shown = "\n".join(f"{one['filename']}: {one['stack_trace']}" for one in errors) or "none"
        raise ServerStartError(
            f"Airflow did not list the DAG {dag_id} within {timeout_s:.0f} s. Import errors: {shown}. "
            "Read `./isotherm logs airflow-dag-processor`."
        )

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler start runs of a DAG."""
        self.patch(f"/api/v2/dags/{dag_id}", is_paused=False)

    def trigger(self, dag_id: str, conf: dict[str, Any], run_id: str = "") -> str:
        """Start a run with these form values; returns its run id.

        The id is chosen here: asked again, because an answer was lost on the way, Airflow knows the run
        and starts no second one.

        Args:
            dag_id: the DAG.
            conf: the form's values.
            run_id: of the run; by default a new one. A run of this id that is there already is kept.
        """
        run_id = run_id or f"isotherm__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}_{secrets.token_hex(4)}"
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        response = self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)
        if response.status_code != httpx.codes.CONFLICT:
            _raise_for_status(response)
        return run_id

    def run_state(self, dag_id: str, run_id: str) -> str | None:
        """State of a run; None if there is none of this id."""
        response = self._send("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        _raise_for_status(response)
        return str(response.json()["state"])

    def tasks(self, dag_id: str, run_id: str) -> list[TaskState]:
        """The run's tasks in the order they started."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        found = self.get(path, limit=200, order_by="start_date")["task_instances"]
        return [
            TaskState(one["task_id"], one["state"] or "waiting", one["try_number"], one["map_index"])
            for one in found
        ]

    def log(self, dag_id: str, run_id: str, task: TaskState) -> str:
        """The text of a task's newest attempt, as the UI shows it, one line per event."""
        path = (
            f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task.task_id}"
            f"/logs/{max(task.try_number, 1)}"
        )
        content = self.get(path, map_index=task.map_index, full_content="true").get("content", [])
        return "\n".join(line for one in content for line in _log_lines(one))

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str) -> object:
        """A value that a task has handed on."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        return self.get(path)["value"]

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str,
        on_look: Callable[[list[TaskState]], None] = lambda _tasks: None,
        timeout_s: float = math.inf,
        pulse: Callable[[], object] = lambda: None,
        stalled_after_s: float = STALLED_AFTER_S,
    ) -> None:
        """Follow a run to its end, as long as it goes on.

        Args:
            dag_id: the DAG.
            run_id: its run.
            on_look: called with the tasks at each look, about once a second.
            timeout_s: give up after this long.
            pulse: tells something that changes while tasks work, such as the size of their logs.
            stalled_after_s: give up when neither a task's state nor the pulse has changed this long.

        Raises:
            DagRunFailedError: the run failed, took too long, or did not go on.
        """
        shown: list[TaskState] = []
        beat: object = None
        begun = moved = time.monotonic()
        while (state := self.run_state(dag_id, run_id)) != "success":
            tasks = self.tasks(dag_id, run_id)
            on_look(tasks)
            if state == "failed":
                raise DagRunFailedError(self._describe_failure(dag_id, run_id, tasks))
            now = time.monotonic()
            if (tasks, newest := pulse()) != (shown, beat):
                shown, beat, moved = tasks, newest, now
            if now - moved > stalled_after_s or now - begun > timeout_s:
                raise DagRunFailedError(
                    f"{dag_id} ({run_id}) did not end within {now - begun:.0f} s, and nothing of it "
                    f"moved in the last {now - moved:.0f} s. See it in the Airflow UI."
                )
            time.sleep(1)
        on_look(self.tasks(dag_id, run_id))

    def get(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """GET a JSON document."""
        response = self._send("GET", path, params=parameters)
        _raise_for_status(response)
        document: dict[str, Any] = response.json()
        return document

    def patch(self, path: str, **changes: object) -> None:
        """Change some fields of what a path names."""
        _raise_for_status(self._send("PATCH", path, json=changes))

    def _describe_failure(self, dag_id: str, run_id: str, tasks: list[TaskState]) -> str:
        lines = [f"{dag_id} ({run_id}) failed."]
        for task in [one for one in tasks if one.state == "failed"][:3]:
            end = self.log(dag_id, run_id, task).splitlines()[-15:]
            lines += [f"--- {task.label}, end of its log:", *end]
        lines.append("Read the whole log in the Airflow UI, mend the cause, and clear the failed task.")
        return "\n".join(lines)

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        try:
            return self._try(method, path, **options)
        except _TRANSIENT as error:
            raise IsothermError(
                f"Airflow at {self._http.base_url} did not answer ({type(error).__name__}: {error}). "
                "Look at `./isotherm status` and `./isotherm logs airflow-api-server`."
            ) from error

    @stamina.retry(on=_TRANSIENT, attempts=8, timeout=120)
    def _try(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        if "authorization" not in self._http.headers:
            token = self._http.post("/auth/token", json=self._login)
            token.raise_for_status()
            self._http.headers["authorization"] = f"Bearer {token.json()['access_token']}"
        response = self._http.request(method, path, **options)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            del self._http.headers["authorization"]
            response.raise_for_status()
        if response.is_server_error:
            response.raise_for_status()
        return response


def _raise_for_status(response: httpx.Response) -> None:
    if response.is_error:
        raise IsothermError(
            f"Airflow answered {response.status_code} to {response.request.method} "
            f"{response.request.url.path}: {response.text[:500]}"
        )


def _log_lines(entry: str | dict[str, Any]) -> list[str]:
    """One event of a task's log as text, with the errors behind it."""
    if isinstance(entry, str):
        return [entry]
    errors = entry.get("error_detail") or []
    return [
        str(entry.get("event", "")),
        *(f"{one.get('exc_type')}: {one.get('exc_value')}" for one in errors),
    ]
