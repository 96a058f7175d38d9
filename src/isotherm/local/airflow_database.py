"""A program: migrates Airflow's metadata database and creates the pools, with one import of Airflow.

The `airflow` command would import it once for the migration and once for every pool, six seconds each.
"""

import hashlib
import importlib.metadata
import json
from pathlib import Path

from isotherm.files import write_whole
from isotherm.settings import Settings, load_settings

# One stream at a time, one Spark program at a time (two cores), at most four downloads from NOAA.
POOLS = {
    "stream": (1, "the streaming task"),
    "spark": (1, "Spark programs"),
    "noaa": (4, "downloads from NOAA"),
}


def wanted_state() -> str:
    """A name of the state this program brings the database to."""
    version = importlib.metadata.version("apache-airflow")
    return hashlib.sha256(f"{version} {json.dumps(POOLS)}".encode()).hexdigest()


def is_set_up(settings: Settings) -> bool:
    """Whether a stamp says that this version has migrated and made the pools."""
    stamp = _stamp(settings)
    return stamp.exists() and stamp.read_text() == wanted_state()


def _stamp(settings: Settings) -> Path:
    return settings.state_dir / "airflow" / "database-is-ready"


def main() -> None:
    """Migrate and create pools, unless it is done."""
    settings = load_settings()
    if is_set_up(settings):
        return
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session

    initdb()
    with create_session() as session:
        for name, (slots, description) in POOLS.items():
            Pool.create_or_update_pool(
                name=name,
                slots=slots,
                description=description,
                include_deferred=False,
                session=session,
            )
    write_whole(_stamp(settings), wanted_state())


if __name__ == "__main__":
    main()
