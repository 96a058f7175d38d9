"""Pictures of a running product for the documentation: `python tests/browser/take_screenshots.py`.

Takes the address of the API (default: of the settings) and the folder to write to (default:
docs/images). Pictures: dashboard-history.png, -live, -map and -forecast, each also -dark and -phone.
"""

import argparse
import sys
from pathlib import Path

from chromium import find_chromium, open_chromium, watched_page
from playwright.sync_api import Browser

from isotherm.settings import REPOSITORY_ROOT, load_settings

LOOKS: dict[str, dict[str, object]] = {
    "": {"viewport": {"width": 1280, "height": 800}},
    "-dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "-phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}
DRAWN = {
    "history": "main canvas", "live": "[data-connection=open]", "map": "main tbody tr >> nth=0",
    "forecast": "main canvas",
}  # fmt: skip
SETTLE_MS = 1_500


def take(browser: Browser, address: str, tab: str, look: str, folder: Path) -> Path:
    """Write one picture; fails on a console error."""
    target = folder / f"dashboard-{tab}{look}.png"
    with watched_page(browser, **LOOKS[look]) as watched:
        watched.page.goto(address)
        watched.page.locator(DRAWN[tab]).wait_for()
        watched.page.wait_for_timeout(SETTLE_MS)
        watched.page.screenshot(path=target)
        if watched.problems:
            raise RuntimeError(f"{watched.page.url}: {watched.problems}")
    return target


def main() -> int:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--api-url", default="")
    parser.add_argument("--station", default="72530094846", help="station id, or all")
    parser.add_argument("--query", default="", help="more of the address: by=hour&zoom=...")
    parser.add_argument("--only", default="", help="a picture's name, as history or live-dark")
    parser.add_argument("--folder", type=Path, default=REPOSITORY_ROOT / "docs" / "images")
    options = parser.parse_args()
    executable = find_chromium()
    if executable is None:
        sys.stderr.write("No Chromium found: install one, or name it in ISOTHERM_TEST_CHROMIUM.\n")
        return 1
    api_url = options.api_url or load_settings().api_url
    options.folder.mkdir(parents=True, exist_ok=True)
    with open_chromium(executable) as browser:
        for tab in DRAWN:
            for look in LOOKS:
                if options.only in ("", f"{tab}{look}"):
                    query = f"station={options.station}&{options.query}"
                    target = take(browser, f"{api_url}/#/{tab}?{query}", tab, look, options.folder)
                    sys.stdout.write(f"{target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
