"""Set-up: what is pinned, what is skipped, what is refused."""

import hashlib
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from isotherm.errors import SetupError
from isotherm.local.jars import Jar, fetch_jars, ivy_module, read_lock
from isotherm.local.java_network import proxy_options
from isotherm.local.record import FAILED
from isotherm.local.steps import Report, Step, ensure_all
from isotherm.local.supervisor import Supervisor
from isotherm.local.tools import Tools, set_up_mariadb
from isotherm.settings import Settings


def jar(name: str, content: bytes = b"") -> Jar:
    return Jar("kafka", "org.example", name, "1.0", hashlib.sha256(content).hexdigest())


def fake_ivy(folder: Path, content: bytes) -> list[str]:
    """A program in Ivy's place that retrieves every jar it is asked for with this content."""
    program = folder / "ivy.sh"
    program.write_text(
        "#!/bin/bash\n"
        "while [ $# -gt 0 ]; do case $1 in -ivy) ivy=$2;; -retrieve) to=$2;; esac; shift; done\n"
        'for name in $(grep -o \'name="[^"]*"\' "$ivy" | cut -d\'"\' -f2 | grep -v default); do\n'
        f'  printf %s \'{content.decode()}\' >"$(dirname "$to")/$name-1.0.jar"\n'
        "done\n"
    )
    program.chmod(0o755)
    return [str(program)]


def test_every_jar_is_pinned_once_by_version_and_sha256() -> None:
    jars = read_lock()
    assert {one.jar_set for one in jars} == {"kafka", "hdfs", "spark", "mariadb"}
    assert len({(one.jar_set, one.file_name) for one in jars}) == len(jars)
    assert all(len(one.sha256) == 64 for one in jars)
    assert sum(one.jar_set == "spark" for one in jars) == 4


def test_ivy_is_asked_for_exactly_the_pinned_jars_and_nothing_behind_them() -> None:
    text = ivy_module([jar("one"), jar("two")])
    assert text.count("<dependency ") == text.count('transitive="false"') == 2


def test_jars_with_the_pinned_content_arrive_and_strays_go(tmp_path: Path) -> None:
    folder = tmp_path / "jars"
    folder.mkdir()
    (folder / "stray-1.0.jar").write_bytes(b"old")
    shown: list[tuple[int, int]] = []
    jars = [jar("one", b"right"), jar("two", b"right")]
    fetch_jars(jars, folder, fake_ivy(tmp_path, b"right"), lambda *one: shown.append(one))
    assert sorted(path.name for path in folder.iterdir()) == ["one-1.0.jar", "two-1.0.jar"]
    assert shown[0] == (0, 2)
    assert shown[-1] == (2, 2)


def test_a_jar_with_other_content_is_refused_and_not_kept(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"org\.example:one:1\.0: the content that arrived is not"):
        fetch_jars([jar("one", b"right")], tmp_path / "jars", fake_ivy(tmp_path, b"wrong"))
    assert not (tmp_path / "jars" / "one-1.0.jar").exists()


def test_jars_that_did_not_arrive_are_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isotherm.local.jars.RETRY_PAUSES_S", (0.0,))
    ivy = fake_ivy(tmp_path, b"right")[0]
    flaky = tmp_path / "flaky.sh"
    once = tmp_path / "once"
    flaky.write_text(f'#!/bin/bash\n[ -e {once} ] || {{ touch {once}; exit 1; }}\nexec {ivy} "$@"\n')
    flaky.chmod(0o755)
    fetch_jars([jar("one", b"right")], tmp_path / "jars", [str(flaky)])
    assert (tmp_path / "jars" / "one-1.0.jar").read_bytes() == b"right"


def test_a_jar_that_cannot_be_fetched_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isotherm.local.jars.RETRY_PAUSES_S", (0.0,))
    with pytest.raises(SetupError, match=r"could not be fetched\. Check the network or proxy"):
        fetch_jars([jar("one")], tmp_path / "jars", ["/bin/true"])


def test_a_step_is_skipped_when_done_and_repeated_when_its_input_changes(tmp_path: Path) -> None:
    runs: list[str] = []
    made_from = ["a"]
    result = tmp_path / "result"

    def run(_report: object) -> None:
        runs.append(made_from[0])
        result.write_text(made_from[0])

    step = Step("thing", (), lambda: made_from[0], result, run)
    tools = Tools(tmp_path)
    step.ensure(tools, lambda _detail: None)
    step.ensure(tools, lambda _detail: None)
    made_from[0] = "b"
    step.ensure(tools, lambda _detail: None)
    assert runs == ["a", "b"]


def test_an_interrupted_step_is_not_taken_for_done(tmp_path: Path) -> None:
    result = tmp_path / "result"

    def interrupted(_report: object) -> None:
        result.write_text("half")
        raise KeyboardInterrupt

    step = Step("thing", (), lambda: "a", result, interrupted)
    with pytest.raises(KeyboardInterrupt):
        step.ensure(Tools(tmp_path), lambda _detail: None)
    assert not step.is_done(Tools(tmp_path))


def step(folder: Path, name: str, run: Callable[[], object], *needs: str) -> Step:
    """A step that leaves its name where it says."""

    def leave(_report: Report) -> None:
        run()
        (folder / name).touch()

    return Step(name, needs, lambda: name, folder / name, leave)


def test_steps_are_done_side_by_side_but_after_those_they_need(tmp_path: Path) -> None:
    both = threading.Barrier(2)  # one alone would wait in vain
    steps = [
        step(tmp_path, "one", lambda: both.wait(60)),
        step(tmp_path, "two", lambda: both.wait(60)),
        step(tmp_path, "last", (tmp_path / "one").stat, "one", "two"),
    ]
    told: list[str] = []
    ensure_all(steps, Tools(tmp_path), told.append)
    assert sorted(told) == ["Setting up last.", "Setting up one.", "Setting up two."]
    ensure_all(steps, Tools(tmp_path), told.append)
    assert len(told) == 3


def test_of_steps_that_fail_the_first_is_told_and_what_needs_it_is_not_begun(tmp_path: Path) -> None:
    def fail() -> None:
        raise SetupError("no network")

    steps = [
        step(tmp_path, "root", fail),
        step(tmp_path, "behind", lambda: None, "root"),
        step(tmp_path, "beside", lambda: None),
    ]
    told: list[str] = []
    with pytest.raises(SetupError, match="no network"):
        ensure_all(steps, Tools(tmp_path), told.append)
    assert "Setting up behind." not in told
    assert (tmp_path / "beside").exists()


def test_a_step_that_may_not_write_names_the_file(tmp_path: Path) -> None:
    supervisor = Supervisor(Settings(state_dir=tmp_path, archive="simulated"))

    def refused(_report: object) -> None:
        (tmp_path / "tools").mkdir()
        (tmp_path / "tools").write_text("no file")

    supervisor._run_named("dashboard", refused)
    entry = supervisor.file.read().steps["dashboard"]
    assert entry.state == FAILED
    assert entry.detail.startswith("dashboard: IsADirectoryError: ")
    assert str(tmp_path / "tools") in entry.detail


def test_mariadb_is_unpacked_with_runnable_programs(tmp_path: Path) -> None:
    archive = tmp_path / "mariadb.jar"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("any/where/linux/bin/mariadbd", "#!/bin/sh\n")
        file.writestr("any/where/linux/share/help.sql", "select 1")
        file.writestr("META-INF/MANIFEST.MF", "")
    tools = Tools(tmp_path)
    set_up_mariadb(tools, archive)
    assert (tools.mariadb / "bin" / "mariadbd").stat().st_mode & 0o111 == 0o111
    assert (tools.mariadb / "share" / "help.sql").stat().st_mode & 0o111 == 0
    assert not (tools.mariadb / "META-INF").exists()


def test_java_gets_the_proxy_that_the_environment_names() -> None:
    options = proxy_options({"https_proxy": "http://proxy.example:3128", "no_proxy": "localhost, .lan"})
    assert options == [
        "-Dhttps.proxyHost=proxy.example",
        "-Dhttps.proxyPort=3128",
        "-Dhttp.nonProxyHosts=localhost|.lan",
    ]
