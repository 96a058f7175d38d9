"""How Spark is started: paths with blanks, and what listens where."""

import shlex
from pathlib import Path

import pytest

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
    settings = Settings(state_dir=tmp_path, spark_master=master, archive="simulated")
    conf = batch_submit_conf(settings)
    assert conf["spark.master"] == master
    assert conf.get("spark.driver.host") == conf.get("spark.driver.bindAddress") == host


def test_each_worker_of_a_batch_job_has_one_thread_of_polars(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, archive="simulated")
    assert batch_submit_conf(settings)["spark.executorEnv.POLARS_MAX_THREADS"] == "1"
