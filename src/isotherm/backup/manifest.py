"""What a back-up says of itself: `manifest.json`, written last, so that without it there is none.

A back-up is a folder:

    manifest.json       versions, revision of the schema, each file's sha256, each table's checksum
    database.sql.gz     MySQL, as mariadb-dump writes it
    hdfs/...            files of HDFS by their paths
    state/...           small files of the state folder
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from isotherm.errors import BackupError
from isotherm.files import PRIVATE_FILE, write_whole

MANIFEST: Final = "manifest.json"
DATABASE: Final = "database.sql.gz"
HDFS: Final = "hdfs"
STATE: Final = "state"

Report = Callable[[str], None]


class FileSum(BaseModel):
    """One file of the back-up."""

    model_config = ConfigDict(frozen=True)

    size_bytes: int
    sha256: str


class TableSum(BaseModel):
    """The rows of one table: how many, and a checksum of them in the order of the primary key."""

    model_config = ConfigDict(frozen=True)

    row_count: int
    sha256: str


class Manifest(BaseModel):
    """Everything but the contents.

    Attributes:
        format: of the folder; another one is of a later Isotherm.
        isotherm_version: that made it.
        created_at: with its zone.
        archive: the state folder's.
        revision: the schema's.
        with_archive: whether raw files and tables of HDFS are in it.
        tables: by name.
        files: by path in the folder.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    isotherm_version: str
    created_at: datetime
    archive: str
    revision: str
    with_archive: bool
    tables: dict[str, TableSum]
    files: dict[str, FileSum]

    @property
    def row_count(self) -> int:
        """Of all tables."""
        return sum(one.row_count for one in self.tables.values())

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(one.size_bytes for one in self.files.values())

    @property
    def hdfs_files(self) -> list[str]:
        """Paths in HDFS, sorted."""
        return sorted(one.removeprefix(HDFS) for one in self.files if one.startswith(f"{HDFS}/"))

    def write(self, folder: Path) -> None:
        """Make the folder a back-up."""
        write_whole(folder / MANIFEST, self.model_dump_json(indent=1), mode=PRIVATE_FILE)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of a back-up.

        Raises:
            BackupError: there is none, or it cannot be read.
        """
        path = folder / MANIFEST
        try:
            manifest = cls.model_validate_json(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise BackupError(
                f"{folder} is no whole back-up: it has no {MANIFEST}, which is written last. "
                "Name the folder that `./isotherm backup` was given, and whose end it told."
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise BackupError(
                f"{path} cannot be read ({place}: {first['msg']}). It is damaged, or of another "
                "version of Isotherm: use another back-up, or the version that made it."
            ) from error
        manifest._require_own_places(folder)
        return manifest

    def _require_own_places(self, folder: Path) -> None:
        """No path may lead out of the folder, or a foreign manifest would read any file of ours."""
        root = folder.resolve()
        for path in self.files:
            if not (root / path).resolve().is_relative_to(root):
                raise BackupError(f"{folder / MANIFEST} names {path}, which is outside of the back-up.")

    def verify(self, folder: Path, report: Report) -> None:
        """See that every file is there and as it was written.

        Raises:
            BackupError: one is not; all that are not are named.
        """
        wrong, done_bytes = [], 0
        for path, expected in sorted(self.files.items()):
            report(f"checking files, {done_bytes / 1e6:.0f} of {self.size_bytes / 1e6:.0f} MB: {path}")
            found = file_sum(folder / path) if (folder / path).is_file() else None
            if found != expected:
                wrong.append(f"{path} ({'missing' if found is None else 'changed'})")
            done_bytes += expected.size_bytes
        if wrong:
            raise BackupError(
                f"The back-up {folder} is damaged: {', '.join(wrong[:10])}"
                f"{', …' if len(wrong) > 10 else ''}. Nothing was restored: use another back-up."
            )


def file_sum(path: Path) -> FileSum:
    """Size and sha256 of a local file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileSum(size_bytes=path.stat().st_size, sha256=digest)
