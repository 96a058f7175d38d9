"""How long does the API take to answer, and how much longer for a year of hours than for a day?

    python benchmarks/api_latency.py [requests]

Asks the running API of these settings for the station with the most hours, one request after the
other over one connection. Prints the median and the 95th percentile of each, and their ratio to the
shortest.
"""

import sys
import time

import httpx

from isotherm.settings import load_settings

GOAL_MS = {"a day of hours": 20, "a year of hours": 100}


def measure(client: httpx.Client, route: str, requests: int) -> tuple[float, float, int]:
    """Median and 95th percentile in milliseconds, and the answer's size in bytes."""
    times = []
    size = 0
    for _ in range(requests):
        began = time.perf_counter()
        answer = client.get(route).raise_for_status()
        times.append((time.perf_counter() - began) * 1000)
        size = len(answer.content)
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.95)], size


def main(requests: int) -> None:
    """One line per question."""
    with httpx.Client(base_url=f"{load_settings().api_url}/api/v1", timeout=60) as client:
        stations = client.get("/stations", params={"limit": 10_000}).raise_for_status().json()["data"]
        station = max(stations, key=lambda one: one["hour_count"])["station_id"]
        days = client.get(f"/stations/{station}/daily", params={"limit": 10_000}).json()["data"]
        day = max(days, key=lambda one: one["hour_count"])["day"]
        year = int(day[:4])
        own = f"/stations/{station}"
        questions = {
            "the years": f"{own}/yearly",
            "a station by its id": f"/stations?query={station}",
            "a day of hours": f"{own}/hourly?from={day}&limit=24",
            "a year of days": f"{own}/daily?from={year}&to={year + 1}",
            "a year of hours": f"{own}/hourly?from={year}&to={year + 1}&limit=10000",
            "a year of hours, CSV": f"{own}/hourly?from={year}&to={year + 1}&limit=10000&format=csv",
            "a year of hours, all stations": f"/global/hourly?from={year}&to={year + 1}&limit=10000",
        }
        shortest = 0.0
        for question, route in questions.items():
            median, high, size = measure(client, route, requests)
            shortest = shortest or median
            goal = f"goal {GOAL_MS[question]}" if question in GOAL_MS else ""
            print(
                f"{question:30} p50 {median:6.1f} ms  p95 {high:6.1f} ms  x{median / shortest:5.1f}"
                f"  {size:8} bytes  {goal}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
