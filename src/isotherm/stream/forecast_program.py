"""The stream's forecasts as a program: its arguments, its exit status."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from isotherm import lane
from isotherm.errors import IsothermError
from isotherm.settings import load_settings
from isotherm.stores.mysql import create_engine
from isotherm.stream.exit_status import FAILED
from isotherm.stream.forecaster import Forecaster

_STOP_WITHIN_S = 3.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Forecast beside a stream until SIGTERM.

    Returns:
        0 when stopped, else `FAILED`.
    """
    parser = argparse.ArgumentParser(description="Forecast the stations of a feed as hours come.")
    parser.add_argument("--feed-id", required=True)
    parser.add_argument("--poll-s", type=float, default=1.0)
    parser.add_argument("--every-h", type=int, default=1, help="from each UTC hour that this divides")
    parser.add_argument("--follows", action="store_true", help="the feed follows its archive")
    lane.add_argument(parser)
    options = parser.parse_args(arguments)
    settings = load_settings().in_lane(options.lane)
    stop = _stop_on_signal()
    engine = create_engine(settings, read_timeout_s=60, pool_size=1)
    try:
        forecaster = Forecaster(
            settings,
            engine,
            options.feed_id,
            options.poll_s,
            every_h=settings.hindcast_every_h or options.every_h,
            follows=options.follows,
        )
        forecaster.run(stop)
    except (IsothermError, SQLAlchemyError, OSError) as error:
        if stop.is_set():
            return 0
        sys.stderr.write(f"FAILED {error}\n")
        return FAILED
    finally:
        engine.dispose()
    return 0


def _stop_on_signal() -> threading.Event:
    """Set when asked to stop; from then on the process has 3 s: the log makes any end a safe one."""
    stop = threading.Event()

    def on_signal(*_: object) -> None:
        if not stop.is_set():
            stop.set()
            last_resort = threading.Timer(_STOP_WITHIN_S, lambda: os._exit(0))
            last_resort.daemon = True
            last_resort.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    return stop
