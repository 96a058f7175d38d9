"""What a new hour costs the forecasts of a stream: update of the sums, new models, forecasts, messages.

    ./isotherm bench forecast_update [--stations 100] [--hours 30] [--neighbours 6]

All stations report in each batch, and each is forecast from each hour. The weather of 75 days is made
up; models have all columns. The median and the largest batch are shown: hours of whole days, as each
station's model is fitted anew in an hour of the day of its own. Neither Kafka nor the log is in it.
Last, the sums alone: rows of both parts are folded in once a day, so an hour's share is a 24th of that.
"""

import argparse
import time

import numpy as np

from isotherm.forecast.changed_hours import ELEMENTS, ChangedHours, on_grid
from isotherm.forecast.choice import Choice, known_by
from isotherm.forecast.hours import DAY, Filled, StationHours
from isotherm.forecast.model import StationModel, Variant
from isotherm.forecast.neighbours import signal_of
from isotherm.forecast.origins import own_origins, with_neighbours
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.stream_state import StreamState
from isotherm.forecast.streamed_station import StreamStart
from isotherm.forecast.targets import FAR_LEADS_H, NEAR_LEADS_H
from isotherm.forecast.trained_station import TrainedStation, Widths
from isotherm.forecast.training import Trained
from isotherm.stream.forecast_batches import ForecastBatches
from isotherm.stream.forecast_log import Batch

_FIRST_HOUR = 400_000 // DAY * DAY
_PAST_H = 75 * DAY
_MANY = 10_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./isotherm bench forecast_update")
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--hours", type=int, default=48, help="batches of an hour of each")
    parser.add_argument("--neighbours", type=int, default=6, help="each station listens to so many")
    options = parser.parse_args()
    names = [f"S{number:010d}" for number in range(options.stations)]
    grids = {name: _made_up(seed) for seed, name in enumerate(names)}
    state = StreamState([_start(grids, name, options.neighbours) for name in names])
    batches = ForecastBatches(state, "bench", dict.fromkeys(names, "global-hourly"), 1)
    random = np.random.default_rng(1)
    seconds: list[float] = []
    made = 0
    for number in range(options.hours):
        hour = _FIRST_HOUR + _PAST_H + number
        hours = {
            name: ChangedHours(np.array([hour]), random.normal(10, 3, size=(1, len(ELEMENTS))))
            for name in names
        }
        batch = Batch(number, {0: number}, number, False, (), hours)
        began = time.process_time()
        messages = batches.take(batch)
        for one in messages:
            one.encode()
        seconds.append(time.process_time() - began)
        made += len(messages)
    print(f"{options.stations} stations, {options.neighbours} neighbours, {made} forecasts")
    print("| batches of an hour of each | median CPU s | most CPU s | limit s |\n|---|---|---|---|")
    print(f"| {options.hours} | {np.median(seconds):.3f} | {max(seconds):.3f} | 0.3 |")
    sums_s = _fold_s(state, names) * _MANY / len(names) / DAY
    print(f"sums alone, an hour of {_MANY} stations: {sums_s:.2f} CPU s, limit 1")


def _fold_s(state: StreamState, names: list[str]) -> float:
    """Seconds that a day's rows of each station take to get into its sums."""
    spent = 0.0
    for station in map(state.station, names):
        for part in station.parts:
            end = station.grid.end_hour - part.leads_h[-1]
            known = station.known_since(end - 2 * DAY)
            rows = station.origins(known, station.grid, end - DAY, end, part.leads_h)
            before = part.sums
            began = time.process_time()
            before + StationSums.of(rows)
            spent += time.process_time() - began
    return spent


def _made_up(seed: int) -> StationHours:
    random = np.random.default_rng(seed)
    columns = np.cumsum(random.normal(size=(_PAST_H, len(ELEMENTS))), axis=0) * 0.3
    nowhere = StationHours.of_temperature(
        _FIRST_HOUR, columns[:, 0], latitude_deg=41.98, longitude_deg=-87.9
    )
    return on_grid(nowhere, _FIRST_HOUR, columns, Filled.of(columns[:, 0]))


def _start(grids: dict[str, StationHours], name: str, listens_to: int) -> StreamStart:
    others = tuple(one for one in grids if one != name)[:listens_to]
    past = grids[name]
    variant = Variant(uses_year=True, uses_rich=True, uses_neighbours=bool(others))
    signals = [signal_of(one, grids[one]) for one in others]
    parts = []
    for leads in (NEAR_LEADS_H, FAR_LEADS_H):
        columns, origins = with_neighbours(*own_origins(past, leads), signals)
        sums = StationSums.of(known_by(origins, leads, past.end_hour))
        model = StationModel.fit(sums, columns, variant, leads)
        parts.append(Trained(Choice(variant, others, {}), columns, sums, model))
    widths = Widths(np.full(48, 2.0), np.full(48, 3.0))
    trained = TrainedStation(name, past.end_hour, parts[0], parts[1], widths)
    return StreamStart(trained, past, "bench")


if __name__ == "__main__":
    main()
