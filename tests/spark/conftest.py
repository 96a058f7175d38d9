"""One Spark session for all tests of this folder: its start is most of their cost."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from isotherm.settings import REPOSITORY_ROOT, Settings
from isotherm.spark.session import batch_session

NOAA_FILES = Path(os.environ.get("ISOTHERM_TEST_ARCHIVE", REPOSITORY_ROOT.parent / "shared" / "noaa"))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(state_dir=tmp_path_factory.mktemp("state"), archive="simulated")


@pytest.fixture(scope="session")
def spark(settings: Settings) -> Iterator[SparkSession]:
    session = batch_session(settings, "isotherm-tests")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def noaa_files() -> Path:
    if not (NOAA_FILES / "expected" / "reference.py").is_file():
        pytest.skip(f"no real NOAA files in {NOAA_FILES}; set ISOTHERM_TEST_ARCHIVE")
    return NOAA_FILES
