"""What is sent to the workers of a cluster is all that they import, and nothing is made twice."""

import os
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

from isotherm.errors import SettingsError
from isotherm.settings import Settings
from isotherm.spark import shipping
from isotherm.spark.session import batch_submit_conf
from isotherm.spark.shipping import CODE_FOLDER, WORKER_PACKAGES, WORKER_PYTHON, package_files

CLUSTER = "spark://far:7077"
WORK = (
    "isotherm.spark.bucket_work",
    "isotherm.spark.training_work",
    "isotherm.stream.arrow_steps",
    "isotherm.stream.bridge_publisher",
    "isotherm.stream.hour_stream",
    "pyspark.worker",
)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a small package, so that a test does not wait for a third of a gigabyte."""
    monkeypatch.setattr(shipping, "WORKER_PACKAGES", ("six",))


def settings_of(tmp_path: Path, **changes: str) -> Settings:
    return Settings(
        state_dir=tmp_path, tools_dir=tmp_path, archive="simulated", spark_master=CLUSTER, **changes
    )


def test_a_bare_python_imports_all_work_from_what_is_sent(tmp_path: Path) -> None:
    code = shipping._code(tmp_path)
    packages = tmp_path / "packages"
    packages.mkdir()
    for name in WORKER_PACKAGES:
        for path, inside in package_files(name):
            link = packages / inside
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    spark = sorted((Path(pyspark.__file__).parent / "python" / "lib").glob("*.zip"))
    done = subprocess.run(
        [str(Path(sys.base_prefix) / "bin" / WORKER_PYTHON), "-S", "-c", f"import {','.join(WORK)}"],
        env={"PYTHONPATH": ":".join(map(str, (*spark, code, packages)))},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.usefixtures("few")
def test_code_and_packages_are_made_once_and_the_old_ones_go_after_a_month(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    first = batch_submit_conf(settings)
    archives = [one.partition("#")[0] for one in first["spark.archives"].split(",")]
    made = [Path(one).stat().st_ino for one in archives]
    old = Path(archives[0]).with_name("isotherm-0123456789abcdef.zip")
    old.write_bytes(b"")
    os.utime(old, (0, 0))

    assert batch_submit_conf(settings) == first
    assert not old.exists()
    assert [Path(one).stat().st_ino for one in archives] == made
    assert first["spark.executorEnv.PYTHONPATH"].split(":")[0] == CODE_FOLDER
    assert first["spark.pyspark.python"] == WORKER_PYTHON


def test_nothing_is_sent_to_workers_that_have_it(tmp_path: Path) -> None:
    conf = batch_submit_conf(settings_of(tmp_path, spark_python="/opt/isotherm/bin/python"))
    assert conf["spark.pyspark.python"] == "/opt/isotherm/bin/python"
    assert "spark.archives" not in conf
    assert not list(tmp_path.glob("spark-workers/*"))


@pytest.mark.usefixtures("few")
def test_a_tools_folder_that_cannot_be_written_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "spark-workers").write_text("a file")
    with pytest.raises(SettingsError, match="ISOTHERM_SPARK_PYTHON"):
        batch_submit_conf(settings_of(tmp_path))


def test_an_application_takes_its_share_of_a_cluster_and_checkpoints_lie_where_all_find_them(
    tmp_path: Path,
) -> None:
    settings = settings_of(
        tmp_path, spark_python="python3", spark_driver_host="10.0.0.7", hdfs_uri="hdfs://name:8020"
    )
    conf = batch_submit_conf(settings)
    assert conf["spark.cores.max"] == "2"
    assert conf["spark.driver.host"] == "10.0.0.7"
    assert settings.checkpoint_uri == "hdfs://name:8020/isotherm/checkpoints"
    assert "checkpoint_uri" not in settings.differing()
