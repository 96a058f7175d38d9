"""Stand-in images, and the compose file that puts them in the place of those nobody can pull here."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from containers.engine import Engine
from isotherm.local.tools import Tools
from isotherm.settings import REPOSITORY_ROOT, load_settings

_FOLDER: Final = Path(__file__).parent / "standin"
_PREFIX: Final = "isotherm-standin"
_SUITES: Final = ("bookworm", "sid")
# Those of the official images, by the image's name.
OFFICIAL: Final = {"apache/kafka": "kafka", "mysql": "mysql", "postgres": "postgres"}
_BASES: Final = {"isotherm": f"{_PREFIX}/python:3.12", "hdfs": f"{_PREFIX}/debian:bookworm"}
_AUTHORITIES: Final = Path("/usr/local/share/ca-certificates")
_BUILD_WITHIN_S: Final = 3600.0


def find_python() -> Path | None:
    """The prefix of a CPython 3.12 that can be moved into an image; None if there is none."""
    candidates = [
        shutil.which("python3.12"),
        *Path.home().glob(".pyenv/versions/3.12.*/bin/python3.12"),
    ]
    program = "import sys; assert sys.version_info[:2] == (3, 12); print(sys.base_prefix)"
    for candidate in filter(None, candidates):
        done = subprocess.run(
            [str(candidate), "-c", program], capture_output=True, text=True, check=False
        )
        prefix = Path(done.stdout.strip())
        if done.returncode == 0 and prefix not in (Path("/usr"), Path("/")):
            return prefix
    return None


class StandIns:
    """The images on one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._context = engine.folder / "standin"

    def build(self) -> None:
        """Build what is not there yet."""
        self._fill_context()
        for suite in _SUITES:
            self._import_tree(suite)
        debians = {
            f"debian:{suite}": ("debian", {"TREE": f"{_PREFIX}/tree:{suite}"}) for suite in _SUITES
        }
        self._build_all(debians)
        others = ("python:3.12", *(f"{name}:latest" for name in OFFICIAL.values()))
        self._build_all({tag: (tag.partition(":")[0], {}) for tag in others})

    def override(self, services: dict[str, Any], path: Path) -> Path:
        """Write the compose file that replaces every image that would be pulled.

        Args:
            services: those of docker-compose.yaml.
            path: the file to write.
        """
        changed: dict[str, Any] = {
            name: {"image": f"{_PREFIX}/{OFFICIAL[service['image'].partition(':')[0]]}:latest"}
            for name, service in services.items()
            if "build" not in service
        }
        for name, service in services.items():
            if "build" in service:
                kind = Path(service["build"]["dockerfile"]).stem
                changed[name] = {"image": image_of(kind), "build": {"args": {"BASE": _BASES[kind]}}}
        path.write_text(json.dumps({"services": changed}))
        return path

    def _fill_context(self) -> None:
        shutil.rmtree(self._context, ignore_errors=True)
        shutil.copytree(_FOLDER, self._context)
        authorities = self._context / "authorities"
        authorities.mkdir()
        for one in _AUTHORITIES.glob("*.crt"):
            shutil.copy(one, authorities)
        shutil.copytree(Tools.of(load_settings()).jars("kafka"), self._context / "kafka-jars")
        python = find_python()
        assert python is not None
        left_out = [
            f"--exclude={one}" for one in ("__pycache__", "*/site-packages/*", "*/test/*", "*.a")
        ]
        command = [
            "tar",
            "--create",
            "--directory",
            str(python),
            *left_out,
            "bin/python3.12",
            "lib",
            "include",
        ]
        subprocess.run([*command, "--file", str(self._context / "python.tar")], check=True)

    def _import_tree(self, suite: str) -> None:
        tag = f"{_PREFIX}/tree:{suite}"
        if self._engine.docker("images", "--quiet", tag).strip():
            return
        tree, archive = self._engine.folder / suite, self._engine.folder / f"{suite}.tar"
        subprocess.run(
            ["debootstrap", "--variant=minbase", suite, str(tree)], check=True, capture_output=True
        )
        subprocess.run(
            ["tar", "--create", "--directory", str(tree), "--file", str(archive), "."], check=True
        )
        self._engine.docker("import", "-", tag, stdin=archive)
        shutil.rmtree(tree)
        archive.unlink()

    def _build_all(self, images: dict[str, tuple[str, dict[str, str]]]) -> None:
        """Build images of our prefix: tag to Dockerfile's name and arguments."""
        services = {
            tag.replace(":", "-"): {
                "image": f"{_PREFIX}/{tag}",
                "build": {"context": ".", "dockerfile": f"{kind}.Dockerfile", "args": arguments},
            }
            for tag, (kind, arguments) in images.items()
        }
        file = self._context / "images.yaml"
        file.write_text(json.dumps({"name": _PREFIX, "services": services}))
        for name in services:  # one after the other: this machine has others at work
            self._engine.compose([file], "build", name, timeout_s=_BUILD_WITHIN_S)


def image_of(kind: str) -> str:
    """The tag that the tests give our own image of this Dockerfile."""
    return f"isotherm-test-{kind}:local"


def compose_files(override: Path) -> list[Path]:
    """The product's file with the override over it."""
    return [REPOSITORY_ROOT / "docker-compose.yaml", override]
