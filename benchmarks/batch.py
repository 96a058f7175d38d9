"""What does the batch job cost beside a direct script that does the same work?

    python benchmarks/batch.py [STATIONS] [PASSES]

Simulated station-years of 2024: raw files on an HDFS of its own to both tables there, warm (the passes
after the first of one Spark context) and cold (spark-submit, the whole process tree), with work and
without. Beside it the same parser and rules in one Polars process on local files, and DuckDB's reading
of the same files with the rules in SQL, where it is installed. CPU seconds of the programs, medians;
the servers' own are a line of their own.
"""

# ruff: noqa: E402 - the servers' fixture is the tests'

import importlib.util
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import delete, update

from process_cost import Cost, run_program

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests"))

from isotherm.datasets.simulated.archive_files import write_archive
from isotherm.spark.batch import BatchSummariser
from isotherm.spark.session import batch_context, batch_submit_conf
from isotherm.stores import tables
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, OBSERVATION_ROOT
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine
from isotherm.stores.source_files import read_pending
from servers.hdfs_fixture import Hdfs
from servers.job_archive import JobArchive

YEAR = 2024
PEERS = Path(__file__).parent / "peers"


class Stack:
    """HDFS and MySQL with the raw files, nothing made of them yet."""

    def __init__(self, servers: Hdfs, raw: Path) -> None:
        self.settings, self._servers = servers.settings, servers
        self.store, self.engine = HdfsStore(servers.settings), create_engine(servers.settings)
        archive = JobArchive(self.store, self.engine)
        for path in sorted(raw.glob("*.csv.gz")):
            archive.put_compressed(path.read_bytes(), station=path.name[:11], year=YEAR)

    def forget(self) -> None:
        """As it was after the download: no table, every file pending."""
        for root in (OBSERVATION_ROOT, HOURLY_SUMMARY_ROOT):
            self.store.delete(root)
        nothing = {"summarised_sha256": None, "made_by": None, "changed_days": None}
        with self.engine.begin() as connection:
            connection.execute(
                update(tables.source_file).values(is_pending=1, has_changes=0, **nothing)
            )
            connection.execute(delete(tables.rejected_observation))

    def submit(self) -> Cost:
        """The job as Airflow starts it."""
        conf = batch_submit_conf(self.settings)
        options = [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]
        program = str(Path(sys.executable).with_name("spark-submit"))
        job = str(REPOSITORY / "jobs" / "summarise_observations.py")
        return run_program([program, *options, job], self._servers.mysql.environment())

    def server_pids(self) -> set[int]:
        """The servers and all below them."""
        return {one.pid for one in self._servers.processes()}


def tree_cpu_s(leave_out: set[int]) -> float:
    """CPU of this process and all below it but some, so far; of ended workers, too."""
    here = psutil.Process()
    total = 0.0
    for one in (here, *here.children(recursive=True)):
        if one.pid not in leave_out:
            used = one.cpu_times()
            total += used.user + used.system
            # A server that ends below us would be counted here; none does while we measure.
            total += 0 if one.pid == here.pid else used.children_user + used.children_system
    return total


def servers_cpu_s(stack: Stack) -> float:
    """CPU of HDFS and MySQL, so far."""
    times = [psutil.Process(pid).cpu_times() for pid in stack.server_pids()]
    return sum(one.user + one.system for one in times)


def warm_passes(stack: Stack, passes: int) -> tuple[list[float], float]:
    """CPU of each pass after the first in one context, and the servers' CPU of a pass."""
    costs, servers = [], servers_cpu_s(stack)
    with batch_context(stack.settings, "isotherm-benchmark") as context:
        for _ in range(passes + 1):
            stack.forget()
            before = tree_cpu_s(stack.server_pids())
            with stack.engine.connect() as connection:
                files = read_pending(connection)
            report = BatchSummariser(context, stack.settings, stack.engine).run(files)
            costs.append(tree_cpu_s(stack.server_pids()) - before)
        print(f"{report.observation_count:,} observations of {report.file_count} files")
    return costs[1:], (servers_cpu_s(stack) - servers) / (passes + 1)


def cold(stack: Stack, passes: int, *, with_work: bool) -> list[Cost]:
    """Whole spark-submits, interleaved with nothing else."""
    found = []
    for _ in range(passes):
        if with_work:
            stack.forget()
        found.append(stack.submit())
    return found


def peer(name: str, raw: Path, target: Path, passes: int) -> tuple[list[float], Cost, object]:
    """CPU of a peer's warm passes, the cost of a whole process with one, and its check sums."""
    program = [sys.executable, str(PEERS / f"{name}.py"), str(raw), str(target), str(YEAR)]
    several = json.loads(run_program([*program, str(passes + 1)], {}).last_line)
    return several["cpu_s"][1:], run_program([*program, "1"], {}), several["check"]


@contextmanager
def servers() -> Iterator[Hdfs]:
    """HDFS and MySQL of our own."""
    stack = Hdfs(waits_for_disk=True)
    try:
        for server in (stack.namenode, stack.datanode, stack.mysql):
            stack.start(server)
        yield stack
    finally:
        stack.dispose()


def report_line(label: str, cpu_s: float, floor_s: float, note: str = "") -> None:
    """One row of the table."""
    print(f"| {label} | {cpu_s:.1f} | {cpu_s / floor_s:.1f} | {note} |", flush=True)


def main() -> None:
    """Measure all and print a table."""
    stations = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    passes = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory(prefix="isotherm-batch-") as name, servers() as started:
        folder, target = Path(name), Path(name) / "peer"
        target.mkdir()
        write_archive(folder, stations, (YEAR,))
        raw = folder / "data/global-hourly/access" / str(YEAR)
        floor, floor_cold, check = peer("direct_polars", raw, target, passes)
        stack = Stack(started, raw)
        product_cold = cold(stack, passes, with_work=True)
        idle = cold(stack, passes, with_work=False)
        warm, servers_s = warm_passes(stack, passes)
        floor_again, _, _ = peer("direct_polars", raw, target, passes)
        floor_s = statistics.median([*floor, *floor_again])
        print("| program | CPU s | to the first | |\n|---|---|---|---|")
        report_line("direct Polars, warm", floor_s, floor_s, "parse, fold, write; local files")
        report_line("direct Polars, whole process", floor_cold.cpu_s, floor_s, "imports included")
        report_line("product, warm", statistics.median(warm), floor_s, "HDFS to HDFS, ledger included")
        report_line("the servers meanwhile", servers_s, floor_s, "NameNode, DataNode, MySQL")
        report_cold("product, cold", product_cold, floor_s)
        report_cold("product, nothing to do", idle, floor_s)
        if importlib.util.find_spec("duckdb"):
            duckdb, duckdb_cold, its_check = peer("duckdb_sql", raw, target, passes)
            assert its_check == check, f"DuckDB found {its_check}, we {check}"
            report_line("DuckDB, warm", statistics.median(duckdb), floor_s, "summaries only")
            report_line("DuckDB, whole process", duckdb_cold.cpu_s, floor_s, "summaries only")


def report_cold(label: str, costs: list[Cost], floor_s: float) -> None:
    """A row of whole processes, with their wall time."""
    wall_s = statistics.median(one.wall_s for one in costs)
    report_line(label, statistics.median(one.cpu_s for one in costs), floor_s, f"{wall_s:.1f} s wall")


if __name__ == "__main__":
    main()
