"""The `batchdrop` command: its options, its commands, and how errors leave it."""

import io
import sys
from collections.abc import Sequence
from importlib.metadata import version as version_of
from typing import Annotated

import typer

from batchdrop.library_logs import protect_library_logs
from batchdrop_cli import (
    checking,
    fetching,
    jobs,
    merging,
    operating,
    orders,
    orphans,
    putting,
    routes,
    sandbox,
    watching,
    webhook,
)
from batchdrop_cli.desk import FirstStackOption, JsonOption
from batchdrop_cli.stacks import AWS_ERRORS, explain
from batchdrop_cli.terminal import Terminal
from batchdrop_cli.trouble import Trouble
from batchdrop_cli.usage import PlainSpoken

app = typer.Typer(
    name="batchdrop",
    cls=PlainSpoken,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "terminal_width": 100},
)


def say_version(asked: bool) -> None:
    """Print `batchdrop <version>` and end, when it is asked for."""
    if asked:
        Terminal.open(json=False).say(f"batchdrop {version_of('batchdrop')}")
        raise typer.Exit


@app.callback()
def options(
    stack: FirstStackOption = None,
    json: JsonOption = False,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=say_version, help="Print the version and exit."),
    ] = False,
) -> None:
    """Drop a file of addresses or coordinates into S3; get it back processed by a batch service.

    Exit codes: 0 completed; 1 failure, or stopped; 2 wrong usage or a refused file; 4 a person is needed;
    130 Ctrl-C.
    """


app.command("put")(putting.put)
app.command("check")(checking.check)
app.command("show")(watching.show)
app.command("watch")(watching.watch)
app.command("fetch")(fetching.fetch)
app.command("merge")(merging.merge_jobs)
app.command("start")(orders.start)
app.command("stop")(orders.stop)
app.command("delete")(orders.delete)
app.command("adopt")(operating.adopt)
app.command("resubmit")(operating.resubmit)
app.command("recollect")(operating.recollect)
app.command("accept-gaps")(operating.accept_gaps)
app.command("redrive")(operating.redrive)
app.command("orphans")(orphans.orphans)
app.command("jobs")(jobs.jobs)
app.command("routes")(routes.routes)
app.add_typer(webhook.app, name="webhook")
app.add_typer(sandbox.app, name="sandbox")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. Errors go to stderr: what is wrong, then what to do."""
    protect_library_logs()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # as stderr: a letter that cannot be written is spelled out
    try:
        app(args=None if arguments is None else list(arguments), prog_name="batchdrop")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Trouble as trouble:
        return _say(trouble)
    except AWS_ERRORS as error:
        return _say(explain(error))
    return 0


def _say(trouble: Trouble) -> int:
    lines = [line for line in (trouble.message, trouble.remedy) if line]
    sys.stderr.write("\n".join(lines) + "\n")
    return trouble.exit
