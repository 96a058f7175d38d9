"""What the stream prints: one JSON line per micro-batch, from Spark's own progress."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from isotherm.stream.arrow_steps import DELIVERIES, FOLDED, READ, SHIFT

Offsets = dict[str, int]


def describe_progress(progress: Mapping[str, Any], begin: Mapping[int, int]) -> dict[str, Any]:
    """One micro-batch, for the task log and the replay's supervisor.

    Args:
        progress: Spark's StreamingQueryProgress as a mapping.
        begin: raw offset by partition where the feed begins: the first micro-batch has no start.

    Returns:
        batch: its number; rows: raw messages read, of every feed; rows_per_s; newest_hour: of the feed,
        null in a batch without its observations; end_offsets and latest_offsets: next raw offset by
        partition, read and existing; lag: messages between the two; state_rows: stations' days kept;
        late: deliveries of the feed that came too late, exactly; dropped_by_watermark: the same as
        Spark counts them, in groups; seconds: how long the batch took.
    """
    source = progress["sources"][0]
    end = _offsets(source["endOffset"])
    start = _offsets(source["startOffset"]) or {str(one): at for one, at in begin.items()}
    latest = _offsets(source["latestOffset"])
    seconds = progress["durationMs"].get("triggerExecution", 0) / 1000
    rows = _distance(start, end)
    states = progress["stateOperators"]
    return {
        "batch": progress["batchId"],
        "rows": rows,
        "rows_per_s": round(rows / seconds, 1) if seconds else 0.0,
        "newest_hour": newest_hour(progress.get("eventTime", {}).get("max")),
        "lag": _distance(end, latest),
        "end_offsets": end,
        "latest_offsets": latest,
        "state_rows": sum(one["numRowsTotal"] for one in states),
        "late": _late(progress.get("observedMetrics", {})),
        "dropped_by_watermark": sum(one["numRowsDroppedByWatermark"] for one in states),
        "seconds": round(seconds, 2),
    }


def _late(metrics: Mapping[str, Mapping[str, int | None]]) -> int:
    """Deliveries that were read and came into no hour."""
    read, folded = (metrics.get(one, {}).get(DELIVERIES) or 0 for one in (READ, FOLDED))
    return read - folded


def newest_hour(shifted: str | None) -> str | None:
    """The hour of an event time 400 years ahead, as 2014-01-01T00:00:00Z."""
    if shifted is None:
        return None
    moment = datetime.fromisoformat(shifted) - SHIFT
    return moment.strftime("%Y-%m-%dT%H:00:00Z")


def _offsets(text: str | Mapping[str, Any] | None) -> Offsets:
    """Next offset by partition out of Kafka's `{"topic": {"0": 5}}`."""
    topics = json.loads(text) if isinstance(text, str) else text
    partitions: Mapping[str, int] = next(iter(topics.values()), {}) if topics else {}
    return {str(partition): int(offset) for partition, offset in partitions.items()}


def _distance(start: Offsets, end: Offsets) -> int:
    return sum(max(0, last - start.get(partition, 0)) for partition, last in end.items())
