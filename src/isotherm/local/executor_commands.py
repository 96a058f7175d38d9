"""`airflow-on` on the command line."""

from enum import StrEnum
from typing import Annotated

import typer


class Executor(StrEnum):
    """What runs Airflow's tasks on several machines."""

    CELERY = "celery"
    KUBERNETES = "kubernetes"


def airflow_on(executor: Annotated[Executor, typer.Argument()]) -> None:
    """Print what Airflow needs for tasks on several machines: a compose file, or its chart's values."""
    from isotherm.local import airflow_executors
    from isotherm.local.command_settings import settings_in_use

    if executor is Executor.CELERY:
        typer.echo(airflow_executors.celery_overlay(), nl=False)
    else:
        typer.echo(airflow_executors.kubernetes_values(settings_in_use()), nl=False)
