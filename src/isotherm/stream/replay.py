"""What a replay is asked to feed, how fast, and the command lines of its programs."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from isotherm import lane as lanes
from isotherm.errors import SettingsError
from isotherm.lane import PRODUCTION, Lane
from isotherm.station_choice import StationChoice, said_of_stations
from isotherm.stream.disorder import Disorder
from isotherm.utc import read_day

NEWEST: Final = "newest"
DAYS: Final = "days"
FOLLOW: Final = "follow"
FORECASTER: Final = "forecaster"
# An hour of a hundred stations costs its forecasts 0.2 CPU seconds (`bench forecast_update`): at this
# pace it has three seconds. A feed without a pace brings an hour in a fraction of one.
_MOST_SPEED_FOR_EVERY_HOUR: Final = 1200
_FAST_HINDCASTS_EVERY_H: Final = 6


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay.

    Attributes:
        first_day: first UTC day; None with last_day = the newest day of each station-year.
        last_day: last UTC day, included.
        stations: what the form says of them, field by field as typed (`station_choice.FORM_FIELDS`).
        batch_interval_s: wall seconds between two batches of the feeder.
        speed: data seconds per wall second; 0 = as fast as batches are acknowledged.
        trigger_s: seconds between two micro-batches of the Spark stream.
        label: makes another replay of the same observations; empty = the one and only.
        dataset: whose observations; empty = all of the newest days, those that serve of named ones.
        disorder: what is put in on purpose, for tests; no field of the form shows it.
        follows: begins with the newest day and then feeds what the archive publishes, without end.
        forecasts: whether its stations are forecast as their hours come; in no lane but production.
    """

    first_day: date | None
    last_day: date | None
    stations: Mapping[str, Any]
    batch_interval_s: float
    speed: float
    trigger_s: float
    label: str = ""
    dataset: str = ""
    disorder: Disorder | None = None
    follows: bool = False
    forecasts: bool = False

    @classmethod
    def from_form(cls, form: Mapping[str, Any]) -> "Replay":
        """Read the form of `stream_observations`.

        Raises:
            SettingsError: days are missing or the wrong way round; stations or disorder cannot be read.
        """
        stations = said_of_stations(form)
        StationChoice.of_form(stations)
        first = last = None
        if form["period"] == DAYS:
            if not form["first_day"]:
                raise SettingsError(
                    "period is 'days' but first_day is empty. Trigger again with a first day, or "
                    "choose 'newest'."
                )
            first = read_day(form["first_day"])
            last = read_day(form["last_day"] or form["first_day"])
            if first > last:
                raise SettingsError(f"first_day {first} is after last_day {last}. Swap them.")
        return cls(
            first,
            last,
            stations,
            float(form["batch_interval_s"]),
            float(form["speed"]),
            float(form["trigger_s"]),
            str(form["label"] or ""),
            str(form.get("dataset") or ""),
            Disorder.of(form.get("disorder")),
            follows=form["period"] == FOLLOW,
            forecasts=bool(form.get("forecast", True)),
        )

    @property
    def choice(self) -> StationChoice:
        """The stations it plays."""
        return StationChoice.of_form(self.stations)

    @property
    def hindcast_every_h(self) -> int:
        """From each UTC hour that this divides it is forecast, where no setting says otherwise."""
        is_paced = 0 < self.speed <= _MOST_SPEED_FOR_EVERY_HOUR
        return 1 if is_paced else _FAST_HINDCASTS_EVERY_H

    def describe(self) -> str:
        """The replay in words."""
        if self.follows:
            days = "what the archive publishes, from its newest day on"
        elif self.first_day is None:
            days = "the newest day of each station-year"
        elif self.first_day == self.last_day:
            days = str(self.first_day)
        else:
            days = f"{self.first_day} to {self.last_day}"
        pace = f"{self.speed:g} data seconds a second" if self.speed else "as fast as acknowledged"
        return f"{days}, {self.choice.describe()}, {pace}"

    def again_command(self, label: str) -> str:
        """The command that plays the same once more, from its start, as a feed of its own."""
        form: dict[str, object] = {"period": FOLLOW if self.follows else NEWEST}
        if self.first_day is not None:
            form = {"period": DAYS, "first_day": str(self.first_day), "last_day": str(self.last_day)}
        form |= {"dataset": self.dataset or None, **self.stations, "label": label}
        if not self.forecasts:
            form["forecast"] = False
        if self.disorder is not None:
            form["disorder"] = asdict(self.disorder)
        conf = shlex.quote(json.dumps(form))
        return f"./isotherm airflow dags trigger stream_observations --conf {conf}"

    def feeder_arguments(self, feed_id: str) -> list[str]:
        """Command line of `streaming/feed_observations.py`."""
        if self.first_day is None:
            days = ["--days", FOLLOW if self.follows else NEWEST]
        else:
            days = ["--first-day", str(self.first_day), "--last-day", str(self.last_day)]
        return [
            "--feed-id", feed_id, *days,
            *(["--dataset", self.dataset] if self.dataset else []),
            *(["--disorder", json.dumps(asdict(self.disorder))] if self.disorder else []),
            "--stations", json.dumps(self.stations),
            "--batch-interval-s", f"{self.batch_interval_s:g}",
            "--speed", f"{self.speed:g}",
        ]  # fmt: skip

    def commands(self, feed_id: str, lane: Lane = PRODUCTION) -> dict[str, tuple[str, list[str]]]:
        """Program and arguments of each child, in the order they start.

        Production's sink is a service; that of another lane ends with the replay.
        """
        arguments = {
            "bridge": ("bridge_to_kafka.py", ["--feed-id", feed_id]),
            "stream": (
                "summarise_stream.py",
                ["--feed-id", feed_id, "--trigger-s", f"{self.trigger_s:g}"],
            ),
            "feeder": ("feed_observations.py", self.feeder_arguments(feed_id)),
        }
        if self.forecasts and lane == PRODUCTION:
            arguments[FORECASTER] = (
                "forecast_stream.py",
                [
                    *("--feed-id", feed_id),
                    *("--poll-s", f"{min(max(self.trigger_s, 0.2), 5):g}"),
                    *("--every-h", str(self.hindcast_every_h)),
                    *(["--follows"] if self.follows else []),
                ],
            )
        if lane != PRODUCTION:
            arguments["sink"] = ("summaries_to_mysql.py", ["--port", "0"])
        return {
            name: (program, [*given, *lanes.arguments(lane)])
            for name, (program, given) in arguments.items()
        }
