"""Forecasts of the chart's stations: in service, a hindcast, and what they came to."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from browser.chart_product import FIRST_DAY, station_id
from isotherm.forecast_message import LEADS_H
from isotherm.stores.forecast_scoring import score_forecasts
from isotherm.stores.tables import forecast, forecast_score
from servers.api_fixture import ApiServer
from servers.forecast_data import forecast_of, leads_of, store

FORECAST_STATION: Final = station_id(0)
_NEWEST: Final = datetime(FIRST_DAY.year, 7, 3, 5, tzinfo=UTC)
_BEGINNING: Final = _NEWEST - timedelta(days=1)


@contextmanager
def stored_forecasts(server: ApiServer) -> Iterator[None]:
    """Two forecasts of a station, three degrees below yesterday, and a hindcast of the next station."""
    engine = server.database.engine()
    values = [(number % 24) * 3 - 36 for number in range(len(LEADS_H))]
    leads = leads_of(values, yesterday_tenths=[one + 30 for one in values])
    hindcast = leads_of(values, method=[*["own"] * 20, *["damped14"] * (len(LEADS_H) - 20)])
    store(
        engine,
        [
            forecast_of(FORECAST_STATION, _NEWEST, leads),
            forecast_of(FORECAST_STATION, _BEGINNING, leads),
            forecast_of(station_id(1), _NEWEST, hindcast, kind="hindcast", feed_id="feed-7"),
        ],
    )
    score_forecasts(engine)
    try:
        yield
    finally:
        with engine.begin() as connection:
            for table in (forecast, forecast_score):
                connection.execute(sa.delete(table))
