"""Print the API's description: `python -m isotherm.api.openapi > dashboard/openapi.json`.

The dashboard's types are generated from that file (`npm run generate`); a test fails while it is not
what the code says.
"""

import json
import sys
import tempfile
from pathlib import Path

from isotherm.api.app import create_app
from isotherm.settings import Settings


def describe() -> str:
    """The OpenAPI document of the API, the same whatever this machine's settings are."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(state_dir=Path(folder), archive="simulated"))
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(describe())
