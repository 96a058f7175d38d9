"""What a task tells OpenLineage of the tables it writes, which no statement of Airflow's shows."""

from collections.abc import Iterable
from typing import Final

from isotherm.settings import load_settings

# What a load makes of the batch layer's files.
LOADED_TABLES: Final = (
    "hourly_summary",
    "daily_summary",
    "monthly_summary",
    "seasonal_summary",
    "yearly_summary",
    "climate_month",
)


def note_written(tables: Iterable[str]) -> None:
    """Name tables of the product's database as outputs of the running task, where lineage is on."""
    settings = load_settings()
    if not settings.lineage:
        return
    # Costs seconds of imports, so only where it is asked for.
    from airflow.sdk import BaseHook
    from airflow.sdk.lineage import get_hook_lineage_collector

    collector, hook = get_hook_lineage_collector(), BaseHook()
    root = f"mysql://{settings.mysql_host}:{settings.mysql_port}/{settings.mysql_database}"
    for table in tables:
        collector.add_output_asset(hook, uri=f"{root}/{table}")
