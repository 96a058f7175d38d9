"""Offsets of a partition whose leader is not settled are asked for again; what is lasting is told."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from isotherm.errors import StoreError
from isotherm.stream.topic_offsets import TopicOffsets


def answers(offsets: TopicOffsets, *told: KafkaException | dict[int, tuple[int, int]]) -> list[int]:
    """Let Kafka answer so, one after the other; the numbers of the answers that were taken."""
    taken: list[int] = []

    def answer(_topic: str) -> dict[int, tuple[int, int]]:
        number = len(taken)
        taken.append(number)
        one = told[number]
        if isinstance(one, KafkaException):
            raise one
        return one

    offsets._bounds_now = answer  # type: ignore[method-assign] # a moment no broker can be held in
    return taken


@pytest.mark.parametrize("code", [KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE])
def test_a_partition_without_a_leader_is_asked_again(code: int) -> None:
    with TopicOffsets("127.0.0.1:1") as offsets:
        taken = answers(offsets, KafkaException(KafkaError(code)), {0: (3, 8)})
        assert offsets.ends("isotherm.observation") == {0: 8}
        assert taken == [0, 1]


def test_a_topic_that_is_not_there_is_told_at_once() -> None:
    with TopicOffsets("127.0.0.1:1") as offsets:
        taken = answers(offsets, KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)))
        with pytest.raises(StoreError, match=r"does not tell the offsets of isotherm\.observation"):
            offsets.ends("isotherm.observation")
        assert taken == [0]
