"""How soon does a page stand, how much of it moves, and how much is loaded for it?

    python benchmarks/page_paint.py [visits]

Opens each page of the running product's dashboard in a fresh Chromium context per visit (nothing
cached), on a phone, a tablet and a laptop. Prints medians of the first and largest contentful paint, of
the moment what it is about is there, and of the layout shift; the least of the largest paints, which is
what a machine with other work on it allows; and what one first visit loads, as it is sent. `{station}`
in an address is the station with the most hours.
"""

import statistics
import sys
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

from isotherm.settings import REPOSITORY_ROOT, load_settings

sys.path.insert(0, str(REPOSITORY_ROOT / "tests"))

from browser.chromium import find_chromium, open_chromium, watched_page

SIZES = {"phone": (390, 844), "tablet": (768, 1024), "laptop": (1366, 768)}
PAGES = {
    "history": "main canvas",
    "history/compare?stations={station}": "main canvas, main .state.empty",
    "history/records?station={station}": "main tbody tr",
    "history/stripes?station={station}": "main canvas, main .state.empty",
    "history/groups": "main canvas, main .state.empty",
    "live": "main h1",
    "map": "main tbody tr, main .state.empty",
    "forecast?station={station}": "main canvas, main .state.empty",
    "pipeline": "main .parts",
    "dead-letters": "main tbody tr, main .state.empty",
    "data?stations={station}": "[data-station]",
}
GOAL_MS, GOAL_SHIFT = 600, 0.05
SETTLE_MS = 1_000
OBSERVE = """
    window.paint = { shift: 0, largest: 0 };
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (!entry.hadRecentInput) window.paint.shift += entry.value;
        }
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
        window.paint.largest = list.getEntries().at(-1).startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
"""
READ = """() => ({
    ...window.paint,
    first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
    bytes: performance.getEntries().reduce((sum, { transferSize }) => sum + (transferSize ?? 0), 0),
})"""


def visit(page: Page, address: str, sign: str) -> dict[str, Any]:
    """The paints of one visit, in milliseconds since its navigation."""
    page.add_init_script(OBSERVE)
    page.goto(address)
    page.locator(sign).first.wait_for()
    drawn = page.evaluate("performance.now()")
    page.wait_for_timeout(SETTLE_MS)
    return {**page.evaluate(READ), "drawn": drawn}


def measure(browser: Browser, size: str, address: str, sign: str, visits: int) -> dict[str, float]:
    """Medians of some visits, and the least of their largest paints."""
    width, height = SIZES[size]
    seen = []
    for _ in range(visits):
        with watched_page(browser, viewport={"width": width, "height": height}) as watched:
            seen.append(visit(watched.page, address, sign))
    medians = {name: statistics.median(one[name] for one in seen) for name in seen[0]}
    return {**medians, "least": min(one["largest"] for one in seen)}


def fullest_station(api_url: str) -> str:
    """The id of the station with the most hours."""
    answer = httpx.get(f"{api_url}/api/v1/stations", params={"limit": 1000}, timeout=30)
    stations = answer.raise_for_status().json()["data"]
    return str(max(stations, key=lambda one: one["hour_count"])["station_id"])


def main(visits: int) -> None:
    """One line per page and size."""
    executable = find_chromium()
    if executable is None:
        raise SystemExit("No Chromium found: install one, or name it in ISOTHERM_TEST_CHROMIUM.")
    api_url = load_settings().api_url
    station = fullest_station(api_url)
    print("| page | size | first paint ms | largest paint ms | least ms | drawn ms | shift | KiB |")
    print("|---|---|---|---|---|---|---|---|")
    with open_chromium(executable) as browser:
        for page, sign in PAGES.items():
            address = f"{api_url}/#/{page.format(station=station)}"
            for size in SIZES:
                one = measure(browser, size, address, sign, visits)
                names = ("first", "largest", "least", "drawn")
                times = " | ".join(f"{one[name]:.0f}" for name in names)
                name = page.split("?")[0]
                print(f"| {name} | {size} | {times} | {one['shift']:.3f} | {one['bytes'] / 1024:.0f} |")
    print(f"\nGoals: largest paint at most {GOAL_MS} ms, layout shift below {GOAL_SHIFT}.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
