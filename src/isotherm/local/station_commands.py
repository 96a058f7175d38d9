"""`stations` shows a choice of stations, `import` brings years of it: in the words of every form."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from isotherm import areas
from isotherm import station_choice as words
from isotherm.errors import IsothermError, SettingsError
from isotherm.settings import Settings
from isotherm.station_choice import FORM_FIELDS, StationChoice

_SHOWN: Final = 50
_PAGE: Final = 1_000
_PERIOD: Final = ("first_observed_at", "last_observed_at")
_YEAR_LENGTH: Final = 4
console = Console()

Ids = Annotated[str | None, typer.Option(help=f"{words.IDS_WORDS}, as KORD,ENJA")]
Country = Annotated[str | None, typer.Option(help=words.COUNTRY_WORDS)]
Box = Annotated[str | None, typer.Option(help=f"{areas.BOX_WORDS}, as {areas.BOX_EXAMPLE}")]
Near = Annotated[str | None, typer.Option(help=f"{areas.POSITION_WORDS}, as {areas.POSITION_EXAMPLE}")]
RadiusKm = Annotated[float | None, typer.Option(help=words.RADIUS_WORDS)]
Elevation = Annotated[
    str | None,
    typer.Option(help=f"{areas.ELEVATION_WORDS}, as {' or '.join(areas.ELEVATION_EXAMPLES)}"),
]
Count = Annotated[int | None, typer.Option(help=words.COUNT_WORDS)]


def stations(
    query: Annotated[
        str | None, typer.Argument(help="Beginnings of words of the name, or of a code.")
    ] = None,
    ids: Ids = None,
    country: Country = None,
    box: Box = None,
    near: Near = None,
    radius_km: RadiusKm = None,
    elevation: Elevation = None,
    count: Count = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: all of them.")] = False,
) -> None:
    """Show the stations a choice means, of those the running product has."""
    from isotherm.local.command_settings import settings_in_use

    said: dict[str, Any] = {
        "ids": ids, "country": country, "box": box, "near": near, "radius_km": radius_km,
        "elevation": elevation, "count": count,
    }  # fmt: skip
    choice = StationChoice.read(**said)
    asked = {name: value for name, value in {"query": query, **said}.items() if value is not None}
    found = read_stations(settings_in_use(), asked)
    if as_json:
        typer.echo(json.dumps(list(found), indent=2))
        return
    _tell(choice)
    _show(list(islice(found, _SHOWN + 1)))


def import_years(
    years: Annotated[str, typer.Option(help="One year or two, both included, as 2014 or 2014:2016")],
    ids: Ids = None,
    country: Country = None,
    box: Box = None,
    near: Near = None,
    radius_km: RadiusKm = None,
    elevation: Elevation = None,
    count: Count = None,
    dataset: Annotated[
        str | None, typer.Option(help="one dataset by its name, as ghcnh; without: all that have files")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be imported.")
    ] = False,
) -> None:
    """Import years of history: runs the DAG import_history, and follows it to its end."""
    from isotherm.local.command_settings import settings_in_use

    said: dict[str, Any] = {
        "ids": ids, "country": country, "box": box, "near": near, "radius_km": radius_km,
        "elevation": elevation, "count": count,
    }  # fmt: skip
    first, last = _read_years(years)
    choice = StationChoice.read(**said)
    _tell(choice)
    conf = {name: said[word] for name, word in FORM_FIELDS.items() if said[word] is not None}
    if choice.ids:
        conf["station_ids"] = list(choice.ids)
    conf |= {"first_year": first, "last_year": last, "dataset": dataset, "dry_run": dry_run}
    _run_import(settings_in_use(), conf)


def read_stations(settings: Settings, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The stations of the running product that fit, page by page as the API gives them.

    Raises:
        IsothermError: the API does not answer, or refuses; in its words.
    """
    import httpx

    cursor: str | None = None
    with httpx.Client(base_url=settings.api_url, timeout=60) as http:
        while True:
            page = {"limit": _PAGE} | ({} if cursor is None else {"cursor": cursor})
            try:
                answer = http.get("/api/v1/stations", params={**asked, **page})
            except httpx.TransportError as error:
                raise IsothermError(
                    f"The API at {settings.api_url} does not answer ({error}). Start it with "
                    "./isotherm up; ./isotherm status shows what runs."
                ) from error
            document = answer.json()
            if answer.is_error:
                raise SettingsError(str(document.get("detail", answer.text[:500])))
            yield from document["data"]
            cursor = document["next"]
            if cursor is None:
                return


def _tell(choice: StationChoice) -> None:
    for note in choice.notes:
        console.print(note, highlight=False, markup=False)
    if not choice.is_empty:
        described = choice.describe()
        console.print(f"{described[0].upper()}{described[1:]}.", highlight=False, markup=False)


def _show(found: list[dict[str, Any]]) -> None:
    if not found:
        console.print("No station that this Isotherm has fits. ./isotherm import brings others.")
        return
    table = Table()
    table.add_column("id", no_wrap=True)
    for name in ("name", "country"):
        table.add_column(name)
    for name in ("elevation", "years", "complete", "away"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found[:_SHOWN]:
        table.add_row(*_cells(one))
    console.print(table, markup=False)
    if len(found) > _SHOWN:
        console.print(f"These are the first {_SHOWN}; there are more. --json gives all.")


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    first, last = ((one[name] or "")[:_YEAR_LENGTH] for name in _PERIOD)
    completeness, elevation, away = (
        one["completeness"],
        one["elevation_m"],
        one["distance_km"],
    )
    return (
        one["station_id"],
        one["name"] or "",
        one["country_name"] or "",
        "" if elevation is None else f"{elevation:g} m",
        "-".join(dict.fromkeys(year for year in (first, last) if year)),
        "" if completeness is None else f"{completeness:.1%}",
        "" if away is None else f"{away:.1f} km",
    )


def _read_years(text: str) -> tuple[int, int]:
    first, _, last = text.partition(":")
    try:
        return int(first), int(last or first)
    except ValueError:
        raise SettingsError(f"Not years: {text!r}. Give one, or two as 2014:2016.") from None


def _run_import(settings: Settings, conf: dict[str, Any]) -> None:
    from isotherm.local.airflow_client import AirflowClient
    from isotherm.local.first_pipeline import IMPORT_DAG, follow_run
    from isotherm.local.pipeline_screen import RunScreen
    from isotherm.local.secret_files import airflow_logins

    if not settings.secrets_dir.is_dir():
        raise SettingsError(f"{settings.state_dir} was never started. Run ./isotherm up first.")
    password = airflow_logins(settings)["admin"]
    with AirflowClient(settings.airflow_api_url, "admin", password) as airflow:
        run_id = airflow.trigger(IMPORT_DAG, conf)
        address = f"{settings.airflow_url}/dags/{IMPORT_DAG}/runs/{run_id}"
        console.print(f"Follow it at {address}", highlight=False, soft_wrap=True)
        follow_run(airflow, settings, RunScreen(console, IMPORT_DAG, lambda _task: ""), run_id)
        plan = next(
            one for one in airflow.tasks(IMPORT_DAG, run_id) if one.task_id.endswith("plan_import")
        )
        console.print(airflow.log(IMPORT_DAG, run_id, plan), highlight=False, markup=False)
