"""One-shot: the folders on HDFS that everything else is written below."""

import sys

from isotherm.local.servers.hdfs import make_base_folders
from isotherm.settings import load_settings


def main() -> int:
    """Create them; bears repetition."""
    make_base_folders(load_settings())
    return 0


if __name__ == "__main__":
    sys.exit(main())
