"""`batchdrop sandbox`: the whole product on this machine, with simulated services and no account."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import typer

from batchdrop_cli import demo, simulated, summary, tour
from batchdrop_cli.completing import RouteOption
from batchdrop_cli.desk import JsonOption, at_desk
from batchdrop_cli.dropping import check_file, key_of
from batchdrop_cli.exits import Exit, exit_of
from batchdrop_cli.fetching import OutOption, reserved
from batchdrop_cli.putting import FileArgument
from batchdrop_cli.routes import route_of
from batchdrop_cli.trial import billed, process
from batchdrop_cli.trouble import Trouble
from batchdrop_cli.watching import show_job

app = typer.Typer(
    name="sandbox",
    help="The whole product on this machine, with simulated services.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def up(
    context: typer.Context,
    events_to: Annotated[
        str,
        typer.Option(
            "--events-to",
            metavar="URL",
            help="Deliver events, signed, to a server of yours: http://127.0.0.1:PORT/WORD.",
        ),
    ] = "",
    json: JsonOption = False,
) -> None:
    """Boot a sandbox that stays; other commands reach it with --stack sandbox."""
    desk = at_desk(context, None, json)
    staying = simulated.up(desk.terminal.say, events_to)
    desk.terminal.emit({"stack": simulated.NAME, **asdict(staying)})
    desk.terminal.say("The sandbox is up.", style="bold green")
    for label, value in (("aws", staying.environment["AWS_ENDPOINT_URL"]), *staying.simulators.items()):
        desk.terminal.say(f"  {label:<14}  {value}")
    desk.terminal.say("Use it:  batchdrop put FILE --route geoapify-geocode --wait --stack sandbox")
    desk.terminal.say("End it:  batchdrop sandbox down")


@app.command()
def down(context: typer.Context, json: JsonOption = False) -> None:
    """End the sandbox that `sandbox up` booted; its buckets go with it."""
    desk = at_desk(context, None, json)
    simulated.down()
    desk.terminal.emit({"stack": simulated.NAME, "up": False})
    desk.terminal.say("The sandbox is down.")


@app.command()
def run(
    context: typer.Context,
    file: FileArgument,
    route: RouteOption,
    out: OutOption,
    define: Annotated[
        Path | None,
        typer.Option(
            "--define", metavar="JSON", help="Define the route first, with this file as routes/<R>.json."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Boot a sandbox, process FILE in it, bring everything into DIR, and take it down."""
    desk = at_desk(context, None, json)
    check_file(file)
    key_of(route, file.name)
    if define is not None:
        check_file(define)
    route_of(route, define)
    with (
        reserved(out, simulated=True),
        _interruptible(),
        simulated.temporary(desk.terminal.say) as running,
    ):
        if define is not None:
            key = f"routes/{route}.json"
            running.stack.s3.put_object(Bucket=running.stack.inbox, Key=key, Body=define.read_bytes())
        trial = process(desk.terminal, running, file, route, out)
    desk.terminal.emit(trial.to_dict())
    unit = (trial.job.get("price") or {}).get("unit", "")
    show_job(desk.terminal, trial.job, [*summary.facts(trial.job, trial.files), *billed(trial.ledger, unit)])
    raise typer.Exit(exit_of(trial.job))


@app.command("demo")
def show_demo(context: typer.Context, json: JsonOption = False) -> None:
    """Send the shipped file of 2,520 real addresses through two simulated services."""
    desk = at_desk(context, None, json)
    out = simulated.demo_folder()
    with ExitStack() as held:
        for route in demo.ROUTES:
            held.enter_context(reserved(out / route, simulated=True))
        held.enter_context(_interruptible())
        running = held.enter_context(simulated.temporary(desk.terminal.say))
        trials = [process(desk.terminal, running, demo.FILE, route, out / route) for route in demo.ROUTES]
    shown = [demo.examine(trial) for trial in trials]
    desk.terminal.emit({"runs": [entry.to_dict() for entry in shown]})
    demo.tell(desk.terminal, shown)
    raise typer.Exit(max(exit_of(trial.job) for trial in trials))


@app.command("tour")
def show_tour(
    context: typer.Context,
    table: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
    json: JsonOption = False,
) -> None:
    """Send one small file through every API of every simulated service."""
    desk = at_desk(context, None, json)
    out = simulated.demo_folder().with_name("tour")
    with _interruptible(), simulated.temporary(desk.terminal.say) as running:

        def define(route: str, entry: dict[str, Any]) -> None:
            body = dumps(entry).encode()
            running.stack.s3.put_object(Bucket=running.stack.inbox, Key=f"routes/{route}.json", Body=body)

        made = tour.travel(desk.terminal, running, out, define)
    desk.terminal.emit({"stops": tour.documents(made)})
    if table:
        desk.terminal.say(tour.markdown(made))
    else:
        desk.terminal.table(tour.HEADINGS, [stop.row() for stop in made], right=range(2, 6))


@app.command()
def simulators(json: JsonOption = False) -> None:  # noqa: ARG001 - it speaks JSON with and without
    """Serve only the simulators until Ctrl-C; prints their base URLs as one JSON object."""
    simulated.serve()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C takes the sandbox down before this says so."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Trouble(
            "Interrupted: the sandbox is down, nothing is left running.", exit=Exit.INTERRUPTED
        ) from stop
