"""The models of the forecast: versions, and which one speaks for each station."""

from sqlalchemy import Column, Index, Integer, Table
from sqlalchemy.dialects import mysql

from isotherm.stores.tables.columns import (
    OPTIONS,
    STATION_ID_LENGTH,
    ascii_key,
    metadata,
    required,
    utc,
)

VERSION_LENGTH = 32

forecast_model = Table(
    "forecast_model",
    metadata,
    Column("version", ascii_key(VERSION_LENGTH), primary_key=True),
    required("trained_at", utc()),
    required("until_hour", utc()),
    required("made_by", ascii_key(64)),
    required("run_label", mysql.VARCHAR(255)),
    required("station_count", Integer()),
    Column("failed_count", Integer(), nullable=False, comment="stations that could not be trained"),
    required("promoted_count", Integer()),
    required("seconds", mysql.DOUBLE(asdecimal=False)),
    comment="trainings that are whole on HDFS",
    **OPTIONS,
)

station_forecast_model = Table(
    "station_forecast_model",
    metadata,
    Column("station_id", ascii_key(STATION_ID_LENGTH), primary_key=True),
    Column("version", ascii_key(VERSION_LENGTH), comment="null: none, the damped anomaly speaks"),
    Column("version_before", ascii_key(VERSION_LENGTH), comment="what a roll-back goes to"),
    required("since", utc()),
    Column("why", mysql.VARCHAR(500), nullable=False, comment="of the last decision, in words"),
    required("judged_at", utc()),
    Column("judged_version", ascii_key(VERSION_LENGTH), nullable=False, comment="the last one tried"),
    required("row_count", Integer()),
    required("variant", ascii_key(64)),
    Column("neighbours", ascii_key(255), nullable=False, comment="station ids, with commas"),
    Column("pair_count", Integer(), nullable=False, comment="of the back-test of 14 days"),
    *(
        Column(f"{name}_mae_c", mysql.DOUBLE(asdecimal=False))
        for name in ("model", "current", "yesterday", "climatology", "damped14")
    ),
    Column("rolled_back_at", utc(), comment="it lost to its baseline in service"),
    Index("ix_station_forecast_model_version", "version"),
    Index("ix_station_forecast_model_rolled_back", "rolled_back_at"),
    comment="which version of the model speaks for each station, and why",
    **OPTIONS,
)
