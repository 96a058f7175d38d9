"""Tells people that messages could not be used, and no more often than every few minutes."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from isotherm.errors import StoreError
from isotherm.ingest.notify import notify
from isotherm.ingest.report import log, write_table
from isotherm.letters import outcomes
from isotherm.settings import load_settings
from isotherm.stores import notices
from isotherm.stores.dead_letters import count_new, newest_new
from isotherm.stores.mysql import create_engine
from isotherm.stream.topic_offsets import TopicOffsets
from isotherm.utc import iso_time, to_naive

NAME: Final = "dead letters"
AGAIN_AFTER: Final = timedelta(minutes=5)
_SHOWN: Final = 5


def is_turn(connection: Connection) -> bool:
    """Whether the last notice is so long ago that there may be another."""
    told_at = notices.read_told_at(connection, NAME)
    return told_at is None or told_at <= to_naive(datetime.now(UTC)) - AGAIN_AFTER


def may_tell() -> bool:
    """The same, by the settings of this process."""
    engine = create_engine(load_settings())
    try:
        with engine.connect() as connection:
            return is_turn(connection)
    finally:
        engine.dispose()


def are_written() -> bool:
    """Whether the sink has written every letter of the topic; not while Kafka does not answer."""
    settings = load_settings()
    engine = create_engine(settings)
    try:
        with TopicOffsets(settings.kafka_bootstrap_servers) as topics:
            return outcomes.letters_written(engine, topics)
    except StoreError:
        return False
    finally:
        engine.dispose()


def tell_of_letters() -> int:
    """Tell of letters that came since the last notice; returns how many those are, 0 where none."""
    settings = load_settings()
    engine = create_engine(settings)
    try:
        outcomes.settle(engine)
        with engine.begin() as connection:
            told_at = notices.read_told_at(connection, NAME)
            counts = count_new(connection, since=told_at)
            newest = newest_new(connection, _SHOWN)
            if not counts or not notices.take_turn(connection, NAME, again_after=AGAIN_AFTER):
                log.info("No dead letter that nobody was told of.")
                return 0
    finally:
        engine.dispose()
    total = sum(counts.values())
    rows = [(one["letter_id"], iso_time(one["refused_at"]), one["reason"], one["detail"][:200])
            for one in newest]  # fmt: skip
    write_table("The newest of them", ("letter", "refused at", "reason", "in words"), rows)
    said = ", ".join(f"{count} {reason}" for reason, count in counts.items())
    log.info(f"New since the last notice: {said}.")
    noun = "message" if total == 1 else "messages"
    notify(
        f"Isotherm: {total} {noun} could not be used",
        f"By reason: {said}.\nThe newest: {rows[0][3] if rows else 'none'}\n"
        f"See {settings.api_url}/#/dead-letters; repair_dead_letters in Airflow sends them again.",
        settings,
    )
    return total
