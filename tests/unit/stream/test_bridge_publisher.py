"""The bridge's producer at its end: that is no record's fault."""

import pytest
from confluent_kafka import KafkaError

from isotherm.errors import RefusedError, StoreError
from isotherm.stream.bridge_publisher import Publisher, Record

LOST_COUNT = KafkaError(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, "lost count", fatal=True)


@pytest.mark.parametrize("failure", [LOST_COUNT, KafkaError(KafkaError._FATAL, "it is over")])
def test_a_record_that_failed_with_its_producer_is_sent_by_the_next_one(failure: KafkaError) -> None:
    publisher = Publisher("127.0.0.1:1")
    try:
        assert not isinstance(publisher._why_not(failure), RefusedError)
        assert publisher.fatal_error is not None
        # So is what Kafka refused after it.
        too_large = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
        assert not isinstance(publisher._why_not(too_large), RefusedError)
        with pytest.raises(StoreError, match="Start the bridge again"):
            publisher.publish([Record("isotherm.observation", "key", b"{}")])
    finally:
        publisher.close()


def test_a_record_that_kafka_does_not_take_is_refused() -> None:
    publisher = Publisher("127.0.0.1:1")
    try:
        refused = publisher._why_not(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
    finally:
        publisher.close()
    assert isinstance(refused, RefusedError)
    assert publisher.fatal_error is None
