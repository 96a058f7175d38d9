"""The bridge: observations from the socket into Kafka, each batch acknowledged once Kafka has it.

What may not enter (see `admission`) or was set aside in its file goes to the dead-letter topic instead,
so one bad observation stops nothing. While Kafka is away the bridge keeps trying and does not answer:
that is the back-pressure the feeder sees. What Kafka refuses for ever ends the bridge with the reason.
"""

import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from isotherm.dead_letter import DeadLetter
from isotherm.errors import MessageFormatError, RefusedError, StoreError
from isotherm.lane import PRODUCTION, Lane
from isotherm.message_fields import FeedId
from isotherm.messages import (
    DEAD_LETTER_TOPIC,
    OBSERVATION_TOPIC,
    SCHEMA_VERSION,
)
from isotherm.stream.admission import Refusal, admit
from isotherm.stream.bridge_connections import Connections
from isotherm.stream.bridge_publisher import Publisher, Record
from isotherm.stream.bridge_socket import listening
from isotherm.stream.framing import receive_frame, send_frame

log = structlog.get_logger()

_ACCEPT_WAIT_S: Final = 0.2


class Batch(BaseModel):
    """A feeder's frame; the observations themselves are checked one by one.

    `place` says which rows of which files these are: the same batch and place again are a repetition.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    feed_id: FeedId
    batch: int
    observations: list[Any]
    set_aside: list[dict[str, Any]] = []
    place: str | None = None


@dataclass(slots=True)
class Prepared:
    """A batch as records: what goes to the raw topic and what to the dead letters."""

    observations: list[Record] = field(default_factory=list)
    dead_letters: list[Record] = field(default_factory=list)


def prepare(batch: Batch, now: datetime, lane: Lane = PRODUCTION) -> Prepared:
    """Check every observation of a batch and turn it into a record.

    Args:
        batch: as received.
        now: observations later than this plus an hour are refused.
        lane: whose topics they are for.
    """
    prepared = Prepared()
    topic = lane.topic(OBSERVATION_TOPIC)
    for number, observation in enumerate(batch.observations):
        payload = _as_message(observation, batch.feed_id)
        found = admit(payload, now)
        if isinstance(found, Refusal):
            prepared.dead_letters.append(_letter(batch, number, found, payload, lane))
        else:
            record = Record(topic, found.station_id, found.encode())
            prepared.observations.append(record)
    for number, row in enumerate(batch.set_aside, start=len(batch.observations)):
        place = f"{row.get('source_file')}, line {row.get('source_line')}"
        refusal = Refusal(str(row.get("reason")), f"set aside from {place}")
        prepared.dead_letters.append(_letter(batch, number, refusal, json.dumps(row).encode(), lane))
    return prepared


def _letter(batch: Batch, number: int, refusal: Refusal, payload: bytes, lane: Lane) -> Record:
    letter = DeadLetter.of(
        payload,
        reason=refusal.reason,
        detail=refusal.detail,
        topic=lane.topic(OBSERVATION_TOPIC),
        feed_id=batch.feed_id,
    )
    # The same letter sent again has the same key.
    record = letter.record(f"{batch.feed_id}/{batch.batch}/{number}")
    return Record(lane.topic(DEAD_LETTER_TOPIC), record.key, record.value)


def _as_message(observation: object, feed_id: str) -> bytes:
    if isinstance(observation, Mapping):
        observation = {**observation, "schema_version": SCHEMA_VERSION, "feed_id": feed_id}
    return json.dumps(observation).encode()


class Bridge:
    """Serves feeders, each on a thread of its own."""

    def __init__(
        self,
        path: Path,
        publisher: Publisher,
        feed_id: str | None = None,
        lane: Lane = PRODUCTION,
    ) -> None:
        """Prepare.

        Args:
            path: the socket.
            publisher: where records go.
            feed_id: serve this feed only; None serves all.
            lane: whose topics it fills.
        """
        self._path = path
        self._publisher = publisher
        self._feed_id = feed_id
        self._lane = lane
        self._stop = threading.Event()
        self._refused: RefusedError | None = None
        self._connections = Connections()
        self._answered: dict[str, tuple[tuple[int, str | None], dict[str, int]]] = {}

    def stop(self) -> None:
        """Ask the bridge to end; for signal handlers."""
        self._stop.set()

    def run(self) -> None:
        """Serve until stopped.

        Raises:
            RefusedError: Kafka will not take a record, however often it is sent.
            StoreError: the socket is taken, its file was removed, or the producer failed for good.
        """
        with listening(self._path) as listener:
            server = listener.server
            server.settimeout(_ACCEPT_WAIT_S)
            log.info("bridge_listening", socket=str(self._path))
            while not self._stop.is_set():
                if self._refused is not None:
                    raise self._refused
                if self._publisher.fatal_error is not None:
                    raise StoreError(f"The Kafka producer cannot go on: {self._publisher.fatal_error}.")
                if not listener.is_found():
                    # Who is connected would go on, and a feeder started again would wait for ever.
                    raise StoreError(f"The socket {self._path} was removed. The bridge makes it anew.")
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                connection.settimeout(None)
                if not self._connections.add(connection):
                    connection.close()
                    continue
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
        self._connections.hang_up_all()
        log.info("bridge_stopped")

    def _serve(self, connection: socket.socket) -> None:
        """Answer one feeder's frames until it leaves; a wrong frame ends the connection."""
        try:
            while (frame := receive_frame(connection)) is not None:
                batch = self._read(frame)
                self._connections.note_batch(connection)
                send_frame(connection, self._take(batch))
        except MessageFormatError as error:
            log.warning("frame_refused", reason=str(error))
            _tell(connection, str(error))
        except RefusedError as error:
            self._refused = error
        except StoreError as error:
            log.warning("batch_not_acknowledged", reason=str(error))
        except OSError as error:
            log.info("feeder_left", reason=str(error))
        finally:
            self._connections.remove(connection)
            connection.close()

    def _read(self, frame: Mapping[str, Any]) -> Batch:
        """A frame as a batch of a feed that is served here."""
        try:
            batch = Batch.model_validate(frame)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise MessageFormatError(f"The frame's {place} is wrong: {first['msg']}") from error
        if self._feed_id is not None and batch.feed_id != self._feed_id:
            raise MessageFormatError(f"This bridge serves feed {self._feed_id}, not {batch.feed_id}.")
        return batch

    def _take(self, batch: Batch) -> dict[str, int]:
        """Publish one batch; the answer is its acknowledgement."""
        mark = batch.batch, batch.place
        known, answer = self._answered.get(batch.feed_id, (None, {}))
        if batch.place is not None and known == mark:
            # Its feeder was killed between the answer and writing it down.
            log.info("batch_known", feed_id=batch.feed_id, batch=batch.batch)
            return answer
        prepared = prepare(batch, datetime.now(UTC), self._lane)
        # Dead letters first: an acknowledged batch then has all of them.
        self._publisher.publish([*prepared.dead_letters, *prepared.observations])
        counts = {
            "accepted": len(prepared.observations),
            "dead_lettered": len(prepared.dead_letters),
        }
        log.info("batch_published", feed_id=batch.feed_id, batch=batch.batch, **counts)
        answer = {"batch": batch.batch, **counts}
        self._answered[batch.feed_id] = mark, answer
        return answer


def _tell(connection: socket.socket, reason: str) -> None:
    """Say why, if the other side still listens."""
    try:
        send_frame(connection, {"error": reason})
    except OSError:
        return
