"""Writers beside the feeder: shuffled, repeated and late observations, and messages that are none.

They write as other programs may: compressed one way or another, under any key or none, with headers, in
transactions that end badly.
"""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Producer

from faults.chain import Chain
from faults.fed_rows import hour_of
from isotherm.messages import OBSERVATION_TOPIC, ObservationMessage
from made_up import observation
from plain_python_summary import Row

_STATIONS = 40
_MINUTES = range(60)


def _changed(**changes: object) -> Callable[[dict[str, Any]], bytes]:
    return lambda message: json.dumps(message | changes).encode()


def _without(name: str) -> Callable[[dict[str, Any]], bytes]:
    return lambda message: json.dumps({key: message[key] for key in message if key != name}).encode()


def _ahead(message: dict[str, Any]) -> bytes:
    at = datetime.now(UTC) + timedelta(days=2000)
    return json.dumps(message | {"observed_at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}).encode()


# Twelve ways of being no observation, each made of a good message.
POISON: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "no JSON": lambda message: json.dumps(message).encode()[:-20],
    "null bytes": lambda message: b"\0" * 40,
    "no text": lambda message: b"\xff\xfe" + json.dumps(message).encode("utf-16"),
    "a wrong type": _changed(air_temperature_tenths="warm"),
    "a field missing": _without("revision"),
    "NaN": _changed(air_temperature_tenths=float("nan")),
    "a huge field": lambda message: b'{"x": "' + b"x" * 60_000 + b'"}',
    "the year 0": _changed(observed_at="0000-01-01T00:00:00Z"),
    "the year 9999 and an offset": _changed(observed_at="9999-12-31T23:59:00-05:00"),
    "another schema": _changed(schema_version=7),
    "an unknown dataset": _changed(dataset="another"),
    "far ahead": _ahead,
}
_COMPRESSIONS = ("none", "gzip", "snappy", "lz4", "zstd")
_WITH_HEADERS = 0.01
_TAKEN_BACK = 300
_HEADERS = {"nothing": b"", "much": b"x" * 60_000, "": b"\0\xff", "isotherm-dead-letter": b"\xff/1/2"}


class Writer:
    """Writes to the raw topic, as anybody may, and tells the chain what to expect of it."""

    def __init__(self, chain: Chain, chance: random.Random) -> None:
        self._chain = chain
        self._chance = chance
        self._producer = self._new_producer()
        self._feed_id = chain.feed_id
        self._newest = hour_of(chain.archive.rows[chain.rows_fed()]["observed_at"])

    def _new_producer(self, **more: object) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self._chain.settings.kafka_bootstrap_servers,
                "linger.ms": 20,
                "enable.idempotence": True,
                "compression.type": self._chance.choice(_COMPRESSIONS),
                "log_level": 0,
                **more,
            }
        )

    def send_shuffled(self, count: int, *, times: int, days: int) -> None:
        """So many observations of the last days, each several times, in no order."""
        rows = self._rows(count, days)
        deliveries = rows * times
        self._chance.shuffle(deliveries)
        for row in deliveries:
            key = self._chance.choice([row["station_id"], "another", None])
            self._send(self._encoded(row), key)
        self._flush()

    def send_and_take_back(self) -> None:
        """Observations and what is none, in a transaction that is aborted: nobody may see them."""
        producer = self._new_producer(**{"transactional.id": f"taken back {self._chance.random()}"})
        rows = self._made_up(_TAKEN_BACK, 2)
        producer.init_transactions(120)
        producer.begin_transaction()
        for row in rows:
            producer.produce(OBSERVATION_TOPIC, self._encoded(row), row["station_id"])
            producer.produce(OBSERVATION_TOPIC, b"{taken back", row["station_id"])
        producer.flush(120)
        producer.abort_transaction(120)

    def send_poison(self, count: int, among: int) -> None:
        """So many messages, some of them no observations: every kind, anywhere."""
        rows = self._rows(among - count, 2)
        kinds = list(POISON.values())
        records: list[tuple[bytes | None, str, bool]] = []
        records += [(self._encoded(row), row["station_id"], False) for row in rows]
        for number in range(count):
            row = rows[number % len(rows)]
            value = kinds[number % len(kinds)](json.loads(self._encoded(row)))
            records.append((value, row["station_id"], True))
        records.append((None, rows[0]["station_id"], True))
        self._chance.shuffle(records)
        for value, station_id, is_poison in records:
            self._send(value, station_id, is_poison=is_poison)
        self._flush()

    def _rows(self, count: int, days: int) -> list[Row]:
        """Observations that are expected from now on."""
        rows = self._made_up(count, days)
        self._chain.expected.add(rows)
        return rows

    def _made_up(self, count: int, days: int) -> list[Row]:
        """Distinct observations of stations that nobody else feeds, before the newest hour of all."""
        run = f"{self._chance.randrange(16**6):06X}"
        return [
            observation(
                station_id=f"X{run}{self._chance.randrange(_STATIONS):04d}",
                observed_at=self._newest
                - timedelta(minutes=1 + self._chance.randrange(days * 24 * len(_MINUTES))),
                air_temperature_tenths=self._chance.randrange(-300, 300),
                quality_code=self._chance.choice("1592"),
                report_type=self._chance.choice(["FM-15", "FM-12", "SAO"]),
                revision=number + 1,
            )
            for number in range(count)
        ]

    def _encoded(self, row: Row) -> bytes:
        return ObservationMessage.model_validate({"feed_id": self._feed_id, **row}).encode()

    def _send(self, value: bytes | None, key: str | None, *, is_poison: bool = False) -> None:
        def note(error: object, message: Any) -> None:  # noqa: ANN401 - no types there
            assert error is None, error
            if is_poison:
                self._chain.poison.add((message.partition(), message.offset()))

        headers = _HEADERS if self._chance.random() < _WITH_HEADERS else None
        while True:
            try:
                self._producer.produce(OBSERVATION_TOPIC, value, key, headers=headers, on_delivery=note)
            except BufferError:
                self._producer.poll(0.5)
            else:
                self._producer.poll(0)
                return

    def _flush(self) -> None:
        assert self._producer.flush(120) == 0
