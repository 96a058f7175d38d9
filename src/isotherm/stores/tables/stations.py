"""Stations, what they are found by, and the places their ids stand for."""

from sqlalchemy import Column, Date, Index, Integer, PrimaryKeyConstraint, Table
from sqlalchemy.dialects import mysql

from isotherm.station_codes import CodeKind
from isotherm.station_search import TERM_LENGTH
from isotherm.stores.tables.columns import (
    OPTIONS,
    STATION_ID_LENGTH,
    ascii_key,
    metadata,
    required,
    utc,
)

station = Table(
    "station",
    metadata,
    Column("station_id", ascii_key(STATION_ID_LENGTH), primary_key=True),
    Column("name", mysql.VARCHAR(120)),
    Column("country", ascii_key(8)),
    Column("state", ascii_key(8)),
    Column("icao", ascii_key(8)),
    Column("wmo", ascii_key(8), comment="where a list gives it; else it follows from the id"),
    Column("latitude_deg", mysql.DOUBLE(asdecimal=False)),
    Column("longitude_deg", mysql.DOUBLE(asdecimal=False)),
    Column("elevation_m", mysql.DOUBLE(asdecimal=False)),
    Column("first_observed_at", utc()),
    Column("last_observed_at", utc()),
    Column(
        "hour_count",
        Integer(),
        nullable=False,
        server_default="0",
        comment="batch layer, default rule",
    ),
    Index("ix_station_country", "country"),
    Index("ix_station_position", "latitude_deg", "longitude_deg"),
    Index("ix_station_last_observed", "last_observed_at", "station_id"),
    **OPTIONS,
)

station_alias = Table(
    "station_alias",
    metadata,
    required("alias", ascii_key(32)),
    required("station_id", ascii_key(STATION_ID_LENGTH)),
    Column(
        "kind",
        ascii_key(8),
        nullable=False,
        server_default=CodeKind.OTHER.value,
        comment="icao, iata, wmo or other",
    ),
    PrimaryKeyConstraint("alias", "station_id"),
    Index("ix_station_alias_station", "station_id"),
    **OPTIONS,
)

station_place = Table(
    "station_place",
    metadata,
    Column("station_id", ascii_key(STATION_ID_LENGTH), primary_key=True),
    required("place_id", ascii_key(STATION_ID_LENGTH)),
    Column("via", ascii_key(8), nullable=False, comment="wban, icao, wmo or near"),
    required("distance_km", mysql.DOUBLE(asdecimal=False)),
    Index("ix_station_place_place", "place_id", "station_id"),
    comment="ids that mean a place of another id; one without a row is its own",
    **OPTIONS,
)

served_day = Table(
    "served_day",
    metadata,
    required("place_id", ascii_key(STATION_ID_LENGTH)),
    required("day", Date()),
    required("dataset", ascii_key(16)),
    required("station_id", ascii_key(STATION_ID_LENGTH)),
    PrimaryKeyConstraint("place_id", "day"),
    comment="whose hours serve, of days that several records of a place have hours of",
    **OPTIONS,
)

cross_walk_entry = Table(
    "cross_walk_entry",
    metadata,
    required("kind", ascii_key(16)),
    required("station_id", ascii_key(STATION_ID_LENGTH)),
    Column("other_id", ascii_key(STATION_ID_LENGTH), nullable=False, comment="empty of an unmatched"),
    Column("via", ascii_key(8)),
    Column("distance_km", mysql.DOUBLE(asdecimal=False)),
    PrimaryKeyConstraint("station_id", "kind", "other_id"),
    Index("ix_cross_walk_entry_kind", "kind", "station_id", "other_id"),
    comment="what became of every id that was looked for in the newest list: the last result",
    **OPTIONS,
)

station_term = Table(
    "station_term",
    metadata,
    required("station_id", ascii_key(STATION_ID_LENGTH)),
    required("term", mysql.VARCHAR(TERM_LENGTH, charset="utf8mb4", collation="utf8mb4_bin")),
    required("kind", ascii_key(8)),
    PrimaryKeyConstraint("station_id", "term"),
    Index("ix_station_term", "term", "station_id"),
    comment="what a station is found by, in the normal form of station_search",
    **OPTIONS,
)
