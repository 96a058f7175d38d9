"""The audit of files in a process that imports nothing else; its peak memory. Prints JSON.

    python benchmarks/peers/audit_alone.py

Every file is compared anew, as after a load. Settings come from the environment, as in the product.
"""

import json
from pathlib import Path

import sqlalchemy as sa

from isotherm.audit.files import settle_files
from isotherm.settings import load_settings
from isotherm.stores import tables
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.mysql import create_engine


def memory_mb(name: str) -> int:
    """VmHWM (the most there was; unlike getrusage's not the parent's) or VmRSS of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(name))


def main() -> None:
    """Audit, and say what it took."""
    before = memory_mb("VmHWM")
    settings = load_settings()
    engine = create_engine(settings)
    with engine.begin() as connection:
        connection.execute(sa.update(tables.source_file).values(is_settled=0))
    result = settle_files(engine, HdfsStore(settings), "benchmark")
    line = result.lines[0]
    found = {
        "compared": result.compared,
        "fed": line.fed,
        "lost": line.lost,
        "doubled": line.doubled,
        "imports_mb": before,
        "peak_mb": memory_mb("VmHWM"),
        "end_mb": memory_mb("VmRSS"),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
