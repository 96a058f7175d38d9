"""The reference of the selection rules, plain Python, loaded from where the real files are."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

HourRow = tuple[str, str, int, int, int, int]


def load_reference(archive: Path) -> ModuleType:
    """The module `expected/reference.py`, which runs a command line when it is loaded."""
    path = archive / "expected" / "reference.py"
    spec = importlib.util.spec_from_file_location("noaa_reference", path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    argv, sys.argv = sys.argv, [str(path), "none", "", ""]
    try:
        assert spec.loader is not None
        try:
            spec.loader.exec_module(module)
        except Exception as error:  # its main() refuses our command after everything is defined
            assert hasattr(module, "hours"), error  # noqa: PT017
    finally:
        sys.argv = argv
    return module


def reference_hours(reference: ModuleType, file: Path, rule: str) -> Iterator[HourRow]:
    """(station, hour, count, min, max, sum in tenths) of one station-year under one rule."""
    station_id = file.name.removesuffix(".csv.gz")
    for hour, values in reference.hours(str(file), rule).items():
        yield station_id, hour, len(values), min(values), max(values), sum(values)
