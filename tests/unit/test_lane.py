"""Lanes: what another lane writes lies in places of its own, and production's is as it was."""

from pathlib import Path

from isotherm.lane import PRODUCTION, RECONCILE
from isotherm.messages import TOPICS
from isotherm.settings import Settings
from isotherm.sink.program import parse_arguments
from isotherm.stream.replay import Replay

REPLAY = Replay(None, None, {}, batch_interval_s=30, speed=0, trigger_s=5)


def test_production_is_what_it_was() -> None:
    settings = Settings(archive="simulated")
    assert settings.lane == PRODUCTION
    assert settings.in_lane(PRODUCTION) is settings
    assert [PRODUCTION.topic(one.name) for one in TOPICS] == [one.name for one in TOPICS]
    assert all("--lane" not in arguments for _, arguments in REPLAY.commands("f").values())


def test_another_lane_shares_no_topic_folder_socket_checkpoint_or_database(tmp_path: Path) -> None:
    production = Settings(archive="simulated", state_dir=tmp_path, mysql_password="m")
    own = production.in_lane(RECONCILE)

    assert own.lane == RECONCILE
    assert not {own.lane.topic(one.name) for one in TOPICS} & {one.name for one in TOPICS}
    assert own.lane.topic("isotherm.observation") == "isotherm.reconcile.observation"
    assert own.mysql_database == "isotherm_reconcile"
    for name in ("state_dir", "checkpoint_uri", "observation_socket", "logs_dir"):
        assert getattr(own, name) != getattr(production, name)
    # The same servers and the same tools, by the same secrets.
    for name in ("kafka_bootstrap_servers", "mysql_port", "mysql_password", "tools_dir", "hdfs_url"):
        assert getattr(own, name) == getattr(production, name)
    assert "ISOTHERM_LANE" not in own.as_environment()


def test_each_program_of_another_lane_is_told_so_and_it_has_a_sink_of_its_own() -> None:
    commands = REPLAY.commands("f", RECONCILE)
    assert set(commands) - set(REPLAY.commands("f")) == {"sink"}
    assert all(arguments[-2:] == ["--lane", "reconcile"] for _, arguments in commands.values())
    assert parse_arguments(commands["sink"][1]).lane == RECONCILE
