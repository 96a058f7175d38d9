"""The stream as a program: its arguments, where its feed begins, its exit status."""

import argparse
import os
import sys
from collections.abc import Sequence

from isotherm import lane
from isotherm.errors import IsothermError, RefusedError, SettingsError, StoreError
from isotherm.messages import OBSERVATION_TOPIC
from isotherm.settings import Settings, load_settings
from isotherm.stores.kafka_topics import admin_client, topic_id
from isotherm.stream.exit_status import FAILED, REFUSED
from isotherm.stream.feeder_files import FeedPosition, position_path
from isotherm.stream.hour_stream import DEFAULT_WATERMARK_DAYS, StreamPlan
from isotherm.stream.stores_away import ask_until_answered
from isotherm.stream.stream_failure import made_anew
from isotherm.stream.summarise import run_stream
from isotherm.stream.topic_offsets import TopicOffsets


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stream; where it fails one line says the cause.

    Returns:
        0 when stopped, `REFUSED` where starting it again would not help, else `FAILED`.
    """
    parser = argparse.ArgumentParser(description="Summarise a feed's observations hour by hour.")
    parser.add_argument("--feed-id", required=True)
    parser.add_argument("--trigger-s", type=float, default=5.0)
    parser.add_argument("--watermark-days", type=int, default=DEFAULT_WATERMARK_DAYS)
    lane.add_argument(parser)
    options = parser.parse_args(arguments)
    # Spark runs a Python worker per core; each with a pool of threads would only wait for the others.
    os.environ["POLARS_MAX_THREADS"] = "1"
    try:
        settings = load_settings().in_lane(options.lane)
        return run_stream(settings, plan_of(settings, options), options.trigger_s)
    except (RefusedError, SettingsError) as error:
        sys.stderr.write(f"REFUSED {error}\n")
        return REFUSED
    except IsothermError as error:
        sys.stderr.write(f"FAILED {error}\n")
        return FAILED


def plan_of(settings: Settings, options: argparse.Namespace) -> StreamPlan:
    """What to read: the raw topic from where it ended when the feed was planned; waits for Kafka.

    Raises:
        RefusedError: it is not that topic any more.
    """
    position = FeedPosition.load(position_path(settings, options.feed_id), options.feed_id)
    topic, wanted = settings.lane.topic(OBSERVATION_TOPIC), position.start_offsets or {}
    admin = admin_client(settings.kafka_bootstrap_servers)
    with TopicOffsets(settings.kafka_bootstrap_servers) as topics:
        found, start = ask_until_answered(
            "kafka",
            lambda: (topic_id(admin, topic), topics.nearest(topic, wanted)),
            lambda error: isinstance(error, StoreError),
        )
    if position.topic_id not in (None, found):
        raise made_anew(topic)
    return StreamPlan(
        settings.kafka_bootstrap_servers,
        options.feed_id,
        start,
        options.watermark_days,
        lane=settings.lane,
        generation=position.generation,
    )
