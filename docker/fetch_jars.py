"""Fetch one set of pinned jars into an image: `fetch_jars.py SET FOLDER JAVA IVY_JAR [JAVA_OPTION...]`.

The same lock file, hashes and code as the local set-up; only Java and Ivy come from elsewhere.
"""

import sys
from pathlib import Path

from isotherm.local.jars import fetch_jars, ivy_command, read_lock


def main(jar_set: str, folder: str, java: str, ivy_jar: str, *options: str) -> int:
    """Fetch every jar of the set, or fail with the reason."""
    wanted = [jar for jar in read_lock() if jar.jar_set == jar_set]
    if not wanted:
        print(f"jars.lock holds no set {jar_set!r}.", file=sys.stderr)  # noqa: T201 - a program
        return 1
    fetch_jars(wanted, Path(folder), ivy_command(Path(java), Path(ivy_jar), options))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
