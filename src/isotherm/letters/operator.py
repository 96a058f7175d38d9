"""Airflow's side of the letters: counts replayed ones, waits for one's turn to tell of new ones."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from airflow.sdk import BaseOperator, BaseSensorOperator, Context

from isotherm.letters.alarm import FOLD_S

_LOOK_EVERY_S: Final = 15
_ASSET_RUN: Final = "asset_triggered"


class CountLettersOperator(BaseOperator):
    """Runs the stream of one feed to the end of the raw topic, and settles its ledger anew.

    Marked failed, cleared, or stopped with the scheduler, it stops its program within 4 s.
    """

    template_fields = ("feed_id",)

    def __init__(self, *, feed_id: str, **more: Any) -> None:  # noqa: ANN401 - Airflow's own
        super().__init__(**more)
        self.feed_id = feed_id
        self._stream: Any = None

    def execute(self, context: Context) -> dict[str, int]:
        """Follow the stream to the topic's end; returns how many letters came to what."""
        from isotherm.letters.feed_stream import FeedStream, settle_ledger
        from isotherm.settings import load_settings

        settings = load_settings()
        self._stream = FeedStream(settings, self.feed_id, self.log)
        counts: dict[str, int] = self._stream.run()
        self.log.info("What came of the letters: %s", counts or "nothing new")
        settle_ledger(settings, self.feed_id, f"{context['dag_run'].dag_id} {context['run_id']}")
        return counts

    def on_kill(self) -> None:
        """Called by Airflow inside a signal handler, 5 s before it kills: no logging here."""
        if self._stream is not None:
            self._stream.stop()


class TurnSensor(BaseSensorOperator):
    """Waits until all letters of its event are in MySQL, and the last notice is long enough ago.

    Where the sink is away for an hour it fails, and people are told of that. It takes no slot between
    its looks.
    """

    def __init__(self, **more: Any) -> None:  # noqa: ANN401 - Airflow's own
        super().__init__(
            **{"mode": "reschedule", "poke_interval": _LOOK_EVERY_S, "timeout": 3600, **more}
        )

    def poke(self, context: Context) -> bool:
        """Whether it is its turn."""
        from isotherm.letters import telling

        run = context["dag_run"]
        begun = run.start_date or datetime.now(UTC)
        is_in = datetime.now(UTC) - begun > timedelta(seconds=FOLD_S)
        if run.run_type == _ASSET_RUN and not (is_in and telling.are_written()):
            return False
        return telling.may_tell()
