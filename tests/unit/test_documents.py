"""The documents name what the code has: tables, columns, topics, settings, and no machine's paths."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from isotherm.datasets.simulated.traps import MILD, TRAP_NAMES
from isotherm.messages import TOPICS
from isotherm.observation import FIELDS
from isotherm.quality import RULE_NAMES, Reason
from isotherm.settings import REPOSITORY_ROOT, Settings
from isotherm.stores.tables import metadata

DOCS = REPOSITORY_ROOT / "docs"
DICTIONARY = (DOCS / "data_dictionary.md").read_text()
OPERATIONS = (DOCS / "operations.md").read_text()
PAGES = sorted([*DOCS.rglob("*.md"), *REPOSITORY_ROOT.glob("*.md")])
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")


def named_in(text: str) -> set[str]:
    """Everything a page sets in code type."""
    return set(re.findall(r"`([^`\n]+)`", text))


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_the_dictionary_names_every_table_and_column(table: str) -> None:
    # The reason counts are listed once, for all tables.
    wanted = {table, *(column.name for column in metadata.tables[table].columns)}
    assert wanted - named_in(DICTIONARY) == set()


def test_the_dictionary_names_every_field_rule_reason_and_topic() -> None:
    wanted = {field.name for field in FIELDS} | set(RULE_NAMES) | {topic.name for topic in TOPICS}
    wanted |= {f"{reason}_count" for reason in Reason}
    assert wanted - named_in(DICTIONARY) == set()


def test_the_api_s_page_names_every_route() -> None:
    described = json.loads((REPOSITORY_ROOT / "dashboard" / "openapi.json").read_text())["paths"]
    page = (DOCS / "api.md").read_text().split("## Routes")[1]
    named = {one for one in named_in(page) if one.startswith("/")} - {"/api/v1"}
    assert named == {path.removeprefix("/api/v1") for path in described}


def test_operations_explains_every_setting() -> None:
    settings = {f"ISOTHERM_{name.upper()}" for name in Settings.model_fields}
    assert settings - named_in(OPERATIONS) == set()


def test_the_simulated_archive_s_page_names_every_trap_and_whether_it_is_on() -> None:
    page = (DOCS / "simulated_archive.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (yes|no) \|", page, re.MULTILINE)
    assert rows == [(name, "yes" if getattr(MILD, name) else "no") for name in TRAP_NAMES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY_ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = [page.parent / target for target in LINK.findall(page.read_text())]
    assert [str(target) for target in targets if not target.exists()] == []


def test_no_committed_text_names_a_path_of_one_machine() -> None:
    found = subprocess.run(
        ["git", "grep", "-nIE", r"(^|[^A-Za-z0-9_.])/(root|home/[a-z]+)/"],
        cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert [line for line in found.splitlines() if "test_documents.py" not in line] == []


def test_each_decision_has_a_number_of_its_own_which_its_title_says() -> None:
    records = sorted((DOCS / "decisions").glob("*.md"))
    numbers = [record.name[:4] for record in records]
    assert numbers == [f"{number:04}" for number in range(1, len(records) + 1)]
    titles = [record.read_text().split(maxsplit=2)[:2] for record in records]
    assert titles == [["#", number] for number in numbers]
