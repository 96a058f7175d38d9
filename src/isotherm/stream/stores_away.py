"""A stream that starts while a store is away: it waits, without end, and says so now and then.

Its program would else end and be started again until nobody starts it any more, for an outage of some
minutes that everybody else sits out.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Final, TypeVar

Result = TypeVar("Result")

_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 5.0
_SAID_EVERY_S: Final = 60.0
_SHOWN_CHARACTERS: Final = 300


def ask_until_answered(
    store: str, ask: Callable[[], Result], is_away: Callable[[Exception], bool]
) -> Result:
    """What a store says, once it says anything.

    Args:
        store: its name, for what is said meanwhile.
        ask: may be called again and again.
        is_away: whether an error means that it may come back; any other is raised.
    """
    wait_s, said_at = _FIRST_WAIT_S, -_SAID_EVERY_S
    while True:
        try:
            return ask()
        except Exception as error:
            if not is_away(error):
                raise
            if time.monotonic() - said_at >= _SAID_EVERY_S:
                said_at = time.monotonic()
                _say(store, error)
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def _say(store: str, error: Exception) -> None:
    line = {
        "event": f"{store}_away",
        "level": "warning",
        "reason": " ".join(str(error).split())[:_SHOWN_CHARACTERS],
        "consequence": "the stream waits for it, nothing is lost",
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
