"""The bridge: observations from the socket into the raw topic, acknowledged once Kafka has them.

Runs until SIGTERM.
"""

from isotherm.process_end import end_process
from isotherm.stream.bridge_program import main

if __name__ == "__main__":
    end_process(main())
