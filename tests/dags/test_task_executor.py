"""The executor: a workload is a process, its end is told by its status, nothing of it outlives it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from isotherm.local.processes import is_living

IDLE_S = 60


@dataclass(frozen=True)
class Workload:
    """As much of Airflow's workload as an executor touches."""

    key: str
    work: Callable[[], None]
    success_state: str = "success"
    failure_state: str = "failed"
    running_state: None = None
    display_name: str = "a workload"


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from airflow.executors.base_executor import BaseExecutor

    from isotherm.local.airflow_executor import TaskExecutor

    def run_workload(workload: Workload, **_options: object) -> None:
        workload.work()

    monkeypatch.setattr(BaseExecutor, "run_workload", staticmethod(run_workload))
    monkeypatch.setattr(TaskExecutor, "success", lambda self, key: self.change_state(key, "success"))
    monkeypatch.setattr(
        TaskExecutor, "fail", lambda self, key, info: self.change_state(key, "failed", info)
    )
    one = TaskExecutor(parallelism=2)
    one.start()
    yield one
    for process in one._started:
        process.kill()
    one.end()


def started(executor: Any, *workloads: Workload) -> list[psutil.Process]:  # noqa: ANN401
    before = set(executor._started)
    executor._process_workloads(workloads)
    return [psutil.Process(one.pid) for one in executor._started if one not in before]


def events(executor: Any, count: int) -> dict[str, tuple[str, str | None]]:  # noqa: ANN401
    """What is told, once so much is."""
    deadline = time.monotonic() + 30
    while len(executor.event_buffer) < count and time.monotonic() < deadline:
        executor.sync()
        time.sleep(0.02)
    return dict(executor.get_event_buffer())


def fork_and_wait(note: Path) -> None:
    """As the process that speaks for a task does: the task is its child, the child's child is not."""
    if (child := os.fork()) == 0:
        if (own := os.fork()) == 0:
            time.sleep(IDLE_S)
            os._exit(0)
        note.write_text(f"{os.getpid()} {own}")
        time.sleep(IDLE_S)
        os._exit(0)
    os.waitpid(child, 0)


def test_an_end_is_told_by_its_status(executor: Any) -> None:  # noqa: ANN401
    def fail() -> None:
        raise RuntimeError("as if the api-server were away")

    # Nobody is asked for here: whoever has ended by the second start is collected by it.
    executor._process_workloads([Workload("well", lambda: None), Workload("badly", fail)])
    assert executor.slots_available == 0
    told = events(executor, 2)
    assert told["well"] == ("success", None)
    assert told["badly"] == ("failed", "the process that speaks for it ended with status 1")
    assert executor.slots_available == 2


def test_a_killed_process_is_told_at_once_its_task_dies_with_it_and_others_start(
    executor: Any,  # noqa: ANN401
    tmp_path: Path,
) -> None:
    note = tmp_path / "pids"
    [process] = started(executor, Workload("task", lambda: fork_and_wait(note)))
    deadline = time.monotonic() + 30
    while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    task, of_task = (psutil.Process(int(pid)) for pid in note.read_text().split())
    process.send_signal(signal.SIGKILL)
    try:
        assert events(executor, 1)["task"][0] == "failed"
        psutil.wait_procs([task], timeout=10)
        assert not is_living(task)
        assert of_task.is_running(), "what a task forks is the task's own business"
    finally:
        of_task.kill()
    started(executor, Workload("next", lambda: None))
    assert events(executor, 1)["next"][0] == "success"


def test_the_end_of_a_task_that_was_answered_and_runs_again_is_no_news(
    executor: Any,  # noqa: ANN401
) -> None:
    started(executor, Workload("question", lambda: time.sleep(0.3)))
    [again] = started(executor, Workload("question", lambda: time.sleep(IDLE_S)))
    deadline = time.monotonic() + 30
    while len(executor._started) > 1 and time.monotonic() < deadline:
        executor.sync()
        time.sleep(0.02)
    assert len(executor._started) == 1
    assert executor.get_event_buffer() == {}
    assert "question" in executor.running
    again.kill()
    assert events(executor, 1)["question"][0] == "failed"
