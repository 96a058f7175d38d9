"""Rules of the dashboard's sources that need neither Node nor a browser."""

from isotherm.local.dashboard import SOURCES

MAX_LINES_OF_A_COMPONENT = 200


def test_the_lock_file_names_no_registry() -> None:
    lock = (SOURCES / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert '"resolved"' not in lock


def test_every_component_stays_small() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in (SOURCES / "src").rglob("*.vue")}
    assert lines
    assert {name: count for name, count in lines.items() if count > MAX_LINES_OF_A_COMPONENT} == {}
