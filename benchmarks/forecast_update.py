"""What a new hour costs the forecasts of a stream: update of the sums, new models, forecasts, messages.

    ./isotherm bench forecast_update [--stations 100] [--hours 48] [--neighbours 6] [--sums 10000]

All stations report in each batch, and each is forecast from each hour. The weather of 75 days is made
up; models have all columns. The median and the largest batch are shown: hours of whole days, as each
station's model is fitted anew in an hour of the day of its own. Neither Kafka nor the log is in it.
Last, the sums alone: rows of both parts are folded in once a day, so in an hour a 24th of the stations.
With `--sums COUNT` the sums of so many stations lie in memory, or of as many as there is room for.
"""

import argparse
import copy
import resource
import time
from pathlib import Path

import numpy as np

from isotherm.forecast.changed_hours import ELEMENTS, ChangedHours, on_grid
from isotherm.forecast.choice import Choice, known_by
from isotherm.forecast.hours import DAY, Filled, StationHours
from isotherm.forecast.model import StationModel, Variant
from isotherm.forecast.neighbours import signal_of
from isotherm.forecast.origins import Origins, own_origins, with_neighbours
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.stream_state import StreamState
from isotherm.forecast.streamed_part import StreamedPart
from isotherm.forecast.streamed_station import StreamedStation, StreamStart
from isotherm.forecast.targets import FAR_LEADS_H, NEAR_LEADS_H
from isotherm.forecast.trained_station import TrainedStation, Widths
from isotherm.forecast.training import Trained
from isotherm.stream.forecast_batches import ForecastBatches
from isotherm.stream.forecast_log import Batch

_FIRST_HOUR = 400_000 // DAY * DAY
_PAST_H = 75 * DAY
_MANY = 10_000
_MEMORY_SHARE = 0.8
_TRIED_HOURS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./isotherm bench forecast_update")
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--hours", type=int, default=48, help="batches of an hour of each")
    parser.add_argument("--neighbours", type=int, default=6, help="each station listens to so many")
    parser.add_argument("--sums", type=int, default=0, help="stations whose sums lie in memory")
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
    print(f"sums alone, an hour of {_MANY} stations, worked out: {sums_s:.2f} CPU s, limit 1")
    if options.sums:
        _print_many(state, names, options.sums)


def _print_many(state: StreamState, names: list[str], asked: int) -> None:
    """Hold the sums of many stations, and fold a day's rows into those whose hour it is."""
    begins = [[_day_rows(one, part) for part in one.parts] for one in map(state.station, names)]
    one_station = sum(_byte_count(sums) for sums, _ in begins[0])
    count = min(asked, int(_available_bytes() * _MEMORY_SHARE / one_station))
    sums = [[copy.deepcopy(part[0]) for part in begins[place % len(begins)]] for place in range(count)]
    seconds = []
    for hour in range(_TRIED_HOURS):
        began, began_cpu = time.perf_counter(), time.process_time()
        for place in range(hour, count, DAY):
            its = sums[place]
            for part, (_, rows) in enumerate(begins[place % len(begins)]):
                its[part] = its[part] + StationSums.of(rows)
        seconds.append((time.process_time() - began_cpu, time.perf_counter() - began))
    cpu_s, wall_s = np.median(seconds, axis=0)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"sums of {count} stations in memory ({one_station / 2**20:.2f} MB each, at most {peak_gb:.1f} "
        f"GB), an hour of them: {cpu_s:.2f} CPU s, {wall_s:.2f} s on the clock; {_MANY} at that rate: "
        f"{cpu_s * _MANY / count:.2f} CPU s, limit 1"
    )


def _byte_count(sums: StationSums) -> int:
    parts = (sums.by_part, sums.climate, sums.damping)
    return sum(one.nbytes for part in parts for one in (getattr(part, name) for name in part.__slots__))


def _available_bytes() -> int:
    said = Path("/proc/meminfo").read_text(encoding="ascii")
    return int(said.split("MemAvailable:")[1].split()[0]) * 1024


def _fold_s(state: StreamState, names: list[str]) -> float:
    """Seconds that a day's rows of each station take to get into its sums."""
    spent = 0.0
    for station in map(state.station, names):
        for part in station.parts:
            before, rows = _day_rows(station, part)
            began = time.process_time()
            before + StationSums.of(rows)
            spent += time.process_time() - began
    return spent


def _day_rows(station: StreamedStation, part: StreamedPart) -> tuple[StationSums, Origins]:
    """The sums, and the newest day's rows that enter them."""
    end = station.grid.end_hour - part.leads_h[-1]
    known = station.known_since(end - 2 * DAY)
    return part.sums, station.origins(known, station.grid, end - DAY, end, part.leads_h)


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
