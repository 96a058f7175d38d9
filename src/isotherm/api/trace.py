"""Where an hour's number comes from: the file, its rows on HDFS, what was decided of each, the run.

The rows are judged anew by the code that summarises; whether they give the number that is served is
told, not assumed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import polars as pl
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from isotherm.datasets.registry import dataset_named
from isotherm.errors import StoreError
from isotherm.hourly_summary import LAYER_SPEED
from isotherm.messages import OBSERVATION_TOPIC
from isotherm.quality import RULES
from isotherm.settings import Settings
from isotherm.statistics.catalogue import STATISTIC_NAMES
from isotherm.stores.bucket_tables import read_stations, read_versions
from isotherm.stores.hdfs_layout import OBSERVATION_ROOT, bucket_path
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.tables import hourly_summary, source_file
from isotherm.summarise import READING_COLUMNS, judge_readings, summarise
from isotherm.utc import iso_time

log = structlog.get_logger(__name__)
_HOUR: Final = timedelta(hours=1)
# Somebody waits: a HDFS that does not answer at once is away.
_HDFS_RETRY_S: Final = 1.0
_TENTHS: Final = {"air_temperature_tenths": "air_temperature_c", "dew_point_tenths": "dew_point_c"}
_SHOWN: Final = ("observed_at", "report_type", "source", "quality_code", "malformed", "revision")


@dataclass(frozen=True, slots=True)
class ServedHour:
    """The row an hour is served from.

    Attributes:
        hour: its start, naive UTC.
        rule: the selection rule.
        layer: batch or speed.
        dataset: whose row.
        station_id: under which id it was published.
    """

    hour: datetime
    rule: str
    layer: str
    dataset: str
    station_id: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "ServedHour":
        """From a row of the hourly series as the API gives it."""
        hour = datetime.fromisoformat(row["hour_start"]).replace(tzinfo=None)
        return cls(hour, row["rule"], row["layer"], row["dataset"], row["source_station_id"])


def hour_of(time: datetime) -> tuple[datetime, datetime]:
    """The hour a time lies in, half-open."""
    first = time.replace(minute=0, second=0, microsecond=0)
    return first, first + min(_HOUR, datetime.max - first)  # noqa: DTZ901 - UTC without a zone


def trace(engine: Engine, settings: Settings, served: ServedHour) -> dict[str, Any]:
    """The steps behind a served hour, from its row back to its observations."""
    with engine.connect() as connection:
        stored = _stored(connection, served)
        file = _file(connection, served)
    if served.layer == LAYER_SPEED or file is None:
        return {"file": None, "run": None, "message": _message(stored), "rows": None}
    return {
        "file": _told_file(file),
        "run": _run(file["loaded_by"], settings),
        "message": None,
        "rows": _rows(settings, served, file, stored),
    }


def _stored(connection: sa.Connection, served: ServedHour) -> Mapping[str, Any]:
    table = hourly_summary.c
    statement = sa.select(hourly_summary).where(
        table.station_id == served.station_id,
        table.rule == served.rule,
        table.hour_start == served.hour,
        table.dataset == served.dataset,
        table.layer == served.layer,
    )
    row = connection.execute(statement).mappings().one_or_none()
    return {} if row is None else dict(row)


def _file(connection: sa.Connection, served: ServedHour) -> Mapping[str, Any] | None:
    table = source_file.c
    statement = sa.select(source_file).where(
        table.dataset == served.dataset,
        table.year == served.hour.year,
        table.station_id == served.station_id,
    )
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else dict(row)


def _message(stored: Mapping[str, Any]) -> dict[str, Any] | None:
    offset = stored.get("version")
    return None if offset is None else {"topic": OBSERVATION_TOPIC, "offset": offset}


def _told_file(file: Mapping[str, Any]) -> dict[str, Any]:
    layout = dataset_named(file["dataset"]).layout
    # Not every station-year is published in every form: the address is that of the one read.
    path = layout.form_named(file["hdfs_path"]).path(file["station_id"], file["year"])
    times = {
        name: None if file[name] is None else iso_time(file[name])
        for name in ("published_at", "downloaded_at", "loaded_at")
    }
    return {
        "name": layout.neutral_name(file["station_id"], file["year"]),
        **{name: file[name] for name in ("dataset", "year", "station_id", "size_bytes", "hdfs_path")},
        "sha256": file["loaded_sha256"] or file["summarised_sha256"],
        "made_by": file["made_by"],
        "noaa_url": f"{layout.noaa_access_urls[0].rstrip('/')}/{path}",
        **times,
    }


def _run(loaded_by: str | None, settings: Settings) -> dict[str, Any] | None:
    """The Airflow run, where it is known; a load by hand has a name of its own."""
    if loaded_by is None:
        return None
    dag_id, _, run_id = loaded_by.partition(" ")
    url = f"{settings.airflow_url}/dags/{quote(dag_id)}/runs/{quote(run_id)}" if run_id else None
    return {"dag_id": dag_id, "run_id": run_id or None, "url": url}


def _rows(
    settings: Settings, served: ServedHour, file: Mapping[str, Any], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """The observations of the hour, or why they cannot be shown now."""
    path = bucket_path(OBSERVATION_ROOT, served.dataset, served.hour.year, file["bucket"])
    found: dict[str, Any] = {"hdfs_path": path, "observations": None, "problem": None, "agrees": None}
    try:
        content = HdfsStore(settings, retry_for_s=_HDFS_RETRY_S).read_if_exists(path)
        if content is None:
            return {**found, "problem": f"{path} is not there; the next run makes it again."}
        version = read_versions(content, path).get(served.station_id)
        columns = [*READING_COLUMNS, "source_line"]
        readings = read_stations(content, path, [served.station_id], columns)
    except StoreError as error:
        log.warning("an hour cannot be traced", error=str(error)[:300])
        return {**found, "problem": str(error)}
    if version is None or version.sha256 != (file["loaded_sha256"] or file["summarised_sha256"]):
        problem = "The rows on HDFS are of a newer version of the file, which is not loaded yet."
        return {**found, "problem": problem}
    first = served.hour.replace(tzinfo=UTC)
    in_hour = readings.filter(pl.col("observed_at").is_between(first, first + _HOUR, closed="left"))
    return {
        **found,
        "observations": _observations(in_hour, served),
        "agrees": _agrees(in_hour, served, stored),
    }


def _observations(readings: pl.DataFrame, served: ServedHour) -> list[dict[str, Any]]:
    rule = next(one for one in RULES if one.name == served.rule)
    judged = judge_readings(readings, rule, dataset_named(served.dataset).quality)
    # Of a row that came twice unchanged the lines are told too: a revision is of one line.
    lines = readings.select("revision", "source_line").unique()
    told = judged.join(lines, on="revision", how="left", maintain_order="left")
    return [_observation(one) for one in told.iter_rows(named=True)]


def _observation(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {shown: None if row[name] is None else row[name] / 10 for name, shown in _TENTHS.items()}
    return {
        **{name: row[name] for name in _SHOWN},
        "observed_at": iso_time(row["observed_at"]),
        **values,
        "source_line": row["source_line"],
        "counts": row["verdict"] is None,
        "reason": row["verdict"],
    }


def _agrees(readings: pl.DataFrame, served: ServedHour, stored: Mapping[str, Any]) -> bool:
    """Whether summarising these rows gives what MySQL holds, statistic by statistic."""
    made = summarise(readings, dataset_named(served.dataset).quality)
    rows = made.filter(pl.col("rule") == served.rule).to_dicts()
    names: Sequence[str] = [one for one in STATISTIC_NAMES if one in stored]
    return len(rows) == 1 and all(rows[0][one] == stored[one] for one in names)
