"""What do 1 000 station-years cost to keep: files on HDFS, the NameNode's memory, the audit's memory?

    python benchmarks/thousand_station_years.py [STATIONS] [YEARS]

Simulated station-years go the whole way on servers of their own: transfer, Spark job, load, audit.
Prints what lies on HDFS afterwards, the NameNode's heap after a collection and its whole memory; and of
each step how long it took, the CPU seconds of its program, of MySQL and of HDFS.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from isotherm.archive.simulated_archive import SimulatedArchive
from isotherm.archive.station_year import StationYear
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.datasets.simulated.stations import describe_station, station_ids
from isotherm.ingest.load import Loader
from isotherm.ingest.stations import StationDirectory
from isotherm.ingest.transfer import Transfer
from isotherm.local.environment import base_environment
from isotherm.settings import REPOSITORY_ROOT, Settings, load_settings
from isotherm.stores.hdfs_layout import HOURLY_SUMMARY_ROOT, OBSERVATION_ROOT, RAW_ROOT
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.migrate import migrate
from isotherm.stores.mysql import create_engine
from process_cost import run_program

sys.path.insert(0, str(REPOSITORY_ROOT / "tests"))
from servers.hdfs_fixture import Hdfs

NEWEST_YEAR = 2024
AUDITS = 3


class Steps:
    """Prints what each step costs, as long as these servers are the only ones it uses."""

    def __init__(self, servers: Hdfs) -> None:
        self._servers = servers

    @contextmanager
    def step(self, what: str) -> Iterator[list[float]]:
        """One step in this process; CPU seconds of others are put into the list that is given."""
        started_at, before, others = time.perf_counter(), self._cpu_s(), list[float]()
        yield others
        wall_s = time.perf_counter() - started_at
        own, mysql, hdfs = (now - then for now, then in zip(self._cpu_s(), before, strict=True))
        print(
            f"{what:<34} {wall_s:8.1f} s, CPU s: program {own + sum(others):.1f}, "
            f"MySQL {mysql:.1f}, HDFS {hdfs:.1f}; peak of this process {peak_mb()} MB",
            flush=True,
        )

    def _cpu_s(self) -> tuple[float, float, float]:
        """Of this process, of MySQL and of HDFS so far."""
        spent = {"mysql": 0.0, "hdfs": 0.0}
        for one in self._servers.processes():
            times = one.cpu_times()
            spent["mysql" if "mariadbd" in one.name() else "hdfs"] += times.user + times.system
        return time.process_time(), spent["mysql"], spent["hdfs"]


def peak_mb() -> int:
    """The most memory this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def environment(settings: Settings) -> dict[str, str]:
    """What the product's programs get."""
    return {**base_environment(settings), "ISOTHERM_TOOLS_DIR": str(load_settings().tools_dir)}


def run(settings: Settings, *program: str) -> str:
    """Run a program of the product; returns what it printed."""
    done = subprocess.run(
        [sys.executable, *program],
        env=environment(settings),
        cwd=REPOSITORY_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def content(settings: Settings, folder: str) -> tuple[int, int]:
    """Files below a folder of HDFS, and their bytes."""
    answer = httpx.get(
        f"{settings.hdfs_url}/webhdfs/v1{folder}",
        params={"op": "GETCONTENTSUMMARY", "user.name": settings.hdfs_user},
    ).raise_for_status()
    summary = answer.json()["ContentSummary"]
    return int(summary["fileCount"]), int(summary["length"])


def heap_bytes(settings: Settings) -> int:
    """The NameNode's used heap as it tells it itself."""
    beans = httpx.get(f"{settings.hdfs_url}/jmx?qry=java.lang:type=Memory").json()["beans"]
    return int(beans[0]["HeapMemoryUsage"]["used"])


def namenode(settings: Settings) -> psutil.Process:
    """The process that listens on the NameNode's port."""
    port = int(settings.hdfs_url.rsplit(":", 1)[1])
    return next(
        psutil.Process(one.pid)
        for one in psutil.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN and one.laddr[1] == port and one.pid
    )


def audit(settings: Settings) -> None:
    """The audit in a process that imports nothing else, some times, for its memory."""
    program = str(Path(__file__).parent / "peers" / "audit_alone.py")
    for _ in range(AUDITS):
        started_at = time.perf_counter()
        found = json.loads(run(settings, program).strip().splitlines()[-1])
        assert found["lost"] == found["doubled"] == 0, found
        print(
            f"audit {time.perf_counter() - started_at:.1f} s: {found['compared']} files, "
            f"fed {found['fed']:,}, lost 0, doubled 0; {found['imports_mb']} MB once imported, "
            f"{found['peak_mb']} MB at its peak, {found['end_mb']} MB at its end",
            flush=True,
        )


def measure(servers: Hdfs, archive: SimulatedArchive, station_years: list[StationYear]) -> None:
    """All steps, then what is left of them."""
    settings = Settings(
        state_dir=servers.folder,
        port_base=servers.settings.port_base,
        tools_dir=load_settings().tools_dir,
        archive="simulated",
        _secrets_dir=servers.folder / "secrets",
    )
    engine, store = create_engine(settings, local_files=True), HdfsStore(settings)
    migrate(engine)
    heap_before = heap_bytes(settings)
    steps = Steps(servers)
    with tempfile.TemporaryDirectory() as folder, steps.step("transfer, simulation included"):
        Transfer(archive, store, engine, StationDirectory(archive), Path(folder)).run(station_years)
    with steps.step("Spark job") as others:
        job = [sys.executable, str(REPOSITORY_ROOT / "jobs" / "summarise_observations.py")]
        cost = run_program(job, environment(settings))
        others.append(cost.cpu_s)
        print(cost.last_line)
    with steps.step("load"):
        Loader(store, engine).load_changes()
    audit(settings)
    for name, root in (
        ("raw files", RAW_ROOT),
        ("observations", OBSERVATION_ROOT),
        ("hourly summaries", HOURLY_SUMMARY_ROOT),
    ):
        files, size = content(settings, root)
        print(f"{name:<28} {files:6} files {size / 1e6:8.1f} MB")
    process = namenode(settings)
    subprocess.run(
        [str(settings.tools_dir / "java" / "bin" / "jcmd"), str(process.pid), "GC.run"],
        check=False,
        capture_output=True,
    )
    time.sleep(2)
    print(
        f"NameNode: heap {heap_bytes(settings) / 1e6:.0f} MB after a collection "
        f"({heap_before / 1e6:.0f} MB when it was empty, before one), "
        f"whole process {process.memory_full_info().pss / 1e6:.0f} MB"
    )


def main() -> None:
    """Start the servers, measure, take them down."""
    stations = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    years = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    station_years = [
        StationYear(one, year, GLOBAL_HOURLY.name)
        for one in station_ids(stations)
        for year in range(NEWEST_YEAR - years + 1, NEWEST_YEAR + 1)
        if describe_station(one).has_year(year)
    ]
    print(f"{len(station_years)} station-years of {stations} stations")
    os.environ["ISOTHERM_ARCHIVE"] = "simulated"
    servers = Hdfs(waits_for_disk=True)
    try:
        for server in (servers.namenode, servers.datanode, servers.mysql):
            servers.start(server)
        measure(servers, SimulatedArchive(stations), station_years)
    finally:
        servers.dispose()


if __name__ == "__main__":
    main()
