"""Every MySQL table, as SQLAlchemy metadata; the migrations build exactly this (a test compares).

Text keys are `ascii_bin` (ids are case-sensitive and short), times are DATETIME in UTC (TIMESTAMP ends
before 1970), integers are signed, because MySQL refuses unsigned minus signed. The summary tables lead
their key with what one request reads: station, rule, then time, so that a year of hours is one range.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from isotherm.station_codes import CodeKind
from isotherm.station_search import TERM_LENGTH
from isotherm.statistics.catalogue import (
    FIRST_STATISTICS,
    OBSERVATION_COUNT,
    PERIOD_STATISTICS,
    REASON_STATISTICS,
    STATISTICS,
)
from isotherm.statistics.statistic import Bits, Merge, Statistic

metadata: Final = MetaData()

STATION_ID_LENGTH: Final = 11
LEDGER_COUNTS: Final = (
    "fed",
    "counted",
    "not_selected",
    "rejected",
    "superseded",
    "late",
    "dead_lettered",
    "deliveries",
    "lost",
    "doubled",
)
OPTIONS: Final[dict[str, Any]] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_unicode_ci",
}


def ascii_key(length: int) -> mysql.VARCHAR:
    """A case-sensitive ASCII text column."""
    return mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")


def ascii_text() -> mysql.TEXT:
    """A long text of ASCII: packed integers."""
    return mysql.TEXT(charset="ascii", collation="ascii_bin")


def utc() -> mysql.DATETIME:
    """A UTC time to the second."""
    return mysql.DATETIME()


def utc_micros() -> mysql.DATETIME:
    """A UTC time to the microsecond: when a row changed."""
    return mysql.DATETIME(fsp=6)


def _required(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, nullable=False)


_INTEGERS: Final[dict[Bits, type[TypeEngine[Any]]]] = {
    16: SmallInteger,
    32: Integer,
    64: BigInteger,
}


def statistic_column(one: Statistic, bits: Bits) -> Column[Any]:
    """The column of a statistic; rows written before there was one hold null, or 0 of a count."""
    kind = mysql.TEXT() if one.merge is Merge.HISTOGRAM else _INTEGERS[bits]()
    is_added_later = one not in FIRST_STATISTICS and not one.nullable
    return Column(
        one.name,
        kind,
        nullable=one.nullable,
        server_default="0" if is_added_later else None,
    )


def _flag(name: str, default: str, comment: str) -> Column[Any]:
    return Column(name, mysql.TINYINT(), nullable=False, server_default=default, comment=comment)


def _count(name: str, comment: str) -> Column[Any]:
    return Column(name, Integer(), nullable=False, server_default="0", comment=comment)


def _layer_key() -> list[Column[Any]]:
    return [
        _required("dataset", ascii_key(16)),
        _required("layer", ascii_key(8)),
        _required("rule", ascii_key(16)),
    ]


def _hour_table(name: str, *statistics: Statistic, indexes: tuple[Index, ...] = ()) -> Table:
    return Table(
        name,
        metadata,
        _required("station_id", ascii_key(STATION_ID_LENGTH)),
        _required("hour_start", utc()),
        *_layer_key(),
        *(statistic_column(one, one.hour_bits) for one in statistics),
        Column("received", BigInteger(), comment="speed layer: deliveries behind the row"),
        Column("version", BigInteger(), comment="speed layer: highest raw offset behind the row"),
        _required("updated_at", utc_micros()),
        PrimaryKeyConstraint("station_id", "rule", "hour_start", "dataset", "layer"),
        *indexes,
        **OPTIONS,
    )


def _period_table(name: str, period: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        _required("station_id", ascii_key(STATION_ID_LENGTH)),
        period,
        *_layer_key(),
        Column(
            "datasets",
            ascii_key(64),
            nullable=False,
            server_default="",
            comment="which served it, by name with commas",
        ),
        _required("hour_count", Integer()),
        _count("day_count", "days with a temperature"),
        _count("good_day_count", "of these, days with one in all four six-hour parts"),
        *(statistic_column(one, one.period_bits) for one in PERIOD_STATISTICS),
        _required("updated_at", utc_micros()),
        PrimaryKeyConstraint("station_id", "rule", period.name, "dataset", "layer"),
        **OPTIONS,
    )


def _global_table(name: str, period: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        period,
        *_layer_key(),
        _required("station_count", Integer()),
        _required("observation_count", BigInteger()),
        _required("min_tenths", SmallInteger()),
        _required("max_tenths", SmallInteger()),
        Column(
            "mean_sum_e4",
            BigInteger(),
            nullable=False,
            comment="sum of station means, 1e-4 degree C",
        ),
        _required("updated_at", utc_micros()),
        PrimaryKeyConstraint("rule", period.name, "dataset", "layer"),
        Index(f"ix_{name}_changed", "layer", "updated_at"),
        Index(f"ix_{name}_newest", "layer", "dataset", period.name),
        **OPTIONS,
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
    **OPTIONS,
)

station_alias = Table(
    "station_alias",
    metadata,
    _required("alias", ascii_key(32)),
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
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
    _required("place_id", ascii_key(STATION_ID_LENGTH)),
    Column("via", ascii_key(8), nullable=False, comment="wban, icao, wmo or near"),
    _required("distance_km", mysql.DOUBLE(asdecimal=False)),
    Index("ix_station_place_place", "place_id", "station_id"),
    comment="ids that mean a place of another id; one without a row is its own",
    **OPTIONS,
)

served_day = Table(
    "served_day",
    metadata,
    _required("place_id", ascii_key(STATION_ID_LENGTH)),
    _required("day", Date()),
    _required("dataset", ascii_key(16)),
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
    PrimaryKeyConstraint("place_id", "day"),
    comment="whose hours serve, of days that several records of a place have hours of",
    **OPTIONS,
)

cross_walk_entry = Table(
    "cross_walk_entry",
    metadata,
    _required("kind", ascii_key(16)),
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
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
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
    _required("term", mysql.VARCHAR(TERM_LENGTH, charset="utf8mb4", collation="utf8mb4_bin")),
    _required("kind", ascii_key(8)),
    PrimaryKeyConstraint("station_id", "term"),
    Index("ix_station_term", "term", "station_id"),
    comment="what a station is found by, in the normal form of station_search",
    **OPTIONS,
)

source_file = Table(
    "source_file",
    metadata,
    _required("dataset", ascii_key(16)),
    _required("year", SmallInteger()),
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
    Column("bucket", SmallInteger(), nullable=False, server_default="0"),
    # What is in HDFS as downloaded.
    _required("sha256", ascii_key(64)),
    _required("size_bytes", BigInteger()),
    _required("published_at", utc()),
    _required("downloaded_at", utc()),
    Column("etag", mysql.VARCHAR(255)),
    _required("hdfs_path", mysql.VARCHAR(255)),
    # A newer version that was refused, so that it is not fetched every day.
    Column("refused_sha256", ascii_key(64)),
    Column("refused_etag", mysql.VARCHAR(255)),
    Column("refused_published_at", utc()),
    Column("refused_at", utc(), comment="when; null = no version is refused"),
    Column("refused_row_count", Integer()),
    Column("refused_reason", mysql.VARCHAR(500)),
    # What the tables on HDFS were made from, by which code, and what was found.
    Column("summarised_sha256", ascii_key(64), comment="in the Parquet now"),
    Column("made_by", ascii_key(16), comment="the code that made the Parquet"),
    Column("row_count", Integer()),
    Column("malformed_count", Integer()),
    Column("set_aside_count", Integer()),
    Column("rejected_count", Integer(), comment="rejected under the default rule, or set aside"),
    Column("rejects", mysql.VARCHAR(1000), comment="both by reason, as JSON"),
    Column("day_count", SmallInteger(), comment="UTC days with an observation"),
    Column("first_observed_at", utc()),
    Column("last_observed_at", utc()),
    Column("last_counted_at", utc(), comment="newest observation of an hour that counts, default rule"),
    Column("failure", mysql.VARCHAR(500), comment="why it could not be read; null = it could"),
    Column("failed_by", ascii_key(16), comment="the code that could not read it"),
    Column(
        "read_again_at",
        utc(),
        comment="when rows from the future have arrived, or a lost file is fetched again",
    ),
    Column("changed_days", mysql.VARBINARY(46), comment="bit n = day n of the year is not loaded"),
    Column("loaded_sha256", ascii_key(64), comment="in MySQL now"),
    Column("loaded_at", utc()),
    Column("newest_loaded_at", utc(), comment="last_counted_at of what is in MySQL"),
    # What is still to be done; each is looked up by its index.
    _flag("is_pending", "1", "Spark has work"),
    _flag("has_changes", "0", "the loader has work"),
    _flag("is_settled", "0", "the audit has compared what is loaded"),
    PrimaryKeyConstraint("dataset", "year", "station_id"),
    Index("ix_source_file_station", "station_id", "year"),
    Index("ix_source_file_pending", "is_pending", "dataset", "year", "bucket"),
    Index("ix_source_file_changed", "has_changes", "dataset", "year", "bucket"),
    Index("ix_source_file_unsettled", "is_settled", "has_changes", "dataset", "year"),
    Index("ix_source_file_made_by", "dataset", "made_by"),
    Index("ix_source_file_failed", "dataset", "failed_by"),
    Index("ix_source_file_read_again", "read_again_at"),
    Index("ix_source_file_refused", "refused_at"),
    Index("ix_source_file_newest", "dataset", "newest_loaded_at"),
    Index("ix_source_file_asked", "dataset", "downloaded_at"),
    **OPTIONS,
)

file_review = Table(
    "file_review",
    metadata,
    _required("dataset", ascii_key(16)),
    _required("year", SmallInteger()),
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
    _required("sha256", ascii_key(64)),
    _required("rejected_count", Integer()),
    _required("seen_count", Integer()),
    Column("usual_share", mysql.DOUBLE(asdecimal=False), comment="of the other files of the station"),
    _required("rejects", mysql.VARCHAR(1000)),
    _required("state", ascii_key(16)),
    _required("found_at", utc()),
    Column("asked_by", mysql.VARCHAR(255), comment="the run that asks, or asked"),
    Column("asked_at", utc()),
    Column("decided_by", mysql.VARCHAR(255)),
    Column("decided_at", utc()),
    PrimaryKeyConstraint("dataset", "year", "station_id", "sha256"),
    Index("ix_file_review_state", "state", "asked_at"),
    Index("ix_file_review_decided_at", "decided_at"),
    comment="versions of files with many rejects, and what an operator decided of them",
    **OPTIONS,
)

hourly_summary = _hour_table(
    "hourly_summary",
    *STATISTICS,
    indexes=(Index("ix_hourly_summary_changed", "layer", "updated_at"),),
)
empty_hour = _hour_table("empty_hour", OBSERVATION_COUNT, *REASON_STATISTICS)

daily_summary = _period_table("daily_summary", _required("day", Date()))
monthly_summary = _period_table("monthly_summary", _required("month", Date()))
seasonal_summary = _period_table("seasonal_summary", _required("season", Date()))
yearly_summary = _period_table("yearly_summary", _required("year", SmallInteger()))

global_hourly_summary = _global_table("global_hourly_summary", _required("hour_start", utc()))
global_daily_summary = _global_table("global_daily_summary", _required("day", Date()))
global_monthly_summary = _global_table("global_monthly_summary", _required("month", Date()))
global_seasonal_summary = _global_table("global_seasonal_summary", _required("season", Date()))
global_yearly_summary = _global_table("global_yearly_summary", _required("year", SmallInteger()))


def _group_table(name: str, period: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        _required("kind", ascii_key(16)),
        _required("code", ascii_key(8)),
        period,
        *_layer_key(),
        _required("station_count", Integer()),
        _required("day_count", BigInteger()),
        _required("good_day_count", BigInteger()),
        _required("observation_count", BigInteger()),
        _required("mean_sum_e4", BigInteger()),
        _required("dew_station_count", Integer()),
        _required("dew_mean_sum_e4", BigInteger()),
        _required("updated_at", utc_micros()),
        PrimaryKeyConstraint("kind", "rule", "code", period.name, "dataset", "layer"),
        comment="means of station means (1e-4 degree C) by country, elevation and over all",
        **OPTIONS,
    )


group_monthly_summary = _group_table("group_monthly_summary", _required("month", Date()))
group_yearly_summary = _group_table("group_yearly_summary", _required("year", SmallInteger()))
station_group = Table(
    "station_group",
    metadata,
    _required("dataset", ascii_key(16)),
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
    Column("country", ascii_key(8)),
    Column("elevation_band_m", SmallInteger(), comment="lower end of the 100 m it lies in"),
    PrimaryKeyConstraint("dataset", "station_id"),
    comment="the groups a station's rows are counted in now",
    **OPTIONS,
)

climate_month = Table(
    "climate_month",
    metadata,
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
    _required("month", Date()),
    *_layer_key(),
    _required("days", ascii_text()),
    _required("day_course", ascii_text()),
    _required("temperature_histogram", ascii_text()),
    _required("updated_at", utc_micros()),
    PrimaryKeyConstraint("station_id", "rule", "month", "dataset", "layer"),
    comment="what the climate of a place is merged from, each column a packed table of integers",
    **OPTIONS,
)

disk_sample = Table(
    "disk_sample",
    metadata,
    _required("sampled_at", utc()),
    _required("store", ascii_key(16)),
    _required("size_bytes", BigInteger()),
    PrimaryKeyConstraint("sampled_at", "store"),
    comment="bytes of each store now and then, and of what is free (store: free)",
    **OPTIONS,
)

layer_lock = Table(
    "layer_lock",
    metadata,
    _required("dataset", ascii_key(16)),
    _required("layer", ascii_key(8)),
    PrimaryKeyConstraint("dataset", "layer"),
    comment="whoever rebuilds a layer holds its row until commit",
    **OPTIONS,
)

rejected_observation = Table(
    "rejected_observation",
    metadata,
    Column("id", BigInteger(), primary_key=True, autoincrement=True),
    _required("dataset", ascii_key(16)),
    Column("source_file", mysql.VARCHAR(255)),
    Column("source_line", Integer()),
    _required("reason", ascii_key(32)),
    Column("payload", mysql.TEXT()),
    _required("rejected_at", utc()),
    # Of a dead letter: its own place in the dead-letter topic, so that it is counted once.
    Column("letter_partition", Integer()),
    Column("letter_offset", BigInteger()),
    Index("ix_rejected_observation_file", "dataset", "source_file"),
    Index("ix_rejected_observation_rejected_at", "rejected_at"),
    **OPTIONS,
)

rejection_count = Table(
    "rejection_count",
    metadata,
    _required("origin", ascii_key(16)),
    _required("reason", ascii_key(32)),
    _required("rejected", BigInteger()),
    PrimaryKeyConstraint("origin", "reason"),
    comment="rows and letters by reason; kept up by whoever adds or removes them",
    **OPTIONS,
)

work_pace = Table(
    "work_pace",
    metadata,
    _required("step", ascii_key(16)),
    _required("dataset", ascii_key(16)),
    *(
        _required(name, mysql.DOUBLE(asdecimal=False))
        for name in ("file_count", "row_count", "byte_count", "seconds")
    ),
    _required("measured_at", utc()),
    PrimaryKeyConstraint("step", "dataset"),
    comment="how quick this installation is, newer works counting more",
    **OPTIONS,
)

reported_days = Table(
    "reported_days",
    metadata,
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
    Column("month", Date(), nullable=False, comment="its first day"),
    Column("seen", Integer(), nullable=False, comment="bit n-1 = day n has an observation"),
    Column("thin", Integer(), nullable=False, comment="likewise: too few hours of it have one"),
    PrimaryKeyConstraint("station_id", "month"),
    comment="which days there are, batch layer, default rule: what holes are found from",
    **OPTIONS,
)

settled_file = Table(
    "settled_file",
    metadata,
    _required("dataset", ascii_key(16)),
    _required("year", SmallInteger()),
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
    _required("rule", ascii_key(16)),
    *(_required(name, BigInteger()) for name in LEDGER_COUNTS),
    _required("checked_at", utc()),
    PrimaryKeyConstraint("dataset", "rule", "year", "station_id"),
    comment="the audit's account of each file, by its newest check",
    **OPTIONS,
)

accepted_version = Table(
    "accepted_version",
    metadata,
    Column("accepted_id", BigInteger(), primary_key=True, autoincrement=True),
    _required("dataset", ascii_key(16)),
    _required("year", SmallInteger()),
    _required("station_id", ascii_key(STATION_ID_LENGTH)),
    _required("sha256", ascii_key(64)),
    Column("rows_before", Integer()),
    Column("rows_after", Integer()),
    _required("accepted_by", mysql.VARCHAR(255)),
    _required("accepted_at", utc()),
    comment="versions that cover less than ours and were accepted, by which run",
    **OPTIONS,
)

notice = Table(
    "notice",
    metadata,
    Column("name", mysql.VARCHAR(500), primary_key=True),
    _required("told_at", utc()),
    comment="what people were told of, so that they are told once",
    **OPTIONS,
)

untold_day = Table(
    "untold_day",
    metadata,
    Column("day", Date(), primary_key=True),
    Column("claimed_by", mysql.VARCHAR(255), comment="the run that is telling it"),
    Column("claimed_at", utc()),
    comment="days whose batch rows changed and no asset event has told of",
    **OPTIONS,
)

sink_offset = Table(
    "sink_offset",
    metadata,
    _required("topic", ascii_key(128)),
    Column("partition_id", Integer(), nullable=False, autoincrement=False),
    _required("consumer_group", ascii_key(128)),
    _required("topic_id", ascii_key(64)),
    _required("next_offset", BigInteger()),
    PrimaryKeyConstraint("topic", "partition_id", "consumer_group"),
    **OPTIONS,
)

hour_receipt = Table(
    "hour_receipt",
    metadata,
    Column("receipt_id", BigInteger(), primary_key=True, autoincrement=True),
    _required("received_at", utc_micros()),
    _required("dataset", ascii_key(16)),
    _required("rule", ascii_key(16)),
    _required("hours", mysql.MEDIUMTEXT(charset="ascii", collation="ascii_bin")),
    Index("ix_hour_receipt_received_at", "received_at"),
    comment="speed layer: hours that came in again and changed no row; kept for an hour",
    **OPTIONS,
)

stream_run = Table(
    "stream_run",
    metadata,
    Column("run_id", mysql.VARCHAR(250), primary_key=True),
    Column("feed_id", ascii_key(64)),
    _required("dataset", ascii_key(16)),
    _required("description", mysql.VARCHAR(255)),
    Column("first_day", Date(), comment="null = the newest day of each station-year"),
    Column("last_day", Date()),
    _required("state", ascii_key(16)),
    Column("failure", mysql.VARCHAR(500)),
    _required("started_at", utc()),
    _required("heartbeat_at", utc()),
    Column("ended_at", utc()),
    _required("fed", BigInteger()),
    _required("rows_per_s", mysql.DOUBLE(asdecimal=False)),
    Column("newest_hour", utc(), comment="how far it is, in the time of the data"),
    Index("ix_stream_run_started_at", "started_at"),
    comment="what each run of the stream says of itself; silent for 60 s = not known",
    **OPTIONS,
)

ledger = Table(
    "ledger",
    metadata,
    Column("ledger_id", BigInteger(), primary_key=True, autoincrement=True),
    _required("run_label", mysql.VARCHAR(120)),
    _required("rule", ascii_key(16)),
    _required("layer", ascii_key(8)),
    *(_required(name, BigInteger()) for name in LEDGER_COUNTS),
    _required("checked_at", utc()),
    # What the account covers; null in lines from before it was kept.
    Column("datasets", mysql.VARCHAR(255), comment="by name, with commas"),
    Column("first_day", Date()),
    Column("last_day", Date()),
    Column("station_year_count", Integer()),
    Column("feed_ids", mysql.TEXT(), comment="of the speed layer, with commas"),
    Index("ix_ledger_checked_at", "checked_at"),
    Index("ix_ledger_newest", "layer", "rule", "ledger_id"),
    **OPTIONS,
)
