"""Speed layer: observations of one feed from Kafka to hourly summaries in Kafka, until stopped.

python streaming/summarise_stream.py --feed-id 0123456789abcdef --trigger-s 5
"""

import sys

from isotherm.stream.stream_program import main

if __name__ == "__main__":
    sys.exit(main())
