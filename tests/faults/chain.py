"""The speed layer's whole chain from feeder to MySQL, and what must come of what it is fed."""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from faults.chain_processes import READY_WITHIN_S, ChainProcesses, wait_until
from faults.chain_tables import ChainTables
from faults.disks import Disks
from faults.fed_rows import (
    Difference,
    Expected,
    FedArchive,
    accounted,
    compare,
    global_rows,
    hour_of,
)
from isotherm.local.secret_files import MYSQL_PASSWORD, make_secrets, read_secret
from isotherm.local.server import Server
from isotherm.local.servers.hdfs import hdfs_servers
from isotherm.local.servers.kafka import kafka_servers
from isotherm.local.servers.own import own_servers
from isotherm.settings import Settings, load_settings
from isotherm.stores.mysql import create_engine
from running_product import free_port_base
from servers.cutting_proxy import CuttingProxy
from servers.mariadb_fixture import quick_mysql

BATCH_INTERVAL_S: Final = 0.2
# Of data time, so that an hour of data takes a second and something is always under way.
SPEED: Final = 3600.0
TRIGGER_S: Final = 1.0
_FED_STATIONS: Final = "FZ"


class Chain:
    """One chain with its feed, and what is expected of it."""

    def __init__(
        self,
        archive: FedArchive,
        folder: Path,
        disks: Disks | None = None,
        *,
        checkpoint_on_hdfs: bool = False,
    ) -> None:
        """Prepare; `start` starts it.

        Args:
            archive: what is played.
            folder: the state folder.
            disks: small ones below it, if there are any.
            checkpoint_on_hdfs: whether the stream keeps its checkpoint there, and an HDFS is started.
        """
        self.archive = archive
        self.disks = disks
        self.expected = Expected()
        # Places in the raw topic, by partition and offset, of what is no observation.
        self.poison: set[tuple[int, int]] = set()
        self._hdfs: list[Server] = []
        self.settings = _settings(folder, archive.root)
        if checkpoint_on_hdfs:
            checkpoints = f"{self.settings.hdfs_uri}/isotherm/checkpoints"
            self.settings = self.settings.model_copy(update={"checkpoint_uri": checkpoints})
            self._hdfs = hdfs_servers(self.settings)
        self.proxy = CuttingProxy(self.settings.mysql_port)
        self.tables = ChainTables(create_engine(self.settings))
        form = {
            "first_day": str(archive.first_day),
            "last_day": str(archive.last_day),
            "batch_interval_s": BATCH_INTERVAL_S,
            "speed": SPEED,
            "trigger_s": TRIGGER_S,
        }
        self.processes = ChainProcesses(self.settings, self._servers(), form)
        self._known = 0

    def _servers(self) -> list[Server]:
        # The sink goes through the proxy; everything else does not.
        through_proxy = self.settings.model_copy(update={"mysql_port": self.proxy.port})
        sink = next(one for one in own_servers(through_proxy) if one.name == "sink")
        mysql = _west_of_us(quick_mysql(self.settings))
        return [*self._hdfs, *kafka_servers(self.settings), mysql, sink]

    def start(self) -> None:
        """Start everything and return once the first rows stand in MySQL."""
        self.processes.start()
        self.wait_until(lambda: self.tables.accounted(_FED_STATIONS) > 0)

    @property
    def feed_id(self) -> str:
        """Of the replay."""
        (position,) = (self.settings.state_dir / "feeds").glob("*.json")
        return position.stem

    def rows_fed(self) -> int:
        """Rows of the archive that are acknowledged."""
        path = self.settings.state_dir / "feeds" / f"{self.feed_id}.json"
        position: dict[str, Any] = json.loads(path.read_text())
        return int(position["rows_fed"])

    def wait_until(self, is_so: Callable[[], bool], within_s: float = READY_WITHIN_S) -> float:
        """Wait for a condition, through any outage of MySQL; returns how long it took."""

        def is_so_now() -> bool:
            with suppress(sa.exc.DBAPIError):
                return is_so()
            return False

        return wait_until(is_so_now, within_s, self.processes.logs)

    def wait_for_new_rows(self) -> float:
        """How long it takes until something that is fed from now on stands in MySQL, in seconds."""
        # A batch may be on its way that is not acknowledged yet.
        batch = math.ceil(self.archive.rows_per_s * SPEED * BATCH_INTERVAL_S)
        fed = self.rows_fed() + 2 * batch
        assert fed < len(self.archive.rows), "the feed is over: it is too short for so many faults"
        wanted = self.archive.distinct[fed]
        return self.wait_until(lambda: self.tables.accounted(_FED_STATIONS) > wanted)

    def check(self) -> Difference:
        """Compare all that is whole by now with the plain computation; waits until it has arrived."""
        fed = self.rows_fed()
        before = hour_of(self.archive.rows[fed]["observed_at"])
        self.expected.add(self.archive.rows[self._known : fed])
        self._known = fed
        wanted = {key: one for key, one in self.expected.summaries().items() if key[1] < before}
        total = sum(accounted(one) for key, one in wanted.items() if key[3] == "unfiltered")
        with suppress(AssertionError):  # what is lost never comes: the comparison says what
            self.wait_until(lambda: self.tables.accounted("", before) >= total)
        difference = compare(self.tables.summaries(before), wanted)
        found, over_all = self.tables.global_rows(before), global_rows(wanted)
        odd = {key for key in found.keys() | over_all.keys() if found.get(key) != over_all.get(key)}
        if not odd:
            return difference
        key = min(odd)
        example = f"over all stations {key}: found {found.get(key)}, wanted {over_all.get(key)}"
        wrong = difference.wrong + len(odd)
        return replace(difference, wrong=wrong, example=difference.example or example)

    def check_letters(self) -> Difference:
        """Every poison message a dead letter, once, and nothing else one; waits for them."""
        with suppress(AssertionError):
            self.wait_until(lambda: self.tables.letters().total() >= len(self.poison))
        found = self.tables.letters()
        missing = len(self.poison - found.keys())
        surplus = found.total() - len(self.poison) + missing
        odd = [place for place, count in found.items() if count > 1 or place not in self.poison]
        return Difference(missing, surplus, missing + surplus, f"letters {odd[:3]}" if odd else "")

    def dispose(self) -> None:
        """End everything."""
        self.processes.dispose()
        self.proxy.close()


def _west_of_us(mysql: Server) -> Server:
    """A server whose own clock is not in UTC, as one that is not ours may be."""
    return replace(mysql, command=lambda: [*mysql.command(), "--default-time-zone=-07:00"])


def _settings(folder: Path, archive: Path) -> Settings:
    first = Settings(
        state_dir=folder,
        tools_dir=load_settings().tools_dir,
        port_base=free_port_base(),
        archive=str(archive),
    )
    make_secrets(first)
    password = read_secret(first, MYSQL_PASSWORD)
    return first.model_copy(update={"mysql_password": type(first.mysql_password)(password)})
