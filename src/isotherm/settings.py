"""Every setting, read in one place from ISOTHERM_* variables and the state folder's secrets.

Defaults describe the local servers of `./isotherm up`; docker-compose.yaml sets the same names to its
containers. A secret is one file of mode 600 in `<state_dir>/secrets`, named like its variable in
lower case (`isotherm_mysql_password`). Nothing is read at import.

What a state folder was last started with is recorded in it, and holds where the environment is silent.
"""

import hashlib
import json
import os
import sys
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from isotherm.errors import SettingsError
from isotherm.lane import PRODUCTION, Lane

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
# In the state folder: the archive it belongs to, and the settings it was last started with.
FOLDER_RECORD = "archive.json"


class PortOffset(IntEnum):
    """Distance of each server's port from `port_base`, so that one variable moves them all."""

    API = 0
    AIRFLOW = 1
    SINK = 2
    KAFKA = 10
    KAFKA_CONTROLLER = 11
    NAMENODE_RPC = 20
    NAMENODE_HTTP = 21
    DATANODE = 22
    DATANODE_HTTP = 23
    DATANODE_IPC = 24
    MYSQL = 30
    SPARK_MASTER = 35
    SPARK_MASTER_HTTP = 36
    SPARK_WORKER = 37
    SPARK_WORKER_HTTP = 38


# From one server to the next of its kind, where a cluster has several.
_NEXT_OF_A_KIND: Final = 30

# An archive of a year holds some 15 000 files: it costs as much as hundreds of them.
DEFAULT_YEAR_ARCHIVE_FROM: Final = 500


class Settings(BaseSettings):
    """The settings of one running Isotherm; frozen once read."""

    model_config = SettingsConfigDict(env_prefix="ISOTHERM_", frozen=True, extra="ignore")

    archive: str = Field(
        default="noaa",
        description="noaa, simulated, or a directory or http(s) root laid out as NOAA lays it out",
    )
    state_dir: Path = REPOSITORY_ROOT / ".isotherm" / "state"
    tools_dir: Path = REPOSITORY_ROOT / ".isotherm" / "tools"
    port_base: int = Field(default=24000, ge=1024, le=65000)
    cluster: bool = Field(
        default=False,
        description="three brokers, three DataNodes, a Spark master with two workers and two sinks",
    )

    neighbour_check: bool = Field(
        default=True,
        description="whether GHCNh reports unlike those before and after them are set aside",
    )
    year_archive_from: int = Field(
        default=DEFAULT_YEAR_ARCHIVE_FROM,
        ge=1,
        description="from so many new files of a year on its archive is fetched instead of each",
    )
    api_url: str = ""
    api_workers: int = Field(
        default=2, ge=1, le=64, description="processes that serve the API, best as many as cores"
    )
    api_host: str = LOOPBACK
    airflow_url: str = Field(default="", description="where browsers reach Airflow")
    airflow_api_url: str = Field(default="", description="where our programs reach Airflow's API")
    sink_host: str = LOOPBACK
    sink_url: str = Field(default="", description="where our programs reach the sink's health")
    kafka_bootstrap_servers: str = ""
    hdfs_url: str = Field(default="", description="WebHDFS address of the NameNode")
    hdfs_uri: str = Field(default="", description="hdfs:// address of the NameNode, for Spark")
    hdfs_user: str = "isotherm"
    spark_master: str = Field(default="", description="default: local[2], of a cluster its own master")
    spark_python: str = Field(
        default="",
        description="a Python of a cluster's workers with Isotherm installed; "
        "empty: code and packages are sent to them",
    )
    spark_driver_host: str = Field(
        default="", description="where a cluster's executors reach us; empty: as Spark finds it"
    )
    spark_batch_cores: int = Field(
        default=2, ge=1, description="cores of a cluster that a batch job takes"
    )
    spark_stream_cores: int = Field(
        default=2, ge=1, description="cores of a cluster that a stream takes"
    )
    checkpoint_uri: str = Field(
        default="",
        description="where streaming checkpoints live; default: in the state folder, "
        "of a stream on a cluster on HDFS",
    )
    mysql_host: str = LOOPBACK
    mysql_port: int = 0
    mysql_user: str = "isotherm"
    mysql_database: str = "isotherm"
    max_rejected_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="of a file's rows; above it an operator is asked before the file is loaded",
    )
    mysql_password: SecretStr = SecretStr("")
    runtime_dir: Path = Path()
    past_years_within_days: int = Field(
        default=30, ge=1, description="a file of a past year is asked for within so many daily runs"
    )
    forecast_years: int = Field(
        default=5, ge=1, le=50, description="years of each station the forecast is trained on"
    )
    forecast_trees: bool = Field(
        default=False,
        description="whether a station's forecast may be the mean of the ridge and boosted trees",
    )
    stale_after_h: int = Field(
        default=96, ge=1, description="hours from the newest observation to now that are too many"
    )
    follow_interval_s: float = Field(
        default=900,
        gt=0,
        description="a stream that follows the archive asks it for changed files so often, seconds",
    )
    forecasts_kept_days: int = Field(
        default=400, ge=1, description="days since they were issued: forecasts of the service"
    )
    hindcasts_kept_days: int = Field(
        default=35, ge=1, description="days since they were issued: forecasts of hours known already"
    )
    forecast_scores_kept_days: int = Field(
        default=800, ge=1, description="days since they were made: what forecasts came to"
    )
    forecast_stations: int = Field(
        default=500, ge=0, description="at most so many stations of a stream are forecast as it runs"
    )
    forecast_wait_s: float = Field(
        default=5,
        ge=0,
        description="after so many seconds without summaries a stream's newest hour is complete",
    )
    hindcast_every_h: int = Field(
        default=0,
        ge=0,
        description="a replay forecasts from each UTC hour that this divides, and from its last; 0: "
        "from every hour, from each sixth where hours come too fast for that",
    )
    notify_url: SecretStr = Field(
        default=SecretStr(""), description="where failures are told, as apprise writes addresses"
    )
    lineage: str = Field(
        default="",
        description="where OpenLineage's events go: a file, or the http(s) address of a server; "
        "empty: nowhere",
    )
    _lane: Lane = PrivateAttr(default=PRODUCTION)

    @field_validator("lineage")
    @classmethod
    def _absolute_lineage(cls, place: str) -> str:
        """A path becomes absolute, so that every process writes the same file."""
        if place.startswith(("http://", "https://")) or not place:
            return place.rstrip("/")
        if "://" in place:
            raise ValueError("a path, or an address that begins with http:// or https://")
        return str(Path(place).expanduser().absolute())

    def model_post_init(self, _context: object) -> None:
        """Fill what derives from the port base and the state folder."""
        derived: dict[str, object] = {
            "archive": resolve_archive(self.archive),
            "state_dir": self.state_dir.resolve(),
            "tools_dir": self.tools_dir.resolve(),
            "api_url": self.api_url or self.local_url(PortOffset.API),
            "airflow_url": self.airflow_url or self.local_url(PortOffset.AIRFLOW),
            "airflow_api_url": self.airflow_api_url or self.local_url(PortOffset.AIRFLOW),
            "sink_url": self.sink_url or self.local_url(PortOffset.SINK),
            "kafka_bootstrap_servers": self.kafka_bootstrap_servers or self.own_brokers,
            "spark_master": self.spark_master or self.own_spark_master,
            "hdfs_url": self.hdfs_url or self.local_url(PortOffset.NAMENODE_HTTP),
            "hdfs_uri": self.hdfs_uri or f"hdfs://{LOOPBACK}:{self.port(PortOffset.NAMENODE_RPC)}",
            "mysql_port": self.mysql_port or self.port(PortOffset.MYSQL),
            "runtime_dir": self.runtime_dir.absolute()
            if self.runtime_dir != Path()
            else default_runtime_dir(self.state_dir),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)  # frozen for everyone else
        if self.cluster and self.spark_master == self.own_spark_master:
            # Its workers share this machine and these tools, so nothing has to be sent to them.
            object.__setattr__(self, "spark_python", self.spark_python or sys.executable)
            object.__setattr__(self, "spark_driver_host", self.spark_driver_host or LOOPBACK)
        object.__setattr__(self, "checkpoint_uri", self.checkpoint_uri or self._default_checkpoints())

    def _default_checkpoints(self) -> str:
        """In the state folder, or where the executors of a cluster find them as well."""
        if not self.spark_master.startswith("local"):
            return f"{self.hdfs_uri}/isotherm/checkpoints"
        # Not `as_uri`: Hadoop takes a path as it is, "%20" would be three letters of a name.
        return f"file://{self.state_dir.resolve() / 'checkpoints'}"

    def port(self, offset: PortOffset, number: int = 1) -> int:
        """The port of one local server; of several of a kind `number` says which, from 1."""
        return self.port_base + offset + _NEXT_OF_A_KIND * (number - 1)

    @property
    def broker_count(self) -> int:
        """How many brokers of Kafka are started here."""
        return 3 if self.cluster else 1

    @property
    def datanode_count(self) -> int:
        """How many DataNodes of HDFS are started here."""
        return 3 if self.cluster else 1

    @property
    def spark_worker_count(self) -> int:
        """How many workers of Spark are started here; without any it runs where it is called."""
        return 2 if self.cluster else 0

    @property
    def sink_count(self) -> int:
        """How many sinks share the work."""
        return 2 if self.cluster else 1

    @property
    def own_brokers(self) -> str:
        """Where the brokers that are started here are reached."""
        numbers = range(1, self.broker_count + 1)
        return ",".join(f"{LOOPBACK}:{self.port(PortOffset.KAFKA, one)}" for one in numbers)

    @property
    def own_spark_master(self) -> str:
        """The Spark that is started here, or the one inside each job."""
        return (
            f"spark://{LOOPBACK}:{self.port(PortOffset.SPARK_MASTER)}" if self.cluster else "local[2]"
        )

    def local_url(self, offset: PortOffset) -> str:
        """Where one local server is reached from this machine, whatever browsers are told."""
        return f"http://{LOOPBACK}:{self.port(offset)}"

    def as_environment(self) -> dict[str, str]:
        """Every setting but the secrets as the variable it is read from, for another process."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            f"ISOTHERM_{name.upper()}": str(value)
            for name, value in values.items()
            if not isinstance(value, SecretStr)
        }

    def differing(self) -> dict[str, str | int]:
        """Settings that are not the default's, without secrets, the archive and the state folder."""
        default = type(self)(
            _env_prefix="ISOTHERM_DEFAULT_OF_",
            state_dir=self.state_dir,
            port_base=self.port_base,
            cluster=self.cluster,
        )
        values = {
            name: getattr(self, name)
            for name in type(self).model_fields
            if name not in ("archive", "state_dir", "port_base")
            and getattr(self, name) != getattr(default, name)
        }
        if self.checkpoint_uri == self._default_checkpoints():
            values.pop("checkpoint_uri", None)
        if self.cluster:
            values["cluster"] = True
        if self.port_base != type(self).model_fields["port_base"].default:
            values["port_base"] = self.port_base
        return {
            name: value if isinstance(value, int) else str(value)
            for name, value in values.items()
            if not isinstance(value, SecretStr)
        }

    @property
    def lane(self) -> Lane:
        """Whose topics these settings are for; no variable sets it, see `in_lane`."""
        return self._lane

    def in_lane(self, lane: Lane) -> Self:
        """The same servers, with what a lane writes in places of its own; secrets are read already."""
        if lane == PRODUCTION:
            return self
        places = {
            "state_dir": self.state_dir / lane.name,
            "checkpoint_uri": f"{self.checkpoint_uri}/{lane.name}",
            "mysql_database": f"{self.mysql_database}_{lane.name}",
        }
        settings = self.model_copy(update=places)
        settings._lane = lane
        return settings

    @property
    def secrets_dir(self) -> Path:
        """Folder of the generated secrets, mode 700."""
        return self.state_dir / "secrets"

    @property
    def trees_dir(self) -> Path:
        """Folder of LightGBM and what it needs, where `forecast_trees` is on."""
        return self.tools_dir / "trees"

    @property
    def lineage_dir(self) -> Path:
        """Folder of Airflow's OpenLineage provider and what it needs, where `lineage` is set."""
        return self.tools_dir / "lineage"

    @property
    def logs_dir(self) -> Path:
        """Folder of the servers' own logs."""
        return self.state_dir / "logs"

    @property
    def observation_socket(self) -> Path:
        """Unix stream socket between the feeder and the bridge."""
        return self.runtime_dir / self.lane.file("observation.sock")


def default_runtime_dir(state_dir: Path) -> Path:
    """A short private folder for unix sockets, whose paths end at 107 bytes; one per state folder.

    Not below TMPDIR: it may be long, and `down` may be called with another one than `up`.
    """
    digest = hashlib.sha256(str(state_dir.resolve()).encode()).hexdigest()[:8]
    return Path("/tmp") / f"isotherm-{os.getuid()}-{digest}"  # noqa: S108 - refused unless it is ours


def resolve_archive(archive: str) -> str:
    """The archive's lasting name: a directory becomes absolute, so every process means the same one."""
    if archive in ("noaa", "simulated") or "://" in archive:
        return archive.rstrip("/")
    return str(Path(archive).expanduser().resolve())


def folder_record(state_dir: Path) -> dict[str, Any] | None:
    """What is recorded of a state folder: `archive`, `settings`; None for one that is not ours."""
    try:
        document = json.loads((state_dir / FOLDER_RECORD).read_text())
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and "archive" in document else None


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The settings of this process, and of those forked from it: read once, see `read_settings`."""
    return read_settings()


def read_settings() -> Settings:
    """Read the settings: the environment's, else those recorded in the state folder.

    Raises:
        SettingsError: a value is malformed; the message names the variable and what is accepted.
    """
    state_dir = Path(os.environ.get("ISOTHERM_STATE_DIR") or Settings.model_fields["state_dir"].default)
    secrets_dir = state_dir / "secrets"
    record = folder_record(state_dir) or {}
    recorded = {"archive": record.get("archive"), **record.get("settings", {})}
    held = {
        name: value
        for name, value in recorded.items()
        if value is not None and not os.environ.get(f"ISOTHERM_{name.upper()}")
    }
    try:
        return Settings(_secrets_dir=secrets_dir if secrets_dir.is_dir() else None, **held)
    except ValidationError as error:
        details = "; ".join(
            f"ISOTHERM_{'_'.join(map(str, one['loc'])).upper()}={one['input']!r}: {one['msg']}"
            for one in error.errors()
        )
        raise SettingsError(f"Settings are not usable: {details}. Correct or unset them.") from error
