"""Speed layer: forecasts of the stations of one feed, as its summaries change, until stopped.

python streaming/forecast_stream.py --feed-id 0123456789abcdef
"""

import os
import sys

# One thread is enough, and the machine has others to serve; read when the libraries are loaded.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(name, "1")

from isotherm.stream.forecast_program import main  # noqa: E402 - after what the libraries read

if __name__ == "__main__":
    sys.exit(main())
