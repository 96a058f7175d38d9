"""What is backed up comes back to the row and the byte, or is refused with what to do."""

import json
import os
import shutil
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from isotherm.backup.client_options import client_options
from isotherm.backup.database import sum_tables
from isotherm.backup.manifest import DATABASE, MANIFEST, Manifest
from isotherm.backup.restore import check_back_up, restore
from isotherm.backup.take import back_up
from isotherm.errors import BackupError, StoreError
from isotherm.local.secret_files import MYSQL_PASSWORD, read_secret
from isotherm.settings import Settings
from isotherm.stores import migrate as migrations
from isotherm.stores import model_store
from isotherm.stores.hdfs_layout import RAW_ROOT, bucket_of
from isotherm.stores.hdfs_store import HdfsStore
from isotherm.stores.migrate import current_version, migrate
from isotherm.stores.mysql import create_engine
from isotherm.stores.station_models import ModelVersion, record_version
from isotherm.stores.tables import hourly_summary, notice, sink_offset
from running_product import COMMAND, free_port_base
from servers.hdfs_fixture import Hdfs
from servers.summary_data import random_rows
from servers.table_checksums import checksums
from unit.forecast.test_trained_station import trained_station

pytest_plugins = ["servers.hdfs_fixture"]
pytestmark = pytest.mark.servers

STATION = "USW00094846"
VERSION = "20261126T120000"
NOW = datetime(2026, 11, 26, 12)  # noqa: DTZ001 - as the columns are
ODD = "'); DROP TABLE station; -- \\ \" \n\t\r\0\x1a ° 🌡"


def silent(_text: str) -> None:
    """Nobody looks."""


@pytest.fixture(scope="module")
def stores(servers: Hdfs) -> Hdfs:
    """MySQL with rows of every kind, HDFS with a model and a raw file."""
    fill(servers.settings)
    return servers


def fill(settings: Settings) -> None:
    store = HdfsStore(settings)
    model_store.write(store, VERSION, bucket_of(STATION), [trained_station(10, STATION)])
    store.write(f"{RAW_ROOT}/ghcnh/2026/x.gz", b"a file of NOAA")
    rows = [
        {one.name: row[one.name] for one in hourly_summary.columns if one.name in row}
        for row in random_rows(1, (STATION,), NOW, 48)
    ]
    keys = {"dataset": "ghcnh", "layer": "batch", "updated_at": NOW}
    engine = create_engine(settings)
    with engine.begin() as connection:
        for row in rows:
            if row["observation_count"]:
                connection.execute(sa.insert(hourly_summary), {**keys, **row})
        connection.execute(sa.insert(notice), {"name": ODD, "told_at": NOW})
        offset = {"topic": "t", "partition_id": 0, "consumer_group": "g", "topic_id": "i"}
        connection.execute(sa.insert(sink_offset), {**offset, "next_offset": 7})
        version = ModelVersion(VERSION, NOW, NOW, "code", "run", 1, 0, 1, 1 / 3)
        record_version(connection, version)
    engine.dispose()


@pytest.fixture(scope="module")
def taken(stores: Hdfs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A back-up of them."""
    folder = tmp_path_factory.mktemp("backups") / "one"
    back_up(stores.settings, folder, with_archive=False, report=silent)
    return folder


@pytest.fixture
def copy(taken: Path, tmp_path: Path) -> Path:
    """One that a test may damage."""
    return Path(shutil.copytree(taken, tmp_path / "copy"))


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """A shell whose state folder is new."""
    state_dir, base = tmp_path / "state of another", free_port_base()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ISOTHERM_")}
    tools = str(Settings().tools_dir)
    places = {"ISOTHERM_STATE_DIR": str(state_dir), "ISOTHERM_PORT_BASE": str(base)}
    return {**kept, **places, "ISOTHERM_TOOLS_DIR": tools, "COLUMNS": "140"}


def isotherm(shell: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], env=shell, capture_output=True, text=True, check=False, timeout=300
    )


def table_sums(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / MANIFEST).read_text())["tables"]
    return found


def test_a_restored_folder_has_the_same_checksums_though_the_first_try_was_killed(
    stores: Hdfs, taken: Path, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    state_dir = Path(elsewhere["ISOTHERM_STATE_DIR"])
    first = subprocess.Popen([COMMAND, "restore", taken], env=elsewhere, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (state_dir / "mysql" / "data" / "isotherm" / "station.frm").exists():
        assert time.monotonic() < deadline
        assert first.poll() is None
        time.sleep(0.005)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()

    refused = isotherm(elsewhere, "up", "--detach")
    assert refused.returncode == 1
    assert f"./isotherm restore {taken}" in refused.stdout

    again = isotherm(elsewhere, "restore", taken)
    assert again.returncode == 0, again.stdout + again.stderr
    assert isotherm(elsewhere, "restore", taken).returncode == 1  # it is whole now
    # Airflow is a new one, whose DAGs are paused: the next `up` releases them.
    assert json.loads((state_dir / "airflow" / "released_dags.json").read_text()) == []

    second = isotherm(elsewhere, "backup", tmp_path / "second")
    assert second.returncode == 0, second.stdout + second.stderr
    assert table_sums(tmp_path / "second") == table_sums(taken)
    before, after = Manifest.read(taken), Manifest.read(tmp_path / "second")
    assert after.hdfs_files == before.hdfs_files
    assert [f"hdfs{one}" for one in before.hdfs_files if "models" in one]
    for path in before.hdfs_files:
        assert after.files[f"hdfs{path}"] == before.files[f"hdfs{path}"]
    told = stores.settings.secrets_dir / MYSQL_PASSWORD
    assert told.read_text() != (state_dir / "secrets" / MYSQL_PASSWORD).read_text()


def test_rows_of_every_kind_come_back_and_the_place_in_kafka_does_not(
    stores: Hdfs, taken: Path
) -> None:
    engine = create_engine(stores.settings)
    before = checksums(engine)
    manifest = check_back_up(taken, silent)
    assert manifest.tables["notice"].row_count == 1
    assert manifest.tables["hourly_summary"].row_count > 50
    restore(stores.settings, taken, manifest, silent, resumes=True)
    assert checksums(engine) == before
    with engine.connect() as connection:
        assert connection.scalar(sa.select(notice.c.name)) == ODD
        assert connection.scalar(sa.select(sa.func.count()).select_from(sink_offset)) == 0
    engine.dispose()
    read = model_store.read(HdfsStore(stores.settings), VERSION, [STATION])
    assert read[STATION].to_bytes() == trained_station(10, STATION).to_bytes()


def test_a_changed_row_and_one_too_many_change_the_checksum(stores: Hdfs, taken: Path) -> None:
    engine = create_engine(stores.settings)
    before = sum_tables(stores.settings, silent)
    with engine.begin() as connection:
        connection.execute(sa.update(notice).values(name=f"{ODD}."))
    changed = sum_tables(stores.settings, silent)
    assert {name for name in before if before[name] != changed[name]} == {"notice"}
    with engine.begin() as connection:
        connection.execute(sa.update(notice).values(name=ODD))
    engine.dispose()
    assert sum_tables(stores.settings, silent) == before


def test_a_back_up_with_the_archive_has_noaa_s_files(stores: Hdfs, tmp_path: Path) -> None:
    manifest = back_up(stores.settings, tmp_path / "all", with_archive=True, report=silent)
    assert f"{RAW_ROOT}/ghcnh/2026/x.gz" in manifest.hdfs_files
    assert (tmp_path / "all" / "hdfs" / "isotherm/raw/ghcnh/2026/x.gz").read_bytes() == (
        b"a file of NOAA"
    )


def test_a_damaged_or_missing_file_is_named_and_nothing_is_begun(
    copy: Path, elsewhere: dict[str, str]
) -> None:
    content = bytearray((copy / DATABASE).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / DATABASE).write_bytes(content)
    (model,) = [one for one in Manifest.read(copy).files if one.startswith("hdfs/")]
    (copy / model).unlink()
    ended = isotherm(elsewhere, "restore", copy)
    assert ended.returncode == 1
    assert f"{DATABASE} (changed), {model} (missing)" in ended.stdout
    assert not Path(elsewhere["ISOTHERM_STATE_DIR"]).exists()


def test_what_is_no_whole_back_up_or_of_a_newer_version_is_refused(copy: Path) -> None:
    document = json.loads((copy / MANIFEST).read_text())
    (copy / MANIFEST).write_text(json.dumps({**document, "revision": "9999"}))
    with pytest.raises(BackupError, match="newer than this version"):
        check_back_up(copy, silent)
    (copy / MANIFEST).write_text(json.dumps({**document, "format": 2}))
    with pytest.raises(BackupError, match="format"):
        check_back_up(copy, silent)
    outside = {"../../secret": {"size_bytes": 1, "sha256": ""}}
    (copy / MANIFEST).write_text(json.dumps({**document, "files": outside}))
    with pytest.raises(BackupError, match="outside"):
        check_back_up(copy, silent)
    (copy / MANIFEST).unlink()
    with pytest.raises(BackupError, match="written last"):
        check_back_up(copy, silent)


def test_nothing_that_is_there_is_overwritten(stores: Hdfs, taken: Path) -> None:
    manifest = check_back_up(taken, silent)
    with pytest.raises(BackupError, match="only where there is nothing"):
        restore(stores.settings, taken, manifest, silent, resumes=False)
    with pytest.raises(BackupError, match="not empty"):
        back_up(stores.settings, taken, with_archive=False, report=silent)


def test_a_back_up_of_older_tables_is_brought_up_to_this_version(
    stores: Hdfs, taken: Path, tmp_path: Path
) -> None:
    engine = create_engine(stores.settings)
    with engine.connect() as connection:
        connection.execute(sa.text("DROP DATABASE isotherm"))
        connection.execute(sa.text("CREATE DATABASE isotherm CHARACTER SET utf8mb4"))
    engine.dispose()
    with engine.connect() as connection:
        command.upgrade(migrations._alembic_config(connection), "0071")
        connection.execute(sa.insert(notice), {"name": ODD, "told_at": NOW})
        connection.commit()
    manifest = back_up(stores.settings, tmp_path / "old", with_archive=False, report=silent)
    assert manifest.revision == "0071"
    restore(stores.settings, tmp_path / "old", manifest, silent, resumes=True)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(notice.c.name)) == ODD
        assert current_version(connection) == current_version_of(taken)
    engine.dispose()
    restore(stores.settings, taken, check_back_up(taken, silent), silent, resumes=True)


def current_version_of(folder: Path) -> str:
    return Manifest.read(folder).revision


def test_mysql_s_refusal_is_told_in_its_words(stores: Hdfs, tmp_path: Path) -> None:
    wrong = stores.settings.model_copy(update={"mysql_database": "not_there"})
    migrate(create_engine(stores.settings))
    with pytest.raises(StoreError, match="not_there"):
        sum_tables(wrong, silent)
    with pytest.raises(StoreError, match="not_there"):
        back_up(wrong, tmp_path / "none", with_archive=False, report=silent)
    assert not (tmp_path / "none").exists()


def test_the_password_is_no_argument_and_no_variable_and_not_in_the_back_up(
    stores: Hdfs, taken: Path
) -> None:
    password = read_secret(stores.settings, MYSQL_PASSWORD)
    with client_options(stores.settings) as options:
        program = f"cat /dev/fd/{options}; tr '\\0' '\\n' </proc/self/environ"
        said = subprocess.run(
            ["sh", "-c", program], pass_fds=(options,), capture_output=True, text=True, check=True
        ).stdout
    assert said.count(password) == 1
    found = subprocess.run(
        ["grep", "-rlz", password, taken], capture_output=True, text=True, check=False
    )
    assert found.stdout == ""
    modes = {one.stat().st_mode & 0o077 for one in taken.rglob("*") if one.is_file()}
    assert modes == {0}
