"""The sink as a program: its arguments, its signals, its exit status."""

import argparse
import re
import signal
import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy import Engine

from isotherm import lane
from isotherm.errors import FencedError, IsothermError
from isotherm.json_log import write_json_lines
from isotherm.messages import DEAD_LETTER_TOPIC, FORECAST_TOPIC, HOURLY_SUMMARY_TOPIC
from isotherm.settings import PortOffset, Settings, load_settings
from isotherm.sink.health import SinkMetrics, serve
from isotherm.sink.offsets import OffsetStore, adopt_forecasts, adopt_letters, adopt_summaries
from isotherm.sink.service import SINK_GROUP, SUMMARIES_IN_A_BATCH, Sink, SinkOptions
from isotherm.stores.kafka_topics import admin_client, topic_id
from isotherm.stores.mysql import create_engine

log = structlog.get_logger()

EXIT_FAILED: Final = 1
EXIT_FENCED: Final = 3
# A statement takes far less; a server that hangs is noticed after so long.
_READ_TIMEOUT_S: Final = 60
# The server gives up a transaction that a stopped sink left open, and with it the locks.
_IDLE_TIMEOUT_S: Final = 60


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; everything has a default."""
    parser = argparse.ArgumentParser(description="Write summaries and forecasts into MySQL.")
    lane.add_argument(parser)
    parser.add_argument("--topic", help="default: the lane's")
    parser.add_argument("--dead-letter-topic", help="default: the lane's")
    parser.add_argument("--forecast-topic", help="default: the lane's")
    parser.add_argument("--group", help="consumer group; default: the lane's")
    parser.add_argument(
        "--batch-size", type=int, default=SUMMARIES_IN_A_BATCH, help="records in one transaction"
    )
    parser.add_argument("--linger-s", type=float, default=0.1, help="wait for a batch to fill up")
    parser.add_argument("--port", type=int, help="health and metrics; 0 = any free one")
    parser.add_argument(
        "--adopt-topic",
        action="store_true",
        help="accept a topic that was deleted and made again, then end",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sink until SIGTERM.

    Returns:
        0 when stopped, 3 when another instance took over, 1 when something has to be done by hand.
    """
    options = parse_arguments(arguments)
    write_json_lines("sink")
    try:
        settings = load_settings().in_lane(options.lane)
        engine = open_engine(settings)
        if options.adopt_topic:
            _adopt(settings, engine, options)
        else:
            _run(settings, engine, options)
    except FencedError as error:
        log.error("sink_fenced", reason=str(error))
        return EXIT_FENCED
    except (IsothermError, sa.exc.SQLAlchemyError) as error:
        log.error("sink_failed", reason=str(error))
        return EXIT_FAILED
    return 0


def open_engine(settings: Settings) -> Engine:
    """An engine whose connections do not hold locks for ever when this process is stopped."""
    engine = create_engine(settings, read_timeout_s=_READ_TIMEOUT_S, pool_size=4, local_files=True)

    @sa.event.listens_for(engine, "connect")
    def _limit_idle_time(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION wait_timeout = {_IDLE_TIMEOUT_S}")

    return engine


def _run(settings: Settings, engine: Engine, arguments: argparse.Namespace) -> None:
    metrics = SinkMetrics()
    port = settings.port(PortOffset.SINK) if arguments.port is None else arguments.port
    options = replace(_options(settings, arguments), instance=instance_name(port))
    sink = Sink(engine, options, metrics)
    # Before the groups are joined: a port that is taken ends this process, not the sink that has it.
    server = serve(sink.loops, metrics, settings.sink_host, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sink.stop())
    log.info("sink_started", topic=options.topic, group=options.group, port=server.server_port)
    try:
        sink.run()
    finally:
        server.shutdown()
        engine.dispose()


def instance_name(port: int) -> str | None:
    """By what name the groups know a sink: its host and port, which no two processes have at once.

    The one that is started in its place, be it after kill -9, goes on without waiting for Kafka to find
    it dead. Of any free port (0) there is no name.
    """
    if not port:
        return None
    host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:200]
    return f"{host}-{port}"


def _options(settings: Settings, arguments: argparse.Namespace) -> SinkOptions:
    return SinkOptions(
        settings.kafka_bootstrap_servers,
        topic=arguments.topic or settings.lane.topic(HOURLY_SUMMARY_TOPIC),
        dead_letter_topic=arguments.dead_letter_topic or settings.lane.topic(DEAD_LETTER_TOPIC),
        forecast_topic=arguments.forecast_topic or settings.lane.topic(FORECAST_TOPIC),
        group=arguments.group or settings.lane.group(SINK_GROUP),
        batch_size=arguments.batch_size,
        linger_s=arguments.linger_s,
    )


def _adopt(settings: Settings, engine: Engine, arguments: argparse.Namespace) -> None:
    options = _options(settings, arguments)
    admin = admin_client(options.bootstrap_servers)
    for topic, group, adopt in (
        (options.topic, options.group, adopt_summaries),
        (options.dead_letter_topic, options.letter_group, adopt_letters),
        (options.forecast_topic, options.forecast_group, adopt_forecasts),
    ):
        offsets = OffsetStore(topic, topic_id(admin, topic), group)
        log.info("topic_adopted", topic=topic, reset=dict(adopt(engine, offsets)))
