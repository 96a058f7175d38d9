"""How the programs of a replay say by their exit status what starting them again would do."""

from typing import Final

FAILED: Final = 1  # what it works with was away or broken; started again it goes on
REFUSED: Final = 3  # started again it would end the same way: somebody has to mend the cause first
STOPPED: Final = 143  # asked to stop; 0 is taken for "everything is fed", so this must not look like it
