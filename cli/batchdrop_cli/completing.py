"""Arguments that the shell can complete: routes, and jobs of the stack that is named."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Annotated

import typer

from batchdrop.routes import BUILT_IN
from batchdrop_cli import simulated, stacks
from batchdrop_cli.jobfiles import job_ids
from batchdrop_cli.routes import defined
from batchdrop_cli.stacks import AWS_ERRORS, Stack
from batchdrop_cli.trouble import Trouble

MOST = 100
"""Jobs offered at a time."""


def _stack(context: typer.Context) -> Stack | None:
    """The stack the line names so far; None when there is none or it does not answer: the shell must never see an error."""
    name = (
        context.params.get("stack")
        or context.find_root().params.get("stack")
        or os.environ.get("BATCHDROP_STACK")
    )
    if not name:
        return None
    try:
        return stacks.find(name, simulated.running())
    except (Trouble, *AWS_ERRORS):
        return None


def complete_job(context: typer.Context, incomplete: str) -> list[str]:
    """Ids of jobs that begin so."""
    stack = _stack(context)
    try:
        return job_ids(stack, incomplete)[:MOST] if stack else []
    except AWS_ERRORS:
        return []


def complete_route(context: typer.Context, incomplete: str) -> list[str]:
    """Names of routes that begin so: built in, and those of the stack's inbox bucket."""
    names = set(BUILT_IN)
    stack = _stack(context)
    with suppress(*AWS_ERRORS):
        names |= {name for name, _ in defined(stack)} if stack else set()
    return sorted(name for name in names if name.startswith(incomplete))


JobArgument = Annotated[
    str, typer.Argument(metavar="JOB", help="The id of the job.", autocompletion=complete_job)
]
RouteOption = Annotated[
    str,
    typer.Option(
        "--route",
        metavar="R",
        help="The route; `batchdrop routes` lists them.",
        autocompletion=complete_route,
    ),
]
