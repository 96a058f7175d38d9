"""What Airflow's task does for a replay, as a process of its own: one more thing that may be killed.

Its argument is a JSON object: `first_day`, `last_day`, `batch_interval_s`, `speed`, `trigger_s`.
"""

import json
import signal
import sys
from datetime import date

from isotherm.settings import load_settings
from isotherm.stream import programs
from isotherm.stream.programs import ReplayFailedError
from isotherm.stream.replay import Replay
from isotherm.stream.supervisor import ReplaySupervisor

# Kills come every few seconds here and not every few weeks: a program that ran so long was well.
programs.HEALTHY_AFTER_S = 3.0  # type: ignore[misc]


class PrintedLog:
    """A task's log on standard output."""

    def info(self, message: str, /, *args: object) -> None:
        """Write a line."""
        sys.stdout.write(f"{message % args if args else message}\n")
        sys.stdout.flush()

    warning = info


def main() -> int:
    """Follow the replay to its end."""
    form = json.loads(sys.argv[1])
    days = {name: date.fromisoformat(form.pop(name)) for name in ("first_day", "last_day")}
    log = PrintedLog()
    supervisor = ReplaySupervisor(
        load_settings(),
        Replay(**days, stations={}, **form),
        "faults",
        log,
        on_feed=lambda feed_id: log.info("FEED %s", feed_id),
        on_progress=lambda _progress: None,
    )
    signal.signal(signal.SIGTERM, lambda *_: supervisor.stop())
    try:
        supervisor.run()
    except ReplayFailedError as error:
        log.warning("FAILED %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
