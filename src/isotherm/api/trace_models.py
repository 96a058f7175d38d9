"""What a trace looks like, for the API's description."""

from typing import Any

from pydantic import BaseModel, Field

from isotherm.api import models


class TracedFile(BaseModel):
    """The station-year of NOAA's that an hour of the batch layer was computed from."""

    name: str = Field(examples=["72530094846.csv"])
    dataset: str = Field(examples=["global-hourly"])
    year: int = Field(examples=[2014])
    station_id: str = Field(examples=["72530094846"], description="Under which it was published")
    sha256: str | None = Field(description="The version that is in MySQL")
    size_bytes: int = Field(ge=0)
    hdfs_path: str = Field(description="Where the newest version lies as it was downloaded")
    noaa_url: str = Field(description="Where NOAA publishes it; theirs may be newer by now")
    made_by: str | None = Field(description="Fingerprint of the code that read it")
    published_at: str | None = Field(examples=["2015-01-01T00:00:00Z"])
    downloaded_at: str | None
    loaded_at: str | None


class TracedRun(BaseModel):
    """The Airflow run that took the file to MySQL last."""

    dag_id: str = Field(examples=["ingest_observations"])
    run_id: str | None = Field(description="null: it was no run of Airflow's")
    url: str | None = Field(description="Its page in the Airflow UI")


class TracedMessage(BaseModel):
    """The newest message in Kafka that an hour of the speed layer was computed from."""

    topic: str = Field(examples=["isotherm.observation"])
    offset: int = Field(ge=0)


class TracedObservation(BaseModel):
    """One row of the file that lies in the hour, in its newest version, and what became of it."""

    observed_at: str = Field(examples=["2014-01-01T00:51:00Z"])
    report_type: str = Field(examples=["FM-15"])
    source: str
    quality_code: str | None
    malformed: str | None = Field(description="Why no temperature could be read")
    revision: int = Field(description="Orders versions of one observation")
    air_temperature_c: float | None
    dew_point_c: float | None
    source_line: int | None = Field(description="Data row in the file, from 1", examples=[12])
    counts: bool
    reason: str | None = Field(description="Why it does not count", examples=["superseded"])


class TracedRows(BaseModel):
    """The rows on HDFS."""

    hdfs_path: str
    observations: list[TracedObservation] | None = Field(description="null: see `problem`")
    problem: str | None = Field(description="Why the rows cannot be shown now")
    agrees: bool | None = Field(description="Whether summarising them anew gives the hour as served")


class Trace(BaseModel):
    """One hour and where it comes from; batch has `file`, `run`, `rows`, speed has `message`."""

    hour: dict[str, Any] = Field(description="As `/stations/{station}/hourly` gives it")
    file: TracedFile | None
    run: TracedRun | None = Field(description="null: loaded before runs were noted")
    message: TracedMessage | None
    rows: TracedRows | None
    links: dict[str, str] = Field(
        description="Where to look on: the hour, the day, the file, the run",
        examples=[{"hour": "/api/v1/stations/72530094846/hourly?from=2014-01-01T00:00:00Z&limit=1"}],
    )


class OneTrace(BaseModel):
    """The answer about one hour."""

    data: Trace
    meta: models.Meta
