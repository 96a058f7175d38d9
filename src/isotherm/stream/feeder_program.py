"""The feeder as a program: its arguments, what it feeds, its exit status."""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from typing import Final

import sqlalchemy as sa
import structlog

from isotherm.archive.archives import Archive, StationYear, open_archive
from isotherm.datasets.registry import dataset_named
from isotherm.errors import IsothermError, SettingsError, SourceError
from isotherm.ingest.manifest import read_known_stations
from isotherm.ingest.selection import StationChoice, choose_stations
from isotherm.json_log import write_json_lines
from isotherm.observation import GLOBAL_HOURLY
from isotherm.settings import Settings, load_settings
from isotherm.stores.mysql import create_engine
from isotherm.stream.feeder import Feeder, Pace
from isotherm.stream.feeder_files import FeedPosition
from isotherm.stream.feeder_link import BridgeLink
from isotherm.stream.feeder_plan import Downloads, Period, read_years
from isotherm.stream.replay import NEWEST

log = structlog.get_logger()

# Whoever started us takes 0 for "everything is fed", so being stopped must not look like it.
EXIT_STOPPED: Final = 143


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line.

    Raises:
        SettingsError: the days are missing or the wrong way round.
    """
    parser = argparse.ArgumentParser(description="Feed observations of the past to the bridge.")
    parser.add_argument("--feed-id", required=True, help="the replay; the same one again is resumed")
    parser.add_argument("--days", choices=[NEWEST], help="newest: the newest day of each station-year")
    parser.add_argument("--first-day", type=date.fromisoformat, metavar="YYYY-MM-DD")
    parser.add_argument("--last-day", type=date.fromisoformat, help="included; default: the first day")
    parser.add_argument("--stations", type=int, default=100, help="at most so many")
    parser.add_argument("--station-ids", default="", help="these only, between commas")
    parser.add_argument("--batch-interval-s", type=float, default=30.0)
    parser.add_argument(
        "--speed", type=float, default=120.0, help="data seconds a second; 0 = as fast as acknowledged"
    )
    parser.add_argument("--dataset", choices=[GLOBAL_HOURLY], default=GLOBAL_HOURLY)
    options = parser.parse_args(arguments)
    options.last_day = options.last_day or options.first_day
    if (options.days is None) == (options.first_day is None):
        raise SettingsError("Say what to feed: either --days newest, or --first-day and --last-day.")
    if options.first_day is not None and options.first_day > options.last_day:
        raise SettingsError(f"--first-day {options.first_day} is after --last-day {options.last_day}.")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Feed a replay to its end.

    Returns:
        0 when everything is fed and acknowledged, 1 when something has to be done by hand.
    """
    write_json_lines("feeder")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(EXIT_STOPPED))
    try:
        options = parse_arguments(arguments)
        _feed(load_settings(), options)
    except (IsothermError, sa.exc.SQLAlchemyError) as error:
        log.error("feed_failed", reason=str(error))
        return 1
    return 0


def _feed(settings: Settings, options: argparse.Namespace) -> None:
    position_file = settings.state_dir / "feeds" / f"{options.feed_id}.json"
    position = FeedPosition.load(position_file, options.feed_id)
    pace = Pace(options.batch_interval_s, options.speed)
    with closing(BridgeLink(settings.observation_socket)) as link:
        feeder = Feeder(position, position_file, link, pace)
        if not position.is_done:
            _feed_rest(settings, options, position, feeder)
        feeder.finish()


def _feed_rest(
    settings: Settings, options: argparse.Namespace, position: FeedPosition, feeder: Feeder
) -> None:
    period = Period(options.first_day, options.last_day)
    downloads = Downloads(settings.state_dir / "downloads")
    with closing(open_archive(settings)) as archive:
        if position.station_years is None:
            chosen = choose(settings, archive, options, period)
            present = downloads.bring(archive, chosen)
            position.station_years = [(one.station_id, one.year) for one in present]
        else:
            chosen = [
                StationYear(station_id, year, options.dataset)
                for station_id, year in position.station_years
            ]
            downloads.bring(archive, [one for one in chosen if not downloads.has(one)])
            present = chosen
    for year in read_years(downloads, present, period):
        feeder.feed_year(year)


def choose(
    settings: Settings, archive: Archive, options: argparse.Namespace, period: Period
) -> list[StationYear]:
    """The station-years of the period, of the same stations the batch layer would take.

    Raises:
        SourceError: the archive has none.
    """
    dataset = dataset_named(options.dataset)
    first_year, last_year = period.years
    listing = (
        archive.list_first_visit(dataset)
        if first_year is None or last_year is None
        else archive.list_station_years(dataset, first_year, last_year)
    )
    engine = create_engine(settings)
    try:
        with engine.connect() as connection:
            known = read_known_stations(connection)
    finally:
        engine.dispose()
    choice = StationChoice.from_form(count=options.stations, ids=options.station_ids)
    stations = set(choose_stations(choice, listing, known=known))
    chosen = [one for one in listing if one.station_id in stations]
    if not chosen:
        raise SourceError(
            f"{archive.label} has no file for {options.station_ids or 'any station'} in this period. "
            "Choose other days or stations."
        )
    log.info("feed_planned", feed_id=options.feed_id, stations=len(stations), files=len(chosen))
    return chosen
