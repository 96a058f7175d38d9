"""What our processes import: pyarrow takes pandas in, a CPU second, when it is handed a Python list."""

import subprocess
import sys

import pytest

# What Spark's workers, feeder, bridge, sink and API are made of; each is started often.
MODULES = (
    "isotherm.api.app",
    "isotherm.datasets.registry",
    "isotherm.spark.bucket_work",
    "isotherm.stream.arrow_steps",
    "isotherm.stream.bridge_program",
    "isotherm.stream.feeder_program",
    "isotherm.sink.program",
)
# The record cut off in a quoted cell is read by Python's reader, the file as it was by Arrow's.
READ = """
from datetime import UTC, datetime, date
from isotherm.datasets.registry import dataset_named
from isotherm.datasets.simulated.station_years import simulate_station_year
from isotherm.datasets.simulated.stations import station_ids
from isotherm.summarise import READING_COLUMNS, summarise
import sys

dataset = dataset_named("global-hourly")
content = simulate_station_year(station_ids()[0], 2023, today=date(2024, 7, 10))
for text in (content, content + b'"cut'):
    read = dataset.read(text, published_at=datetime(2024, 7, 10, tzinfo=UTC), source_file="x")
    assert summarise(read.observations.select(READING_COLUMNS), dataset.quality).height
print("pandas" in sys.modules)
"""


def said_by(program: str) -> str:
    """What a fresh Python prints."""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize("module", MODULES)
def test_no_process_of_ours_imports_pandas(module: str) -> None:
    assert said_by(f"import sys, {module}; print('pandas' in sys.modules)") == "False"


def test_a_file_is_read_and_summarised_without_pandas() -> None:
    assert said_by(READ) == "False"
