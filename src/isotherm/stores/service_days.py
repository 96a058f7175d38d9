"""How the forecasts of the next 24 hours did in service beside the damped anomaly, day by day."""

from datetime import date

import sqlalchemy as sa

from isotherm.forecast.promotion import ServiceDay
from isotherm.forecast.score_sums import ALL_NEAR_LEADS
from isotherm.forecast_message import Kind
from isotherm.stores.tables import forecast_score


def read_service_days(connection: sa.Connection, first_day: date) -> dict[str, list[ServiceDay]]:
    """By station, from a day on: sums over the pairs that both have."""
    table = forecast_score.c
    statement = sa.select(
        table.station_id,
        table.valid_day,
        table.damped14_pair_count,
        table.damped14_forecast_abs_sum_e2,
        table.damped14_abs_sum_e2,
    ).where(
        table.kind == Kind.SERVICE,
        table.lead_h == ALL_NEAR_LEADS,
        table.valid_day >= first_day,
    )
    found: dict[str, list[ServiceDay]] = {}
    for station_id, *values in connection.execute(statement):
        found.setdefault(station_id, []).append(ServiceDay(*values))
    return found
