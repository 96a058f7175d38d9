"""How Spark is started: paths with blanks, and what listens where."""

import shlex
from pathlib import Path

import pytest

from isotherm.local import spark_archive
from isotherm.local.tools import Tools
from isotherm.settings import Settings
from isotherm.spark import session
from isotherm.spark.session import batch_submit_conf


def test_paths_with_blanks_reach_java_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "my clone" / "tools"
    tools.mkdir(parents=True)
    (tools / "spark.jsa").touch()
    monkeypatch.setattr(session, "files", lambda _package: tmp_path / "my clone")
    settings = Settings(state_dir=tmp_path / "my state", tools_dir=tools, archive="simulated")
    options = shlex.split(batch_submit_conf(settings)["spark.driver.extraJavaOptions"])
    assert f"-XX:SharedArchiveFile={tools}/spark.jsa" in options
    (log_settings,) = [one for one in options if one.startswith("-Dlog4j2")]
    assert log_settings.endswith("my%20clone/log4j2.properties"), "log4j reads an address"
    assert all(one.startswith("-") for one in options)


@pytest.mark.parametrize(
    ("master", "host"),
    [("local[2]", "127.0.0.1"), ("local-cluster[2,1,1024]", "127.0.0.1"), ("spark://far:7077", None)],
)
def test_on_one_machine_the_driver_listens_on_loopback_and_for_a_cluster_it_can_be_reached(
    tmp_path: Path, master: str, host: str | None
) -> None:
    settings = Settings(
        state_dir=tmp_path, spark_master=master, spark_python="python3", archive="simulated"
    )
    conf = batch_submit_conf(settings)
    assert conf["spark.master"] == master
    assert conf.get("spark.driver.host") == conf.get("spark.driver.bindAddress") == host


def test_each_worker_of_a_batch_job_has_one_thread_of_polars(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, archive="simulated")
    assert batch_submit_conf(settings)["spark.executorEnv.POLARS_MAX_THREADS"] == "1"


def test_a_job_s_class_path_begins_as_in_the_training_of_the_archive(tmp_path: Path) -> None:
    tools = Tools(tmp_path / "my tools")
    tools.jars("spark").mkdir(parents=True)
    for name in ("b.jar", "a.jar"):
        (tools.jars("spark") / name).touch()
    conf = batch_submit_conf(Settings(state_dir=tmp_path, tools_dir=tools.root, archive="simulated"))
    command = spark_archive.submit_command(tools, tmp_path / "new.jsa")
    trained = command[command.index("--driver-class-path") + 1]
    assert conf["spark.driver.extraClassPath"] == trained
    assert trained.split(":") == [str(tools.jars("spark") / name) for name in ("a.jar", "b.jar")]
