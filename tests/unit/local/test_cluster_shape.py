"""`up --cluster`: several servers of a kind, each with its ports and folders, in one state folder."""

from pathlib import Path

import pytest

from isotherm.errors import SettingsError
from isotherm.local.environment import base_environment
from isotherm.local.folders import claim_state_dir, record_settings
from isotherm.local.server import stop_waves
from isotherm.local.servers import all_servers
from isotherm.local.servers.hdfs import datanode_site, hdfs_site
from isotherm.local.servers.kafka import server_properties
from isotherm.settings import Settings, folder_record


def shaped(state_dir: Path, *, cluster: bool) -> Settings:
    return Settings(state_dir=state_dir, archive="simulated", cluster=cluster)


def test_a_cluster_has_several_servers_of_a_kind_and_no_port_twice(tmp_path: Path) -> None:
    single = all_servers(shaped(tmp_path, cluster=False))
    servers = all_servers(shaped(tmp_path, cluster=True))
    names = [one.name for one in servers]
    assert set(names) - {one.name for one in single} == {
        "kafka-2", "kafka-3", "hdfs-datanode-2", "hdfs-datanode-3", "spark-master", "spark-worker",
        "spark-worker-2", "sink-2",
    }  # fmt: skip
    ports = [port for one in servers for port in one.ports]
    assert len(set(ports)) == len(ports)
    # Another state folder has its ports a hundred further.
    assert max(ports) - min(ports) < 100
    assert set(single_ports := [port for one in single for port in one.ports]) <= set(ports)
    assert single_ports


def test_whoever_uses_a_server_stops_before_it(tmp_path: Path) -> None:
    waves = stop_waves(all_servers(shaped(tmp_path, cluster=True)))
    at = {one.name: number for number, wave in enumerate(waves) for one in wave}
    assert at["airflow-scheduler"] < at["spark-worker"] < at["spark-master"]
    assert max(at["hdfs-datanode-2"], at["hdfs-datanode-3"]) < at["hdfs-namenode"]
    assert max(at["sink"], at["sink-2"]) < at["kafka"]


def test_kafka_keeps_three_copies_of_which_two_must_be_in_step(tmp_path: Path) -> None:
    settings = shaped(tmp_path, cluster=True)
    files = [server_properties(settings, tmp_path / str(one), one) for one in (1, 2, 3)]
    read = [dict(line.split("=", 1) for line in one.splitlines()) for one in files]
    assert {one["node.id"] for one in read} == {"1", "2", "3"}
    assert len({one["controller.quorum.voters"] for one in read}) == 1
    assert read[0]["controller.quorum.voters"].count("@") == 3
    for name in ("default", "offsets.topic", "transaction.state.log"):
        assert {one[f"{name}.replication.factor"] for one in read} == {"3"}
    assert {one["min.insync.replicas"] for one in read} == {"2"}
    assert settings.kafka_bootstrap_servers.count(",") == 2
    alone = server_properties(shaped(tmp_path, cluster=False), tmp_path)
    assert {"default.replication.factor=1", "min.insync.replicas=1"} <= set(alone.splitlines())


def test_hdfs_keeps_two_copies_on_three_folders(tmp_path: Path) -> None:
    settings = shaped(tmp_path, cluster=True)
    assert hdfs_site(settings)["dfs.replication"] == "2"
    assert hdfs_site(shaped(tmp_path, cluster=False))["dfs.replication"] == "1"
    folders = {datanode_site(settings, one)["dfs.datanode.data.dir"] for one in (1, 2, 3)}
    assert len(folders) == 3
    assert hdfs_site(settings).items() >= datanode_site(settings).items()


def test_spark_runs_on_the_workers_with_the_python_they_share_with_us(tmp_path: Path) -> None:
    settings = shaped(tmp_path, cluster=True)
    assert settings.spark_master == settings.own_spark_master == "spark://127.0.0.1:24035"
    assert settings.checkpoint_uri.startswith("hdfs://")
    assert Path(settings.spark_python).is_file()
    assert base_environment(settings)["SPARK_LOCAL_IP"] == "127.0.0.1"
    elsewhere = Settings(state_dir=tmp_path, cluster=True, spark_master="spark://far:7077")
    assert elsewhere.spark_python == ""


@pytest.mark.parametrize("cluster", [True, False])
def test_a_state_folder_stays_of_its_shape(tmp_path: Path, cluster: bool) -> None:
    settings = shaped(tmp_path / "state", cluster=cluster)
    claim_state_dir(settings)
    record_settings(settings)
    claim_state_dir(settings)
    with pytest.raises(SettingsError, match=r"ISOTHERM_STATE_DIR=.*state-2 ISOTHERM_PORT_BASE=24100"):
        claim_state_dir(shaped(tmp_path / "state", cluster=not cluster))


def test_a_second_shell_knows_the_shape(tmp_path: Path) -> None:
    settings = shaped(tmp_path, cluster=True)
    claim_state_dir(settings)
    record_settings(settings)
    record = folder_record(tmp_path)
    assert record is not None
    # The addresses follow from that.
    assert record["settings"].keys() - {"tools_dir"} == {"cluster"}
    assert Settings(state_dir=tmp_path, archive="simulated", **record["settings"]) == settings
