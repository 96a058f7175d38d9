"""Sends each station's forecast from its newest hour to Kafka; the sink stores it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from isotherm.forecast import trees
from isotherm.forecast.issue import Issued, issue
from isotherm.forecast.trained_station import TrainedStation
from isotherm.forecast_message import ForecastMessage, Kind, message_of, version_at
from isotherm.ingest.report import log, write_table
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.messages import FORECAST_TOPIC
from isotherm.settings import load_settings
from isotherm.spark.training_work import PREPARED
from isotherm.stores import model_store
from isotherm.stores.newest import read_newest_of_places
from isotherm.stores.station_models import StationModelRow, read_station_models
from isotherm.stores.training_files import TrainingFiles, require
from isotherm.stream.bridge_publisher import Publisher, Record

_AT_ONCE: Final = 200
_SHOWN: Final = 50
_HOUR_S: Final = 3600


@in_workplace
def publish(place: Workplace, *, version: str) -> int:
    """Forecast and send, then remove what the training kept meanwhile; safe to repeat.

    Args:
        place: the stores.
        version: of the training, whose hours are looked at.

    Returns:
        How many forecasts were sent.

    Raises:
        StoreError: HDFS or Kafka does not answer.
    """
    settings = load_settings()
    publisher = Publisher(settings.kafka_bootstrap_servers)
    topic = settings.lane.topic(FORECAST_TOPIC)
    methods: Counter[tuple[str, str]] = Counter()
    try:
        waiting: list[Record] = []
        for message in forecasts(place, version):
            methods[message.kind, message.leads.method[0]] += 1
            waiting.append(Record(topic, message.station_id, message.model_dump_json().encode()))
            if len(waiting) == _AT_ONCE:
                publisher.publish(waiting)
                waiting = []
        if waiting:
            publisher.publish(waiting)
    finally:
        publisher.close()
    write_table(
        "Forecasts sent, by the method of their first hour",
        ("kind", "method", "stations"),
        [(*key, count) for key, count in sorted(methods.items())],
    )
    TrainingFiles(place.store, version).delete()
    return sum(methods.values())


def forecasts(place: Workplace, version: str) -> Iterator[ForecastMessage]:
    """Of every station with hours and a model, in the order of the models' versions.

    Args:
        place: the stores.
        version: of the training, whose hours are looked at.

    Raises:
        StoreError: HDFS does not answer.
    """
    files = TrainingFiles(place.store, version)
    notes = [one for some in files.read_notes(PREPARED).values() for one in some]
    datasets = {one["station_id"]: one["dataset"] for one in notes if one["failure"] is None}
    with place.engine.connect() as connection:
        rows = read_station_models(connection, datasets)
        newest = read_newest_of_places(connection, datasets)
    _tell_silent(notes, rows)
    trees.use_packages(load_settings().trees_dir)
    without, why = 0, None
    by_version: dict[str, list[str]] = {}
    for station_id, row in rows.items():
        by_version.setdefault(row.speaking_version, []).append(station_id)
    for of_version, station_ids in sorted(by_version.items()):
        for station_id, trained in model_store.scan(place.store, of_version, station_ids):
            speaks = rows[station_id].version is not None
            if speaks and trained.trees is not None and (why := trees.why_unavailable()):
                without, trained = without + 1, replace(trained, trees=None)
            made = _issue(files, trained, uses_model=speaks)
            # A later hour is known here already, though it was not looked at.
            is_known = newest.get(station_id, made.origin_hour) > made.origin_hour
            kind = Kind.HINDCAST if is_known else Kind.SERVICE
            dataset = datasets[station_id]
            moment = version_at(datetime.now(UTC))
            yield message_of(made, station_id, dataset, kind, of_version, made_ms=moment)
    if without:
        log.warning(f"Of {without} stations the ridge spoke without its trees: {why}")


def _issue(files: TrainingFiles, trained: TrainedStation, *, uses_model: bool) -> Issued:
    hours = require(files.read_hours(trained.station_id, is_tail=True), trained.station_id)
    signals = (files.read_signal(one, is_tail=True) for one in trained.near.choice.neighbours)
    told = [one for one in signals if one is not None] if uses_model else []
    return issue(trained, hours, told, uses_model=uses_model)


def _tell_silent(notes: Sequence[Mapping[str, Any]], rows: Mapping[str, StationModelRow]) -> None:
    """Stations of which nothing is said, and why."""
    silent = [
        (one["station_id"], one["failure"] or "no model was ever trained")
        for one in sorted(notes, key=lambda one: str(one["station_id"]))
        if one["failure"] is not None or one["station_id"] not in rows
    ]
    for station_id, why in silent[:_SHOWN]:
        log.info(f"{station_id}: no forecast, {why}")
    if len(silent) > _SHOWN:
        log.info(f"... and {len(silent) - _SHOWN} more without a forecast.")
