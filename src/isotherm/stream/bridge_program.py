"""The bridge as a program: its arguments, its signals, its exit status."""

import argparse
import signal
from collections.abc import Sequence

import structlog

from isotherm import lane
from isotherm.errors import IsothermError, RefusedError, SettingsError
from isotherm.json_log import write_json_lines
from isotherm.settings import load_settings
from isotherm.stream.bridge import Bridge
from isotherm.stream.bridge_publisher import Publisher
from isotherm.stream.exit_status import FAILED, REFUSED

log = structlog.get_logger()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve feeders until SIGTERM.

    Returns:
        0 when stopped, `REFUSED` where starting it again would not help, else `FAILED`.
    """
    parser = argparse.ArgumentParser(description="Bring observations from the socket into Kafka.")
    parser.add_argument("--feed-id", help="serve this feed only")
    lane.add_argument(parser)
    options = parser.parse_args(arguments)
    write_json_lines("bridge")
    try:
        settings = load_settings().in_lane(options.lane)
        publisher = Publisher(settings.kafka_bootstrap_servers)
        bridge = Bridge(settings.observation_socket, publisher, options.feed_id, settings.lane)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: bridge.stop())
        try:
            bridge.run()
        finally:
            publisher.close()
    except (RefusedError, SettingsError) as error:
        log.error("bridge_refused", reason=str(error))
        return REFUSED
    except IsothermError as error:
        log.error("bridge_failed", reason=str(error))
        return FAILED
    return 0
