"""Hands a task's values to Airflow beside the work: an api-server that is away holds nothing up.

Each value goes on being offered until it has arrived or a newer one has taken its place.
"""

import threading
from collections.abc import Callable
from typing import Any, Final

from isotherm.stream.programs import Log

TRY_AGAIN_S: Final = 15.0


class Publisher:
    """A thread that pushes the newest value of each key."""

    def __init__(
        self, push: Callable[[str, Any], object], log: Log, try_again_s: float = TRY_AGAIN_S
    ) -> None:
        """Start it.

        Args:
            push: takes key and value; whatever it raises is taken for an outage.
            log: told when values do not arrive, and when they do again.
            try_again_s: between two attempts.
        """
        self._push = push
        self._log = log
        self._try_again_s = try_again_s
        self._waiting: dict[str, Any] = {}
        self._changed = threading.Condition()
        self._is_closed = False
        self._is_away = False
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def put(self, key: str, value: Any) -> None:  # noqa: ANN401 - whatever XCom takes
        """Have a value pushed, in place of an older one that has not arrived."""
        with self._changed:
            self._waiting[key] = value
            self._changed.notify()

    def close(self, within_s: float) -> None:
        """Push what is left, once, and wait for it so long."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(within_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                taken, self._waiting = self._waiting, {}
                is_last = self._is_closed
            left = {key: value for key, value in taken.items() if not self._arrives(key, value)}
            if is_last:
                return
            with self._changed:
                self._waiting = left | self._waiting
                if left:
                    self._changed.wait_for(lambda: self._is_closed, self._try_again_s)

    def _arrives(self, key: str, value: Any) -> bool:  # noqa: ANN401 - as of put
        try:
            self._push(key, value)
        except Exception as error:  # whatever it is, the replay goes on
            if not self._is_away:
                self._log.warning(
                    "Airflow's api-server does not take the progress: the replay goes on (%s).", error
                )
            self._is_away = True
            return False
        if self._is_away:
            self._log.info("Airflow's api-server takes the progress again.")
        self._is_away = False
        return True
