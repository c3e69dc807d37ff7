"""What a person does with a job that waits for one: adopt, resubmit, recollect, accept-gaps, redrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from batchdrop import wiring
from batchdrop.errors import GoneMissing
from batchdrop.steps.operator import NotPossible
from batchdrop_cli.completing import JobArgument
from batchdrop_cli.desk import Desk, JsonOption, StackOption, at_desk
from batchdrop_cli.jobfiles import find_job, unknown
from batchdrop_cli.layout import counted
from batchdrop_cli.orders import at_work
from batchdrop_cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.ports import Row
    from batchdrop.steps.operator import Operator
    from batchdrop_cli.stacks import Stack

BatchArgument = Annotated[int, typer.Argument(metavar="BATCH", help="The number of the batch.")]
AllOption = Annotated[bool, typer.Option("--all-parked", help="Every batch that waits.")]
BatchesArgument = Annotated[list[int] | None, typer.Argument(metavar="[BATCH…]", help="Numbers of batches.")]


def adopt(
    context: typer.Context,
    job: JobArgument,
    batch: BatchArgument,
    ticket: Annotated[str, typer.Argument(metavar="TICKET", help="The service's job id.")],
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """The service did take the batch: go on with its job id. Costs nothing."""
    _act(context, stack, json, job, lambda operator: operator.adopt(job, batch, ticket))


def resubmit(
    context: typer.Context,
    job: JobArgument,
    batches: BatchesArgument = None,
    all_parked: AllOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: pay again if need be.")] = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Send batches again; shows what that may cost once more, and asks."""

    def act(operator: Operator) -> Row:
        numbers = _numbers(operator, job, "resubmit", batches, all_parked)
        price, unit = operator.price_of(job, numbers)
        batch = "1 batch" if len(numbers) == 1 else f"{len(numbers)} batches"
        question = f"Send {batch} again, for up to {counted(price, unit)} more?"
        if not yes and not typer.confirm(question, err=True):
            raise typer.Exit(1)
        return operator.resubmit(job, numbers)

    _act(context, stack, json, job, act)


def recollect(
    context: typer.Context,
    job: JobArgument,
    batches: BatchesArgument = None,
    all_parked: AllOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Fetch the results of batches again: a look each, nothing is sent."""
    _act(
        context,
        stack,
        json,
        job,
        lambda operator: operator.recollect(job, _numbers(operator, job, "recollect", batches, all_parked)),
    )


def accept_gaps(
    context: typer.Context,
    job: JobArgument,
    batches: BatchesArgument = None,
    all_parked: AllOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Count records without an answer as failed, UNACCOUNTED, and complete the job."""
    _act(
        context,
        stack,
        json,
        job,
        lambda operator: operator.accept_gaps(
            job, _numbers(operator, job, "accept-gaps", batches, all_parked)
        ),
    )


def redrive(
    context: typer.Context, job: JobArgument, stack: StackOption = None, json: JsonOption = False
) -> None:
    """Go on after what was in the way was put right. A secret, a plan, a host, a service that stood still."""
    _act(context, stack, json, job, lambda operator: operator.redrive(job))


def _numbers(
    operator: Operator, job: str, action: str, batches: list[int] | None, all_parked: bool
) -> list[int]:
    if all_parked:
        return operator.waiting(job, action)
    if not batches:
        raise Trouble("No batch is named.", "Give their numbers, or --all-parked.")
    return batches


def _act(
    context: typer.Context, name: str | None, json: bool, job: str, action: Callable[[Operator], Row]
) -> None:
    desk = at_desk(context, name, json)
    stack = desk.stack()
    at_work(stack)
    try:
        row = action(wiring.operator())
    except GoneMissing:
        raise unknown(stack, job) from None
    except NotPossible as no:
        raise Trouble(f"{job}: {no}.", f"See what waits: batchdrop show {job} --stack {stack.name}") from None
    _tell(desk, stack, row)


def _tell(desk: Desk, stack: Stack, row: Row) -> None:
    desk.terminal.emit(find_job(stack, row["id"]) or {"id": row["id"]})
    desk.terminal.say(f"{row['id']}: run {row['run']} has begun")
    desk.terminal.say(f"Follow it: batchdrop watch {row['id']} --stack {stack.name}")
