"""Jobs at a service that nobody here waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchdrop import wiring
from batchdrop.errors import BatchdropError
from batchdrop.services import LISTING, SERVICES
from batchdrop.steps.orphans import Kin
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.exits import Exit
from batchdrop_cli.inside import enter
from batchdrop_cli.layout import counted
from batchdrop_cli.trouble import Trouble

if TYPE_CHECKING:
    from batchdrop.steps.orphans import Found
    from batchdrop_cli.desk import Desk

_NEEDED = {"BATCHDROP_TABLE": "TableName", "BATCHDROP_CALLBACK_SECRET": "CallbackSecretArn"}
_DO = {
    Kin.ADOPTABLE: "batchdrop adopt {job} {batch} {ticket}",
    Kin.ORPHAN: "delete it: --delete",
    Kin.FOREIGN: "",
}


def orphans(
    context: typer.Context,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete those whose batch has another job, each by its id.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """List jobs at the services that nobody here waits for. Only where a service's list says whose a job is."""
    desk = at_desk(context, stack, json)
    enter(desk.stack(), _NEEDED, services=LISTING)
    shown: list[dict[str, Any]] = []
    for service in LISTING:
        try:
            shown += _of(desk, service, delete=delete, yes=yes)
        except BatchdropError as no:
            raise Trouble(
                f"{service} cannot be asked for its jobs: {no}",
                "Check the secret, then try again.",
                exit=Exit.FAILED,
            ) from no
    desk.terminal.emit(shown)
    for service, why in left_out():
        desk.terminal.say(f"{service}: not looked through, for {why}.")


def left_out() -> list[tuple[str, str]]:
    """Services that are not looked through, and why. One whose list does not name our tags can be asked for one batch's job only."""
    why = {
        True: "its list does not say whose a job is; the machine itself looks there for a job it lost",
        False: "it has no list",
    }
    return [
        (service, why[SERVICES[service].can.finds_lost]) for service in sorted(set(SERVICES) - set(LISTING))
    ]


def _of(desk: Desk, service: str, *, delete: bool, yes: bool) -> list[dict[str, Any]]:
    step = wiring.orphans(service)
    found = list(step())
    rows = [_row(service, each) for each in found]
    desk.terminal.table(
        ("service", "ticket", "status", "created", "is", "job", "batch", "what to do"),
        [tuple(str(cell) for cell in row.values()) for row in rows],
    )
    if not found:
        desk.terminal.say(f"{service}: no orphans.")
    spare = [each for each in found if each.kin is Kin.ORPHAN]
    if not (delete and spare):
        return rows
    if not yes and not typer.confirm(f"Delete {counted(len(spare), 'jobs')} at {service}?", err=True):
        raise typer.Exit(1)
    gone = sum(step.delete(each) for each in spare)
    desk.terminal.say(f"{service}: {gone} deleted.")
    return [{**row, "deleted": row["is"] == Kin.ORPHAN} for row in rows]


def _row(service: str, found: Found) -> dict[str, Any]:
    listed, ticket = found.listed, found.listed.ticket.id
    return {
        "service": service,
        "ticket": ticket,
        "status": listed.status,
        "created": listed.created,
        "is": found.kin.value,
        "job": found.job,
        "batch": found.batch or "",
        "do": _DO[found.kin].format(job=found.job, batch=found.batch, ticket=ticket),
    }
