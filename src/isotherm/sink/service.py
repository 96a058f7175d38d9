"""The sink: loops side by side, one writes summaries, one forecasts, one counts dead letters."""

import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from isotherm.messages import DEAD_LETTER_TOPIC, FORECAST_TOPIC, HOURLY_SUMMARY_TOPIC
from isotherm.sink.dead_letters import DeadLetters
from isotherm.sink.follower import BatchWriter, Follower, TopicPlan
from isotherm.sink.forecasts import ForecastWriter
from isotherm.sink.health import Health, SinkMetrics
from isotherm.sink.letters import LetterWriter
from isotherm.sink.patience import Patience
from isotherm.sink.summaries import SummaryWriter

SINK_GROUP: Final = "isotherm-sink"
# What comes four times is written once where all four are in one batch; `bench sink` has the numbers.
SUMMARIES_IN_A_BATCH: Final = 8000
# A megabyte each at most, so a batch stays small in memory.
_LETTERS_IN_A_BATCH: Final = 100
_FORECASTS_IN_A_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class SinkOptions:
    """What a sink reads and how.

    Attributes:
        group: of the summaries; letters and forecasts have their own, named after it.
        batch_size: summaries in one transaction, at most.
        linger_s: how long a batch may wait to fill up.
        instance: this sink's name in its groups, which no other one has; None = without a name.
    """

    bootstrap_servers: str
    topic: str = HOURLY_SUMMARY_TOPIC
    dead_letter_topic: str = DEAD_LETTER_TOPIC
    forecast_topic: str = FORECAST_TOPIC
    group: str = SINK_GROUP
    batch_size: int = SUMMARIES_IN_A_BATCH
    linger_s: float = 0.1
    instance: str | None = None

    @property
    def letter_group(self) -> str:
        """The group that counts letters."""
        return f"{self.group}-letters"

    @property
    def forecast_group(self) -> str:
        """The group that writes forecasts."""
        return f"{self.group}-forecasts"


class Sink:
    """One instance; several of one group share the partitions."""

    def __init__(self, engine: Engine, options: SinkOptions, metrics: SinkMetrics) -> None:
        """Prepare; `run` does the work."""
        self._engine = engine
        self._options = options
        self._metrics = metrics
        self._stop = threading.Event()
        self._summaries = Patience(self._stop, Health("summaries", metrics), metrics)
        self._letters = Patience(self._stop, Health("letters", metrics), metrics)
        self._forecasts = Patience(self._stop, Health("forecasts", metrics), metrics)

    @property
    def loops(self) -> tuple[Health, ...]:
        """How each loop is."""
        return self._summaries.health, self._letters.health, self._forecasts.health

    def stop(self) -> None:
        """Ask the loops to end after the batches in hand; for signal handlers."""
        self._stop.set()

    def run(self) -> None:
        """Work until stopped; when one loop fails the others end too.

        Raises:
            FencedError: another instance took over a partition.
            StoreError: a topic is not the one the offsets are of, or a store cannot be used at all.
        """
        loops = (self._summary_loop(), self._letter_loop(), self._forecast_loop())
        with ThreadPoolExecutor(len(loops), thread_name_prefix="sink") as pool:
            running = [pool.submit(one.run) for one in loops]
            wait(running, return_when=FIRST_COMPLETED)
            self._stop.set()
        for one in running:
            one.result()

    def _summary_loop(self) -> Follower:
        options = self._options
        writer = SummaryWriter(self._engine, self._poison(), self._summaries, self._metrics)
        return self._loop(
            options.topic, options.group, options.batch_size, writer=writer, patience=self._summaries
        )

    def _poison(self) -> DeadLetters:
        return DeadLetters(self._options.bootstrap_servers, self._options.dead_letter_topic)

    def _forecast_loop(self) -> Follower:
        writer = ForecastWriter(self._engine, self._poison(), self._forecasts, self._metrics)
        return self._loop(
            self._options.forecast_topic,
            self._options.forecast_group,
            _FORECASTS_IN_A_BATCH,
            writer=writer,
            patience=self._forecasts,
        )

    def _letter_loop(self) -> Follower:
        writer = LetterWriter(self._engine, self._letters, self._metrics)
        return self._loop(
            self._options.dead_letter_topic,
            self._options.letter_group,
            _LETTERS_IN_A_BATCH,
            writer=writer,
            patience=self._letters,
        )

    def _loop(
        self, topic: str, group: str, batch_size: int, *, writer: BatchWriter, patience: Patience
    ) -> Follower:
        options = self._options
        plan = TopicPlan(
            options.bootstrap_servers, topic, group, batch_size, options.linger_s, options.instance
        )
        return Follower(self._engine, plan, writer, patience)
