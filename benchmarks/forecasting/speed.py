"""How long the numerical part of a batch training takes."""

import resource
import time
from collections.abc import Sequence

import numpy as np

from isotherm.forecast.hours import DAY, StationHours
from isotherm.forecast.neighbours import Signal
from isotherm.forecast.targets import NEAR_LEADS_H
from isotherm.forecast.training import train

_TRAINED_H = 3 * 365 * DAY


def print_speeds(series: Sequence[tuple[StationHours, Sequence[Signal]]]) -> None:
    """Measure a training of each of some series; an hour's update is `bench forecast_update`."""
    wall_s, cpu_s, rows = _train(series)
    print(
        "\n| numerical part | s | CPU s | goal s |\n|---|---|---|---|\n"
        f"| training a station on 3 years ({rows} origins), choice of neighbours included "
        f"| {wall_s:.2f} | {cpu_s:.2f} | |\n"
        f"| ... 100 stations on two cores, worked out | {wall_s * 50:.0f} | {cpu_s * 100:.0f} | 60 |",
        flush=True,
    )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"Most memory: {peak_mb:,.0f} MB.")


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
