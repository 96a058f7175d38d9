"""The application: routes, middleware, errors; for `python -m isotherm.api` and inside Airflow."""

from collections.abc import Sequence
from typing import Final

from fastapi import Depends as depends_on
from fastapi import FastAPI
from fastapi.params import Depends
from starlette.middleware.gzip import GZipMiddleware

from isotherm import __version__
from isotherm.api import (
    backfill_routes,
    bulk_routes,
    climate_day_routes,
    climate_value_routes,
    completeness_routes,
    country_routes,
    dashboard,
    description,
    forecast_routes,
    forecast_score_routes,
    freshness_routes,
    group_routes,
    health,
    hole_routes,
    letter_routes,
    live_routes,
    map_routes,
    normal_routes,
    pipeline_routes,
    place_routes,
    series_routes,
    server_routes,
    station_routes,
    stream_routes,
    trace_routes,
)
from isotherm.api.accepted import refuse_unknown_parameters
from isotherm.api.attribution import ATTRIBUTION
from isotherm.api.clients_at_once import ClientsAtOnce
from isotherm.api.database import open_engine, open_health_engine, open_reader
from isotherm.api.description import DescribedApp
from isotherm.api.head import HeadAnswers
from isotherm.api.metrics import ApiMetrics, RequestMetrics
from isotherm.api.places_read import Places
from isotherm.api.problems import add_problem_handlers
from isotherm.api.security import SecurityHeaders
from isotherm.api.server_probes import ServerProbes
from isotherm.settings import Settings, load_settings

API_PREFIX: Final = "/api/v1"
_DESCRIPTION: Final = (
    "Hourly air temperature of the world's weather stations, finished summaries only. Times are UTC, "
    "ISO 8601; ranges are half-open, [from, to); temperatures are degrees Celsius. Series also come in "
    "`units=imperial`, their fields' names then end with `_f`, `_mph`, `_inhg`, and with times "
    "by another clock, `tz=Europe/Paris`: days and longer periods stay those of UTC. Lists come as "
    '`{"data", "meta", "next"}`: pass `next` as `cursor` for the next page; `format=csv` gives the '
    "whole list, and of a series `format=parquet` too; `/bulk/hourly` gives a year of all "
    "stations. Every route answers HEAD too. Errors are "
    "`application/problem+json` (RFC 9457).\n\n" + ATTRIBUTION
)
# Level 1 shrinks a year of hours forty-fold in 10 ms; level 9 takes three times as long for half that.
_GZIP_LEVEL: Final = 1
_ROUTES: Final = (
    station_routes,
    country_routes,
    place_routes,
    trace_routes,
    bulk_routes,
    series_routes,
    climate_day_routes,
    climate_value_routes,
    normal_routes,
    forecast_routes,
    forecast_score_routes,
    group_routes,
    pipeline_routes,
    freshness_routes,
    server_routes,
    hole_routes,
    completeness_routes,
    backfill_routes,
    letter_routes,
    stream_routes,
    live_routes,
    map_routes,
    description,
)


class AppClients:
    """Who is served at once, of those answers that take long to send."""

    def __init__(self) -> None:
        self.live = ClientsAtOnce(live_routes.MAX_LIVE_CLIENTS)
        self.bulk = ClientsAtOnce(bulk_routes.MAX_BULK_CLIENTS)


def create_app(
    settings: Settings | None = None,
    *,
    dependencies: Sequence[Depends] = (),
    root_path: str = "",
    clients: AppClients | None = None,
) -> FastAPI:
    """The application, ready to be served or mounted; connects to MySQL with its first request.

    Args:
        settings: default: those of this process.
        dependencies: run before every route, pages included: inside Airflow, its login.
        root_path: the prefix a proxy in front takes away; a mount needs none.
        clients: shared with other processes; default: those of this one.
    """
    settings = settings or load_settings()
    app = DescribedApp(
        title="Isotherm",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url=None,  # a route of our own, behind the login like the others
        docs_url=None,  # its page loads scripts from elsewhere; ours is the dashboard's
        redoc_url=None,
        dependencies=[*dependencies, depends_on(refuse_unknown_parameters)],
        root_path=root_path,
        license_info={"name": "Apache-2.0"},
    )
    app.state.settings = settings
    app.state.engine = open_engine(settings)
    app.state.reader = open_reader(settings)
    app.state.places = Places(app.state.engine, app.state.reader)
    app.state.health_engine = open_health_engine(settings)
    app.state.server_probes = ServerProbes(settings, app.state.health_engine)
    clients = clients or AppClients()
    app.state.live_clients, app.state.bulk_clients = clients.live, clients.bulk
    app.state.metrics = ApiMetrics(app.state.health_engine, settings.stale_after_h)
    add_problem_handlers(app)
    for routes in _ROUTES:
        app.include_router(routes.router, prefix=API_PREFIX)
    app.include_router(health.router)
    app.include_router(dashboard.router)  # last: it takes every other path
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=_GZIP_LEVEL)
    app.add_middleware(HeadAnswers)
    app.add_middleware(SecurityHeaders, settings=settings)
    app.add_middleware(RequestMetrics, metrics=app.state.metrics)
    return app
