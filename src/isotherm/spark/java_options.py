"""How the JVM of a batch job is started, for the job and for the training of its class archive."""

from collections.abc import Sequence
from typing import Final

CLASS_ARCHIVE: Final = "spark.jsa"
# Of a batch job the JVM does next to nothing: the optimising compiler costs 2 CPU seconds more than it
# saves. What Java says of an archive that does not quite fit is nobody's business in a task's log.
QUICK_START: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xlog:cds=off")


def join_options(options: Sequence[str]) -> str:
    """Options as one text that Spark takes apart again; a path may hold a blank."""
    return " ".join(f'"{one}"' if " " in one else one for one in options)
