"""A process for each task of Airflow, watched: the executor of one machine.

Airflow's own LocalExecutor (3.3.2) has workers that wait in turn for one queue, and does not note what
it runs. kill -9 of an idle worker leaves the queue locked: no task starts again. That of a busy one is
noticed after five minutes, by its heartbeat. And a task that was answered within a second or two of
its question, so that it is queued again before the process that asked is known to have ended, is taken
for lost and tried again from its start: the answer is dropped.

Here nothing is shared: a workload is a process, its end is its exit status, and a task dies with the
process that speaks for it, so that the next attempt never has company.
"""

import ctypes
import gc
import multiprocessing
import os
import signal
from collections.abc import Sequence
from functools import partial
from multiprocessing.context import ForkProcess
from typing import TYPE_CHECKING, Any, Final

from airflow.executors.base_executor import BaseExecutor, get_execution_api_server_url
from airflow.executors.local_executor import LocalExecutor

if TYPE_CHECKING:
    from airflow.executors.workloads import ExecutorWorkload

_PR_SET_PDEATHSIG: Final = 1
_libc: Final = ctypes.CDLL(None, use_errno=True)


class TaskExecutor(LocalExecutor):
    """Runs at most `parallelism` workloads at once, each in a process forked from the scheduler."""

    def start(self) -> None:
        """Begin with none."""
        self._started: dict[ForkProcess, ExecutorWorkload] = {}

    def _process_workloads(self, workload_list: "Sequence[ExecutorWorkload]") -> None:
        # What is frozen is not touched, and so not copied, by the children's collector.
        gc.freeze()
        try:
            for workload in workload_list:
                for queue in self._queues:
                    queue.pop(workload.key, None)
                self._start(workload)
        finally:
            gc.unfreeze()

    @property
    def _queues(self) -> list[dict[Any, Any]]:
        return [self.queued_tasks, self.queued_callbacks, self.queued_connection_tests]

    def _start(self, workload: "ExecutorWorkload") -> None:
        server = get_execution_api_server_url(self.conf)
        process = multiprocessing.get_context("fork").Process(target=_run, args=(workload, server))
        self.running.add(workload.key)
        process.start()
        self._started[process] = workload
        if workload.running_state is not None:
            self.change_state(workload.key, workload.running_state, remove_running=False)

    def sync(self) -> None:
        """Report what has ended."""
        for process, workload in list(self._started.items()):
            if process.is_alive():
                continue
            status = process.exitcode
            process.close()
            del self._started[process]
            if any(one.key == workload.key for one in self._started.values()):
                # It asked, was answered and runs again: that its first process is gone is no news.
                continue
            if status:
                self.fail(workload.key, f"the process that speaks for it ended with {_words(status)}")
            else:
                self.success(workload.key)

    def end(self) -> None:
        """Wait for what runs; the processes are told to end by whoever ends the scheduler."""
        for process in self._started:
            process.join()
        self.sync()


def _run(workload: "ExecutorWorkload", server: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the scheduler's: tasks run to their end
    os.register_at_fork(after_in_child=partial(_end_with_parent, os.getpid()))
    BaseExecutor.run_workload(
        workload,
        server=server,
        proctitle=f"airflow worker -- {workload.display_name} (supervisor)",
        subprocess_logs_to_stdout=True,
    )


def _end_with_parent(parent: int) -> None:
    """In a forked child: ask for SIGTERM at the parent's death; not in what the task itself forks."""
    if os.getppid() == parent:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _words(status: int) -> str:
    return f"status {status}" if status > 0 else f"signal {signal.Signals(-status).name}"
