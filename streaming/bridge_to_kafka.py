"""The bridge: observations from the socket into the raw topic, acknowledged once Kafka has them.

Runs until SIGTERM.
"""

import sys

from isotherm.stream.bridge_program import main

if __name__ == "__main__":
    sys.exit(main())
