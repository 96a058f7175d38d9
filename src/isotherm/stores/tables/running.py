"""What programs that run keep for one another and for the next run."""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, PrimaryKeyConstraint, Table
from sqlalchemy.dialects import mysql

from isotherm.stores.tables.columns import OPTIONS, ascii_key, metadata, required, utc, utc_micros

layer_lock = Table(
    "layer_lock",
    metadata,
    required("dataset", ascii_key(16)),
    required("layer", ascii_key(8)),
    PrimaryKeyConstraint("dataset", "layer"),
    comment="whoever rebuilds a layer holds its row until commit",
    **OPTIONS,
)

sink_offset = Table(
    "sink_offset",
    metadata,
    required("topic", ascii_key(128)),
    Column("partition_id", Integer(), nullable=False, autoincrement=False),
    required("consumer_group", ascii_key(128)),
    required("topic_id", ascii_key(64)),
    required("next_offset", BigInteger()),
    PrimaryKeyConstraint("topic", "partition_id", "consumer_group"),
    **OPTIONS,
)

topic_generation = Table(
    "topic_generation",
    metadata,
    required("topic", ascii_key(128)),
    Column("topic_id", ascii_key(64), nullable=False, comment="own id of the broker"),
    Column("generation", Integer(), nullable=False, comment="how many of its name were before it"),
    PrimaryKeyConstraint("topic", "topic_id"),
    comment="topics of Kafka: one that is made anew begins at offset 0 again",
    **OPTIONS,
)

hour_receipt = Table(
    "hour_receipt",
    metadata,
    Column("receipt_id", BigInteger(), primary_key=True, autoincrement=True),
    required("received_at", utc_micros()),
    required("dataset", ascii_key(16)),
    required("rule", ascii_key(16)),
    required("hours", mysql.MEDIUMTEXT(charset="ascii", collation="ascii_bin")),
    Index("ix_hour_receipt_received_at", "received_at"),
    comment="speed layer: hours that came in again and changed no row; kept for an hour",
    **OPTIONS,
)

stream_run = Table(
    "stream_run",
    metadata,
    Column("run_id", mysql.VARCHAR(250), primary_key=True),
    Column("feed_id", ascii_key(64)),
    required("dataset", ascii_key(16)),
    required("description", mysql.VARCHAR(255)),
    Column("first_day", Date(), comment="null = the newest day of each station-year"),
    Column("last_day", Date()),
    required("state", ascii_key(16)),
    Column("failure", mysql.VARCHAR(500)),
    required("started_at", utc()),
    required("heartbeat_at", utc()),
    Column("ended_at", utc()),
    required("fed", BigInteger()),
    required("rows_per_s", mysql.DOUBLE(asdecimal=False)),
    Column("newest_hour", utc(), comment="how far it is, in the time of the data"),
    Index("ix_stream_run_started_at", "started_at"),
    comment="what each run of the stream says of itself; silent for 60 s = not known",
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

notice = Table(
    "notice",
    metadata,
    Column("name", mysql.VARCHAR(500), primary_key=True),
    required("told_at", utc()),
    comment="what people were told of, so that they are told once",
    **OPTIONS,
)

work_pace = Table(
    "work_pace",
    metadata,
    required("step", ascii_key(16)),
    required("dataset", ascii_key(16)),
    *(
        required(name, mysql.DOUBLE(asdecimal=False))
        for name in ("file_count", "row_count", "byte_count", "seconds")
    ),
    required("measured_at", utc()),
    PrimaryKeyConstraint("step", "dataset"),
    comment="how quick this installation is, newer works counting more",
    **OPTIONS,
)

disk_sample = Table(
    "disk_sample",
    metadata,
    required("sampled_at", utc()),
    required("store", ascii_key(16)),
    required("size_bytes", BigInteger()),
    PrimaryKeyConstraint("sampled_at", "store"),
    comment="bytes of each store now and then, and of what is free (store: free)",
    **OPTIONS,
)
