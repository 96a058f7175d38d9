"""axe-core on a page: in each width and scheme, asked only what can differ there."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from playwright.sync_api import Page

# Height by width.
WIDTHS: Final[Mapping[int, int]] = MappingProxyType({390: 844, 768: 1024, 1366: 768})
# A tablet has the layout of a phone or of a desk: looked at in the long run.
TABLET: Final = 768
# What these rules look at differs by scheme; what all others look at only by width.
COLOUR_RULES: Final = ("color-contrast", "link-in-text-block")
SCHEMES: Final[Mapping[str, tuple[str, ...] | None]] = MappingProxyType(
    {"light": None, "dark": COLOUR_RULES}
)
# Marks the rows of tables that differ from another one in nothing but their texts.
MARK_ALIKE: Final = r"""() => {
    const seen = new Set();
    for (const row of document.querySelectorAll("tbody tr")) {
        const parity = row.sectionRowIndex % 2;
        const look = parity + row.outerHTML.replace(/>[^<]+</g, ">text<").replace(
            / (title|href|id|datetime|data-(?!v-)[a-z-]+|aria-label)="[^"]*"/g, "");
        row.toggleAttribute("data-alike", seen.has(look));
        seen.add(look);
    }
}"""


@dataclass(frozen=True)
class Axe:
    """The checker.

    Attributes:
        script: axe-core's source.
        widths: those it looks at, of `WIDTHS`.
    """

    script: str
    widths: tuple[int, ...]

    def findings(self, page: Page, *, rules: tuple[str, ...] | None = None) -> list[str]:
        """Everything it finds; the script is run from outside, so the page's own policy holds.

        Args:
            page: what is looked at.
            rules: these alone, and of rows that look alike only the first; None = all, on everything.
        """
        if not page.evaluate("'axe' in window"):
            page.evaluate(self.script)
        what, options = "document", {"resultTypes": ["violations"]}
        if rules is not None:
            page.evaluate(MARK_ALIKE)
            what, options = "{ exclude: [['[data-alike]']] }", {**options, "runOnly": list(rules)}
        result: dict[str, Any] = page.evaluate(f"options => axe.run({what}, options)", options)
        return [
            f"{one['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
            for one in result["violations"]
            for node in one["nodes"]
        ]

    def in_every_look(self, page: Page) -> dict[str, list[str]]:
        """The findings by width and scheme."""
        found = {}
        for width in self.widths:
            page.set_viewport_size({"width": width, "height": WIDTHS[width]})
            for scheme, rules in SCHEMES.items():
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.wait_for_timeout(60)
                if problems := self.findings(page, rules=rules):
                    found[f"{width} {scheme}"] = problems
        return found
