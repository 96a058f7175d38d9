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
    sha256: str | None = Field(
        description="The version that is in MySQL",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    size_bytes: int = Field(ge=0, examples=[3120455])
    hdfs_path: str = Field(
        description="Where the newest version lies as it was downloaded",
        examples=["/isotherm/raw/ghcnh/2026/USW00094846"],
    )
    noaa_url: str = Field(
        description="Where NOAA publishes it; theirs may be newer by now",
        examples=["https://www.ncei.noaa.gov/oa/global-historical-climatology-network/"],
    )
    made_by: str | None = Field(
        description="Fingerprint of the code that read it", examples=["3f2c9d1a"]
    )
    published_at: str | None = Field(examples=["2015-01-01T00:00:00Z"])
    downloaded_at: str | None = Field(examples=["2026-11-26T00:05:00Z"])
    loaded_at: str | None = Field(examples=["2026-11-26T00:21:00Z"])


class TracedRun(BaseModel):
    """The Airflow run that took the file to MySQL last."""

    dag_id: str = Field(examples=["ingest_observations"])
    run_id: str | None = Field(
        description="null: it was no run of Airflow's",
        examples=["scheduled__2026-11-26T00:00:00+00:00"],
    )
    url: str | None = Field(
        description="Its page in the Airflow UI",
        examples=["/dags/ingest_observations/runs/scheduled__2026-11-26T00:00:00+00:00"],
    )


class TracedMessage(BaseModel):
    """The newest message in Kafka that an hour of the speed layer was computed from."""

    topic: str = Field(examples=["isotherm.observation"])
    offset: int = Field(ge=0, examples=[48211])


class TracedObservation(BaseModel):
    """One row of the file that lies in the hour, in its newest version, and what became of it."""

    observed_at: str = Field(examples=["2014-01-01T00:51:00Z"])
    report_type: str = Field(examples=["FM-15"])
    source: str = Field(examples=["343"])
    quality_code: str | None = Field(examples=["1"])
    malformed: str | None = Field(
        description="Why no temperature could be read",
        examples=["+99999 is outside the format's range"],
    )
    revision: int = Field(description="Orders versions of one observation", examples=[29694720004018])
    air_temperature_c: float | None = Field(examples=[0.6])
    dew_point_c: float | None = Field(examples=[-3.3])
    source_line: int | None = Field(description="Data row in the file, from 1", examples=[12])
    counts: bool
    reason: str | None = Field(description="Why it does not count", examples=["superseded"])


class TracedRows(BaseModel):
    """The rows on HDFS."""

    hdfs_path: str = Field(examples=["/isotherm/raw/ghcnh/2026/USW00094846"])
    observations: list[TracedObservation] | None = Field(description="null: see `problem`")
    problem: str | None = Field(
        description="Why the rows cannot be shown now", examples=["HDFS does not answer"]
    )
    agrees: bool | None = Field(description="Whether summarising them anew gives the hour as served")


class Trace(BaseModel):
    """One hour and where it comes from; batch has `file`, `run`, `rows`, speed has `message`."""

    hour: dict[str, Any] = Field(
        description="As `/stations/{station}/hourly` gives it",
        examples=[{"hour_start": "2014-01-01T05:00:00Z", "mean_c": 0.4}],
    )
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
