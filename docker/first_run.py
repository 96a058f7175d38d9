"""One-shot: what `./isotherm up` does once its servers are ready.

Runs the pipeline through Airflow, once in the life of these volumes, and ends its log with the ledger,
the addresses and the login. Its exit status is 0 if the ledger balances.
"""

import sys

from rich.console import Console
from rich.markup import escape

from isotherm.errors import IsothermError
from isotherm.local.archive_choice import require_archive
from isotherm.local.commands import release
from isotherm.local.first_run import FirstRunRecord, run_first
from isotherm.local.screen import print_addresses
from isotherm.settings import load_settings


def main() -> int:
    """Do it, or say what is in the way."""
    console = Console()
    settings = load_settings()
    try:
        if FirstRunRecord.read(settings).state != "complete":
            require_archive(settings)
        is_good = run_first(settings, console)
    except IsothermError as error:
        console.print(escape(str(error)), highlight=False)
        console.print(
            "In containers the archive is ISOTHERM_ARCHIVE in .env; then `docker compose up`."
        )
        return 1
    if is_good:
        release(settings, console)
    print_addresses(console, settings)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
