"""The tasks of `repair_dead_letters`, each whole by itself: any of them may be cleared alone."""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Engine

from isotherm.ingest.report import log, write_table
from isotherm.letters import outcomes
from isotherm.letters.form import RepairForm
from isotherm.letters.judgement import judge
from isotherm.letters.repairs import DROP, CannotRepairError
from isotherm.letters.replay import Repaired, Replayer
from isotherm.settings import Settings, load_settings
from isotherm.stores import letter_work, stream_runs
from isotherm.stores.dead_letters import LetterState, read_letters
from isotherm.stores.mysql import create_engine
from isotherm.stream.admission import Refusal
from isotherm.utc import iso_time

_SHOWN: Final = 200
_WAIT_S: Final = 300.0
_LOOK_EVERY_S: Final = 2.0
_CANNOT_REPAIR: Final = "cannot_repair"
_COLUMNS: Final = ("letter", "refused at", "was", "station", "hour", "now", "why not")


def work_letters(form: Mapping[str, Any], *, run_label: str) -> list[int]:
    """Show what a repair makes of each letter, and outside a dry run send or drop them.

    Args:
        form: see `RepairForm`.
        run_label: recorded as who did it.

    Returns:
        The letters whose outcome is to be awaited: those that this run has sent, in an earlier attempt
        too, that a run that died had sent, and those of `letter_ids` that nobody has followed yet. None
        in a dry run.

    Raises:
        SettingsError: the form makes no sense.
        StoreError: Kafka did not take all, or another run is at work.
    """
    asked = RepairForm.of(form)
    settings = load_settings()
    engine = create_engine(settings)
    try:
        with letter_work.only_worker(engine):
            return _work(settings, engine, asked, run_label)
    finally:
        engine.dispose()


def await_outcomes(letter_ids: Collection[int], *, wait_s: float = _WAIT_S) -> list[str]:
    """Wait for what comes of letters as long as somebody is to bring it about.

    Returns:
        Feeds whose letters wait for a stream that does not run.
    """
    engine = create_engine(load_settings())
    deadline = time.monotonic() + wait_s
    try:
        while True:
            outcomes.settle(engine)
            waiting = _waiting(engine, letter_ids)
            running = _running_feed(engine)
            without_stream = sorted({one for one in waiting if one and one != running})
            if len(without_stream) == len(set(waiting)) or time.monotonic() > deadline:
                return without_stream
            time.sleep(_LOOK_EVERY_S)
    finally:
        engine.dispose()


def show_outcomes(letter_ids: Sequence[int]) -> dict[str, int]:
    """What came of each, in a table; returns how many came to what."""
    engine = create_engine(load_settings())
    try:
        outcomes.settle(engine)
        with engine.connect() as connection:
            letters = read_letters(connection, letter_ids)
    finally:
        engine.dispose()
    rows = [(one["letter_id"], one["reason"], one["state"], one["outcome"]) for one in letters]
    write_table("What came of the letters", ("letter", "was", "is", "what came of it"), rows[:_SHOWN])
    counts = dict(Counter(str(one["state"]) for one in letters))
    if counts.get(LetterState.REPLAYED):
        log.info(
            f"{counts[LetterState.REPLAYED]} are on their way still: the stream of their feed goes on. "
            "The dashboard's page of dead letters shows them."
        )
    return counts


def _work(settings: Settings, engine: Engine, asked: RepairForm, run_label: str) -> list[int]:
    replayer = Replayer(engine, settings.kafka_bootstrap_servers, run_label)
    found_sent = [] if asked.is_dry_run else replayer.settle_unfinished()
    choice = letter_work.LetterChoice(
        asked.reason, asked.letter_ids, asked.start, asked.end, asked.limit
    )
    with engine.connect() as connection:
        letters = letter_work.choose(connection, choice)
    if asked.repair.rule == DROP:
        _drop(engine, letters, asked, run_label)
        return found_sent
    judged = [(one, _judge(one, asked, feeds=_feeds(settings))) for one in letters]
    _show(judged)
    repaired = [found for _, found in judged if isinstance(found, Repaired)]
    if asked.is_dry_run:
        log.info(
            f"A dry run: nothing was sent. {len(repaired)} of {len(letters)} letters would be; trigger "
            "again with dry_run off."
        )
        return []
    sent = replayer.send(repaired)
    log.info(f"Sent {len(sent)} of {len(letters)} letters; the others stay as they were.")
    with engine.connect() as connection:
        before = letter_work.sent_by(connection, run_label)
        before += letter_work.on_their_way(connection, asked.letter_ids)
    return sorted({*found_sent, *before})


def _judge(letter: Mapping[str, Any], asked: RepairForm, feeds: Collection[str]) -> Repaired | Refusal:
    content, feed_id = bytes(letter["payload"]), letter["feed_id"]
    is_whole = letter["payload_bytes"] == len(content)
    try:
        payload = asked.repair.apply(content, is_whole=is_whole, feed_id=feed_id)
    except CannotRepairError as error:
        return Refusal(_CANNOT_REPAIR, str(error))
    found = judge(letter["topic"], payload, feed_id=feed_id, feeds=feeds, now=datetime.now(UTC))
    if isinstance(found, Refusal):
        return found
    return Repaired(letter, asked.repair.rule, payload, found)


def _show(judged: Sequence[tuple[Mapping[str, Any], Repaired | Refusal]]) -> None:
    rows: list[tuple[object, ...]] = []
    for letter, found in judged[:_SHOWN]:
        head = letter["letter_id"], letter["refused_at"], letter["reason"]
        if isinstance(found, Refusal):
            rows.append((*head, letter["station_id"], None, found.reason, found.detail[:200]))
        else:
            hour = iso_time(found.admitted.hour_start)
            rows.append((*head, found.admitted.station_id, hour, "admitted", None))
    write_table("Letters that nobody has worked, and what becomes of them", _COLUMNS, rows)
    if len(judged) > _SHOWN:
        log.info(f"and {len(judged) - _SHOWN} more")
    kinds = Counter(one.reason if isinstance(one, Refusal) else "admitted" for _, one in judged)
    log.info(", ".join(f"{count} {name}" for name, count in kinds.most_common()) or "There are none.")


def _drop(
    engine: Engine, letters: Sequence[Mapping[str, Any]], asked: RepairForm, run_label: str
) -> None:
    if asked.is_dry_run:
        log.info(f"A dry run: nothing was closed. {len(letters)} letters would be.")
        return
    with engine.begin() as connection:
        closed = sum(letter_work.drop(connection, one["letter_id"], run_label, DROP) for one in letters)
    log.info(f"Closed {closed} letters; nothing of them was sent.")


def _feeds(settings: Settings) -> set[str]:
    """Feeds of which the place is kept, so that their stream can go on."""
    return {one.stem for one in (settings.state_dir / "feeds").glob("*.json")}


def _waiting(engine: Engine, letter_ids: Collection[int]) -> list[str | None]:
    """Feeds of letters of which nothing is known yet; None for summaries, which the sink takes."""
    with engine.connect() as connection:
        letters = read_letters(connection, letter_ids)
    return [
        one["feed_id"] if letter_work.is_observation(one) else None
        for one in letters
        if one["state"] == LetterState.REPLAYED
    ]


def _running_feed(engine: Engine) -> str | None:
    """The feed whose stream runs now; its task writes its record every few seconds."""
    with engine.connect() as connection:
        run = stream_runs.read_newest(connection)
    is_running = run is not None and run["state"] == stream_runs.RUNNING
    return str(run["feed_id"]) if run is not None and is_running and run["feed_id"] else None
