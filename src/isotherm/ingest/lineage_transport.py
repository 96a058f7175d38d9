"""Where Airflow's OpenLineage provider brings its events: a file, or a server, as `lineage` says.

Named in Airflow's settings (`local/servers/airflow.py`) and loaded by the provider alone, which is
installed and on the path only where the setting is not empty.
"""

import os
from typing import Final, TypeAlias

from openlineage.client.event_v2 import DatasetEvent, JobEvent, RunEvent
from openlineage.client.serde import Serde
from openlineage.client.transport.http import HttpConfig, HttpTransport
from openlineage.client.transport.transport import Transport

from isotherm.settings import load_settings

Event: TypeAlias = RunEvent | DatasetEvent | JobEvent
# A task waits for it, at its start and at its end: of a server that is away one try is enough.
TIMEOUT_S: Final = 2.0
_FILE_MODE: Final = 0o640
# What the provider writes for the database of a MySQL table whose statement does not name it.
_NO_DATABASE: Final = "None."


class LineageTransport(Transport):  # type: ignore[misc]  # its package is not always installed
    """Sends each event at once; what raises is logged by the provider, and the task goes on."""

    kind = "isotherm"

    def __init__(self, _config: object) -> None:
        settings = load_settings()
        self._place = settings.lineage
        self._database = settings.mysql_database
        self._server = _http(self._place) if "://" in self._place else None

    def emit(self, event: Event) -> None:
        """Send one event.

        Raises:
            OSError: the file cannot be written, or the server did not take it (requests' errors).
        """
        self._name_tables(event)
        if self._server is not None:
            self._server.emit(event)
        else:
            _append(self._place, Serde.to_json(event))

    def _name_tables(self, event: Event) -> None:
        if not isinstance(event, RunEvent):
            return
        for dataset in (*(event.inputs or ()), *(event.outputs or ())):
            if dataset.namespace.startswith("mysql:") and dataset.name.startswith(_NO_DATABASE):
                dataset.name = f"{self._database}.{dataset.name.removeprefix(_NO_DATABASE)}"


def _http(url: str) -> HttpTransport:
    options = {"url": url, "timeout": TIMEOUT_S, "retry": {"total": 0}}
    return HttpTransport(HttpConfig.from_dict(options))


def _append(path: str, line: str) -> None:
    """Add a line in one write, so that those of tasks at the same time do not mix."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _FILE_MODE)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)
