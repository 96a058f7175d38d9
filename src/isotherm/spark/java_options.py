"""How a JVM is started, for the jobs and for the training of their class archive; what it says then."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

CLASS_ARCHIVE: Final = "spark.jsa"
# What Java says of a class archive that does not quite fit is nobody's business in a task's log.
NO_ARCHIVE_WARNINGS: Final = "-Xlog:cds=off"
# Of a batch job the JVM does next to nothing: the optimising compiler costs 2 CPU seconds more than it
# saves.
QUICK_START: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", NO_ARCHIVE_WARNINGS)
# The stream's JVM keeps the optimising compiler, for what a row passes through: ten times the calls of
# its defaults. Of what only starts and plans it compiled 6.3 CPU seconds long, of 22 in all for a day.
PATIENT_COMPILER: Final = (
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
)
# The old generation begins with half of what Java takes by itself on a machine of 24 GB: what it holds
# that nobody needs is cleaned within an hour and not after four, and the process grows no more.
EARLY_CLEANING: Final = ("-Xms256m", "-XX:NewSize=128m")
# What no option turns off: Spark opens packages that newer Javas have no more, and each JVM says so.
_START_NOISE: Final = re.compile(
    r"WARNING: package \S+ not in |WARNING: Using incubator modules|\[[\d.]+s\]\[warning\]\[cds"
)


def is_start_noise(line: str) -> bool:
    """Whether a line is what a JVM says of itself as it starts, and not of the work."""
    return _START_NOISE.match(line) is not None


def join_options(options: Sequence[str]) -> str:
    """Options as one text that Spark takes apart again; a path may hold a blank."""
    return " ".join(f'"{one}"' if " " in one else one for one in options)


def class_path(jars: Sequence[Path]) -> str:
    """Jars as Java's class path; a class archive is of use only where it begins as in its training."""
    return os.pathsep.join(map(str, jars))
