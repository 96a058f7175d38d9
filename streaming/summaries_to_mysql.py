"""The sink service: hourly summaries from Kafka into MySQL, rows and offsets in one transaction.

A second loop counts the letters of the dead-letter topic. Runs until SIGTERM. Health and metrics are on
the sink's port (`/healthz`, `/metrics`). A second instance (`--port 0`) shares the work.
"""

import os

# A batch is small: threads would only hand it to each other. Read when Polars is imported.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

from isotherm.process_end import end_process
from isotherm.sink.program import main

if __name__ == "__main__":
    end_process(main())
