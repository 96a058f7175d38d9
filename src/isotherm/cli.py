"""The command line: `./isotherm up | down | status | stations | import | holes | logs | test | ...`."""

import json
import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from isotherm.errors import IsothermError, SettingsError, reason_of
from isotherm.holes import HoleKind
from isotherm.local import backup_commands, executor_commands, station_commands
from isotherm.settings import REPOSITORY_ROOT, load_settings

app = typer.Typer(
    help="Hourly air temperature of the world's weather stations: live, historical, tomorrow's.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()
PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

Archive = Annotated[
    str | None,
    typer.Option(
        help="noaa, simulated, or a directory or http(s) root laid out as NOAA lays it out. "
        "Default: the state folder's own, else noaa."
    ),
]


@app.command()
def up(
    archive: Archive = None,
    until_done: Annotated[bool, typer.Option("--until-done", help="Stop after the first run.")] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return after the first run; the servers go on.")
    ] = False,
    cluster: Annotated[
        bool,
        typer.Option(
            "--cluster",
            help="Three brokers and DataNodes, two Spark workers and sinks; for a new state folder.",
        ),
    ] = False,
) -> None:
    """Set up what is missing, start every server, run the pipeline once, and serve until Ctrl-C."""
    from isotherm.local import commands

    if cluster:
        os.environ["ISOTHERM_CLUSTER"] = "true"
    raise typer.Exit(commands.up(archive, until_done=until_done, detach=detach, console=console))


@app.command()
def down() -> None:
    """Stop every server; the data stays."""
    from isotherm.local import commands

    raise typer.Exit(commands.down(console))


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show every server: state, process, port, memory."""
    from isotherm.local import screen
    from isotherm.local import status as statuses
    from isotherm.local.command_settings import running_elsewhere, settings_in_use
    from isotherm.local.folders import is_state_dir

    settings = settings_in_use()
    if as_json:
        typer.echo(json.dumps(statuses.read_status(settings), indent=2))
        return
    servers = statuses.all_statuses(settings)
    first_run = statuses.first_run_state(settings) if is_state_dir(settings.state_dir) else "not begun"
    screen.print_servers(console, servers, first_run)
    screen.print_folder(console, settings, running_elsewhere(settings))


app.command()(station_commands.stations)
app.command("import")(station_commands.import_years)
app.command()(backup_commands.backup)
app.command()(backup_commands.restore)
app.command("airflow-on")(executor_commands.airflow_on)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="A server, as in `status`.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it is written.")] = False,
    lines: Annotated[int, typer.Option(help="How many of the last lines.")] = 200,
) -> None:
    """Show a server's log."""
    from isotherm.local.command_settings import settings_in_use
    from isotherm.local.log_files import show_log

    show_log(settings_in_use(), name, follow=follow, lines=lines)


@app.command(context_settings=PASS_THROUGH)
def test(context: typer.Context) -> None:
    """Run the tests; arguments go to pytest, a folder's name first. All run in a few processes."""
    from isotherm.local.test_run import is_whole, possible_lanes, run_tests, with_folders

    _set_up_all(for_tests=True)
    arguments = with_folders(context.args, REPOSITORY_ROOT)
    command = [sys.executable, "-m", "pytest", *arguments]
    lanes = possible_lanes() if is_whole(context.args) else 1
    raise typer.Exit(run_tests(command, _tool_environment(), REPOSITORY_ROOT, lanes=lanes))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One question; default: list them.")] = None,
) -> None:
    """Run a benchmark by its name; further arguments go to it."""
    folder = REPOSITORY_ROOT / "benchmarks"
    names = sorted(one.stem for one in folder.glob("*.py") if not one.stem.startswith("_"))
    if name is None:
        console.print("Benchmarks: " + (", ".join(names) or "none yet"))
        return
    if name not in names:
        raise SettingsError(f"No benchmark {name!r}. There are: {', '.join(names) or 'none yet'}.")
    _set_up_all()
    command = [sys.executable, str(folder / f"{name}.py"), *context.args]
    raise typer.Exit(_run(command, _tool_environment()))


@app.command("systemd-unit")
def systemd_unit() -> None:
    """Print a systemd unit of your user that keeps this Isotherm running."""
    from isotherm.local.command_settings import settings_in_use
    from isotherm.local.systemd_unit import unit_text

    typer.echo(unit_text(settings_in_use()), nl=False)


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop everything and delete the state folder, with all data; the tools stay."""
    from isotherm.local import commands
    from isotherm.local.folders import delete_state_dir, require_our_state_dir

    state_dir = load_settings().state_dir
    if not state_dir.exists():
        console.print(f"There is nothing in {state_dir}.", highlight=False)
        return
    require_our_state_dir(state_dir)
    if not yes:
        typer.confirm(f"Delete all data, logs and passwords in {state_dir}?", abort=True)
    commands.down(console)
    delete_state_dir(state_dir)
    console.print(f"Deleted {state_dir}.", highlight=False)


@app.command()
def holes(
    station: Annotated[str | None, typer.Argument(help="A station id; default: all stations.")] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, UTC, inclusive.")
    ] = None,
    kind: Annotated[HoleKind | None, typer.Option(help="Only of this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show the days that are missing, late or thin, and the commands that fetch them."""
    from isotherm.local import hole_screen
    from isotherm.local.command_settings import settings_in_use

    found = hole_screen.read_holes(
        settings_in_use(),
        station=station,
        first_day=first.date() if first else date.min,
        last_day=last.date() if last else date.max,
        kind=kind,
        limit=limit,
    )
    if as_json:
        typer.echo(hole_screen.as_json(found, limit))
    else:
        hole_screen.print_holes(console, found, limit)


@app.command(context_settings=PASS_THROUGH)
def airflow(context: typer.Context) -> None:
    """Airflow's own command line, with the settings of the running servers."""
    from isotherm.local import airflow_backfill
    from isotherm.local.command_settings import settings_in_use
    from isotherm.local.processes import INSTANCE_VARIABLE
    from isotherm.local.servers.airflow import airflow_environment

    settings = settings_in_use()
    if not settings.secrets_dir.is_dir():
        raise SettingsError(f"{settings.state_dir} was never started. Run ./isotherm up first.")
    environment = airflow_environment(settings)
    del environment[INSTANCE_VARIABLE]  # it is the person's process, not one of the servers'
    module = "airflow"
    if tuple(context.args[:2]) == airflow_backfill.COMMAND:
        module, environment = airflow_backfill.MODULE, environment | airflow_backfill.QUIET
    raise typer.Exit(_run([sys.executable, "-m", module, *context.args], environment))


def _set_up_all(*, for_tests: bool = False) -> None:
    """Do every step of set-up here and now, the tests' own too."""
    from isotherm.local.steps import ensure_all, setup_steps
    from isotherm.local.tools import Tools

    tools = Tools.of(load_settings())
    ensure_all(setup_steps(tools, for_tests=for_tests), tools, console.print)


def _tool_environment() -> dict[str, str]:
    """What tests and benchmarks need to find Java and our interpreter."""
    tools = load_settings().tools_dir
    path = [str(Path(sys.executable).parent), str(tools / "java" / "bin"), os.environ.get("PATH", "")]
    return {
        **os.environ,
        "PATH": os.pathsep.join(path),
        "JAVA_HOME": str(tools / "java"),
        "PYSPARK_PYTHON": sys.executable,
    }


def _run(command: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(command, env=environment, cwd=REPOSITORY_ROOT, check=False).returncode


def main() -> None:
    """Run the command line; an error we know is told in words, not as a traceback."""
    try:
        app(prog_name="./isotherm")
    except (IsothermError, PermissionError) as error:
        console.print(f"[red]{type(error).__name__}[/red]: ", end="")
        reason = reason_of(error, "isotherm")
        console.print(reason, markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
