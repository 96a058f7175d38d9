"""Speed layer: observations of one feed from Kafka to hourly summaries in Kafka, until stopped.

python streaming/summarise_stream.py --feed-id 0123456789abcdef --trigger-s 5
"""

import argparse
import sys

from isotherm.errors import IsothermError
from isotherm.settings import load_settings
from isotherm.stream.hour_stream import DEFAULT_WATERMARK_DAYS, StreamPlan
from isotherm.stream.summarise import run_stream


def main() -> int:
    """Run the stream; exit status 1 with one line of cause where it fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feed-id", required=True)
    parser.add_argument("--trigger-s", type=float, default=5.0)
    parser.add_argument("--watermark-days", type=int, default=DEFAULT_WATERMARK_DAYS)
    arguments = parser.parse_args()
    try:
        settings = load_settings()
        plan = StreamPlan(settings.kafka_bootstrap_servers, arguments.feed_id, arguments.watermark_days)
        return run_stream(settings, plan, arguments.trigger_s)
    except IsothermError as error:
        sys.stderr.write(f"FAILED {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
