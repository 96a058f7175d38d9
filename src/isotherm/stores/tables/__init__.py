"""Every MySQL table, as SQLAlchemy metadata; the migrations build exactly this (a test compares).

Text keys are `ascii_bin` (ids are case-sensitive and short), times are DATETIME in UTC (TIMESTAMP ends
before 1970), integers are signed, because MySQL refuses unsigned minus signed. The summary tables lead
their key with what one request reads: station, rule, then time, so that a year of hours is one range.
"""

from isotherm.stores.tables.accounts import (
    LEDGER_COUNTS,
    ledger,
    rejected_observation,
    rejection_count,
    settled_file,
)
from isotherm.stores.tables.climate import (
    climate_month,
    group_monthly_summary,
    group_yearly_summary,
    station_group,
)
from isotherm.stores.tables.columns import STATION_ID_LENGTH, metadata
from isotherm.stores.tables.files import accepted_version, file_review, source_file
from isotherm.stores.tables.forecasts import forecast
from isotherm.stores.tables.letters import dead_letter
from isotherm.stores.tables.models import forecast_model, station_forecast_model
from isotherm.stores.tables.reconciliations import (
    RECONCILED_COUNTS,
    RECONCILED_FED,
    RECONCILED_WRONG,
    reconciliation,
)
from isotherm.stores.tables.running import (
    disk_sample,
    hour_receipt,
    layer_lock,
    notice,
    sink_offset,
    stream_run,
    topic_generation,
    untold_day,
    work_pace,
)
from isotherm.stores.tables.scores import forecast_score
from isotherm.stores.tables.stations import (
    cross_walk_entry,
    served_day,
    station,
    station_alias,
    station_place,
    station_term,
)
from isotherm.stores.tables.summaries import (
    daily_summary,
    empty_hour,
    global_daily_summary,
    global_hourly_summary,
    global_monthly_summary,
    global_seasonal_summary,
    global_yearly_summary,
    hourly_summary,
    monthly_summary,
    reported_days,
    seasonal_summary,
    yearly_summary,
)

__all__ = [
    "LEDGER_COUNTS",
    "RECONCILED_COUNTS",
    "RECONCILED_FED",
    "RECONCILED_WRONG",
    "STATION_ID_LENGTH",
    "accepted_version",
    "climate_month",
    "cross_walk_entry",
    "daily_summary",
    "dead_letter",
    "disk_sample",
    "empty_hour",
    "file_review",
    "forecast",
    "forecast_model",
    "forecast_score",
    "global_daily_summary",
    "global_hourly_summary",
    "global_monthly_summary",
    "global_seasonal_summary",
    "global_yearly_summary",
    "group_monthly_summary",
    "group_yearly_summary",
    "hour_receipt",
    "hourly_summary",
    "layer_lock",
    "ledger",
    "metadata",
    "monthly_summary",
    "notice",
    "reconciliation",
    "rejected_observation",
    "rejection_count",
    "reported_days",
    "seasonal_summary",
    "served_day",
    "settled_file",
    "sink_offset",
    "source_file",
    "station",
    "station_alias",
    "station_forecast_model",
    "station_group",
    "station_place",
    "station_term",
    "stream_run",
    "topic_generation",
    "untold_day",
    "work_pace",
    "yearly_summary",
]
