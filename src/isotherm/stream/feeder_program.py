"""The feeder as a program: its arguments, what it feeds, its exit status."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Final, NoReturn

import sqlalchemy as sa
import structlog

from isotherm import lane
from isotherm.archive.archives import StationYear, open_archive
from isotherm.datasets.registry import DATASETS, configured
from isotherm.errors import IsothermError, MessageFormatError, SettingsError
from isotherm.files import hold_lock
from isotherm.json_log import write_json_lines
from isotherm.settings import Settings, load_settings
from isotherm.station_choice import StationChoice
from isotherm.stream.disorder import Disorder
from isotherm.stream.downloads import Downloads
from isotherm.stream.exit_status import FAILED, REFUSED, STOPPED
from isotherm.stream.feed_plan import bring_chosen
from isotherm.stream.feeder import Feeder
from isotherm.stream.feeder_files import FeedPosition, position_path, rows_folder
from isotherm.stream.feeder_link import BridgeLink
from isotherm.stream.feeder_plan import FeedPlan, Period, read_years
from isotherm.stream.follow import ArchiveFollower
from isotherm.stream.pace import Pace
from isotherm.stream.replay import FOLLOW, NEWEST

log = structlog.get_logger()

# For the end of a feeder that was just told to stop.
LOCK_WAIT_S: Final = 10.0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line.

    Raises:
        SettingsError: the days are missing or the wrong way round; the disorder cannot be read.
    """
    parser = argparse.ArgumentParser(description="Feed observations of the past to the bridge.")
    parser.add_argument("--feed-id", required=True, help="the replay; the same one again is resumed")
    parser.add_argument(
        "--days",
        choices=[NEWEST, FOLLOW],
        help="newest: the newest day of each station-year; follow: that, then what is published",
    )
    parser.add_argument("--first-day", type=date.fromisoformat, metavar="YYYY-MM-DD")
    parser.add_argument("--last-day", type=date.fromisoformat, help="included; default: the first day")
    parser.add_argument(
        "--stations", type=json.loads, default={}, help="fields of the form that choose them, as JSON"
    )
    parser.add_argument("--batch-interval-s", type=float, default=30.0)
    parser.add_argument(
        "--speed", type=float, default=120.0, help="data seconds a second; 0 = as fast as acknowledged"
    )
    parser.add_argument(
        "--dataset", choices=[one.name for one in DATASETS], help="default: all that serve"
    )
    lane.add_argument(parser)
    parser.add_argument(
        "--disorder", type=json.loads, help="for tests: what is put in, as JSON with a seed and rates"
    )
    options = parser.parse_args(arguments)
    options.disorder = Disorder.of(options.disorder)
    options.last_day = options.last_day or options.first_day
    if (options.days is None) == (options.first_day is None):
        raise SettingsError(
            "Say what to feed: --days newest, --days follow, or --first-day and --last-day."
        )
    if options.first_day is not None and options.first_day > options.last_day:
        raise SettingsError(f"--first-day {options.first_day} is after --last-day {options.last_day}.")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Feed a replay to its end.

    Returns:
        0 when everything is fed and acknowledged; `REFUSED` where another try would not help.
    """
    write_json_lines("feeder")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(STOPPED))
    try:
        options = parse_arguments(arguments)
        settings = load_settings().in_lane(options.lane)
        # Two of one feed would write one position and one folder of rows.
        lock = settings.state_dir / "run" / f"feeder-{options.feed_id}.lock"
        with hold_lock(lock, wait_s=LOCK_WAIT_S):
            _feed(settings, options)
    except (MessageFormatError, SettingsError) as error:
        log.error("feed_refused", reason=str(error))
        return REFUSED
    except (IsothermError, sa.exc.SQLAlchemyError) as error:
        log.error("feed_failed", reason=str(error))
        return FAILED
    except OSError as error:
        # A full disk, mostly. The position on it is whole, be it an old one.
        log.error("feed_failed", reason=f"{error}. Make room; the feed resumes where it was.")
        return FAILED
    return 0


def _feed(settings: Settings, options: argparse.Namespace) -> None:
    position_file = position_path(settings, options.feed_id)
    position = FeedPosition.load(position_file, options.feed_id)
    pace = Pace(options.batch_interval_s, options.speed)
    with closing(BridgeLink(settings.observation_socket)) as link:
        feeder = Feeder(position, position_file, link, pace)
        if options.days == FOLLOW:
            _follow(settings, options, position, feeder)
        if not position.is_done:
            _feed_rest(settings, options, position, feeder)
        feeder.finish()


def _follow(
    settings: Settings, options: argparse.Namespace, position: FeedPosition, feeder: Feeder
) -> NoReturn:
    """Feed what the archive has anew, round after round."""
    folder, datasets = rows_folder(settings, options.feed_id), tuple(configured(settings))
    with closing(open_archive(settings)) as archive:
        if position.station_years is None:
            choice = StationChoice.of_form(options.stations)
            files = bring_chosen(settings, archive, options.dataset or "", Period(), choice)
            position.station_years = [one.station_year for one in files]
        follower = ArchiveFollower(archive, Downloads.of(settings), position, folder)
        while True:
            plan = FeedPlan(Period(), datetime.now(UTC), datasets, options.disorder)
            found = follower.next_round(plan)
            if found is not None:
                feeder.feed_year(found.rows)
                follower.settle(found)
            feeder.end_round()
            follower.forget()
            time.sleep(settings.follow_interval_s)


def _feed_rest(
    settings: Settings, options: argparse.Namespace, position: FeedPosition, feeder: Feeder
) -> None:
    period = Period(options.first_day, options.last_day)
    downloads = Downloads.of(settings)
    present = _bring(settings, options, position, downloads)
    position.station_years = present
    position.planned_at = position.planned_at or datetime.now(UTC).isoformat()
    planned_at = datetime.fromisoformat(position.planned_at)
    plan = FeedPlan(period, planned_at, tuple(configured(settings)), options.disorder)
    folder = rows_folder(settings, options.feed_id)
    for year in read_years(downloads, present, plan, folder, position.fed_years):
        feeder.feed_year(year)


def _bring(
    settings: Settings, options: argparse.Namespace, position: FeedPosition, downloads: Downloads
) -> list[StationYear]:
    """What is fed, downloaded: what the position says, else what the archive has."""
    chosen = position.station_years
    if chosen is not None and all(map(downloads.has, chosen)):
        return chosen
    with closing(open_archive(settings)) as archive:
        if chosen is not None:
            downloads.bring(archive, [one for one in chosen if not downloads.has(one)])
            return chosen
        choice = StationChoice.of_form(options.stations)
        period = Period(options.first_day, options.last_day)
        files = bring_chosen(settings, archive, options.dataset or "", period, choice)
        return [one.station_year for one in files]
