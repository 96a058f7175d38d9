"""How long the numerical part takes: an hour's update of many stations, and a batch training."""

import resource
import time
from collections.abc import Sequence

import numpy as np

from isotherm.forecast.choice import NEIGHBOUR_COUNT
from isotherm.forecast.hours import DAY, StationHours
from isotherm.forecast.neighbours import Signal
from isotherm.forecast.origins import origins_of
from isotherm.forecast.stacked import StackedSums
from isotherm.forecast.targets import NEAR_LEADS_H
from isotherm.forecast.training import train

_UPDATES = 2 * DAY
_TRAINED_H = 3 * 365 * DAY


def print_speeds(stations: int, series: Sequence[tuple[StationHours, Sequence[Signal]]]) -> None:
    """Measure both and print a table; training only where there are series."""
    print("\n| numerical part | columns | s | CPU s | goal s |\n|---|---|---|---|---|")
    for with_neighbours in (False, True):
        columns = _column_count(NEIGHBOUR_COUNT if with_neighbours else 0)
        wall, cpu = _update(stations, columns)
        label = "own and six neighbours" if with_neighbours else "own"
        print(
            f"| one hour's row of {stations:,} stations, {label}: mean (slowest) | {columns} | "
            f"{np.mean(wall):.3f} ({max(wall):.3f}) | {np.mean(cpu):.3f} | 1 |",
            flush=True,
        )
    if series:
        wall_s, cpu_s, rows = _train(series)
        print(
            f"| training a station on 3 years ({rows} origins), choice of neighbours included | "
            f"| {wall_s:.2f} | {cpu_s:.2f} | |\n"
            f"| ... 100 stations on two cores, worked out | | {wall_s * 50:.0f} | "
            f"{cpu_s * 100:.0f} | 60 |",
            flush=True,
        )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"Most memory: {peak_mb:,.0f} MB.")


def _column_count(neighbours: int) -> int:
    """Of a station that listens to so many."""
    nothing = np.full(60 * DAY, np.nan)
    hours = StationHours.of_temperature(0, nothing)
    signals = [Signal(str(n), 0, np.full((60 * DAY, 5), np.nan)) for n in range(neighbours)]
    return len(origins_of(hours, NEAR_LEADS_H, signals)[0].names)


def _update(stations: int, columns: int) -> tuple[list[float], list[float]]:
    """Wall and CPU seconds of each hour of two days; the first day only fills the memory."""
    stacked = StackedSums(stations, columns, len(NEAR_LEADS_H))
    random = np.random.default_rng(1)
    rows = random.normal(size=(stations, columns))
    targets = random.normal(size=(stations, len(NEAR_LEADS_H)))
    everyone = np.arange(stations)
    wall, cpu = [], []
    for hour in range(_UPDATES):
        began, began_cpu = time.perf_counter(), time.process_time()
        stacked.add(everyone, rows, targets, np.full(stations, hour))
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - began_cpu)
    return wall[DAY:], cpu[DAY:]


def _train(series: Sequence[tuple[StationHours, Sequence[Signal]]]) -> tuple[float, float, int]:
    """Median wall and CPU seconds of a station, and of how many origins."""
    wall, cpu, rows = [], [], 0
    for hours, signals in series:
        begin = max(len(hours.temperature_c) - _TRAINED_H, 0)
        short = StationHours(
            hours.first_hour + begin,
            hours.temperature_c[begin:],
            hours.dew_point_c[begin:],
            hours.pressure_hpa[begin:],
            hours.wind_speed_ms[begin:],
            hours.wind_east_ms[begin:],
            hours.wind_north_ms[begin:],
            hours.latitude_deg,
            hours.longitude_deg,
        )
        began, began_cpu = time.perf_counter(), time.process_time()
        trained = train(short, signals, NEAR_LEADS_H, until_hour=short.end_hour)
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - began_cpu)
        rows = trained.sums.by_part.row_count
    return float(np.median(wall)), float(np.median(cpu)), rows
