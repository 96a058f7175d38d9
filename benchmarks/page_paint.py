"""How soon does a page stand, how much of it moves, and how much is loaded for it?

    python benchmarks/page_paint.py [visits]

Opens the dashboard of the running product in a fresh Chromium context per visit (nothing cached), on
a phone, a tablet and a laptop. Prints medians of the first and largest contentful paint, of the moment
the chart is there, and of the layout shift; and what one first visit loads, as it is sent.
"""

import statistics
import sys
from typing import Any

from playwright.sync_api import Browser, Page

from isotherm.settings import REPOSITORY_ROOT, load_settings

sys.path.insert(0, str(REPOSITORY_ROOT / "tests"))

from browser.chromium import find_chromium, open_chromium, watched_page

SIZES = {"phone": (390, 844), "tablet": (768, 1024), "laptop": (1366, 768)}
PAGES = {"history": "main canvas", "live": "main h1"}
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


def measure(browser: Browser, size: str, tab: str, visits: int) -> dict[str, float]:
    """Medians of some visits."""
    width, height = SIZES[size]
    seen = []
    for _ in range(visits):
        with watched_page(browser, viewport={"width": width, "height": height}) as watched:
            seen.append(visit(watched.page, f"{load_settings().api_url}/#/{tab}", PAGES[tab]))
    return {name: statistics.median(one[name] for one in seen) for name in seen[0]}


def main(visits: int) -> None:
    """One line per page and size."""
    executable = find_chromium()
    if executable is None:
        raise SystemExit("No Chromium found: install one, or name it in ISOTHERM_TEST_CHROMIUM.")
    print("| page | size | first paint ms | largest paint ms | drawn ms | layout shift | KiB |")
    print("|---|---|---|---|---|---|---|")
    with open_chromium(executable) as browser:
        for tab in PAGES:
            for size in SIZES:
                one = measure(browser, size, tab, visits)
                times = " | ".join(f"{one[name]:.0f}" for name in ("first", "largest", "drawn"))
                print(f"| {tab} | {size} | {times} | {one['shift']:.3f} | {one['bytes'] / 1024:.0f} |")
    print(f"\nGoals: largest paint at most {GOAL_MS} ms, layout shift below {GOAL_SHIFT}.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
