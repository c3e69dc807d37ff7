"""Jobs at a service that nobody here waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchdrop import wiring
from batchdrop.errors import BatchdropError
from batchdrop.services import SERVICES
from batchdrop.steps.orphans import Kin
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.exits import Exit
from batchdrop_cli.inside import enter
from batchdrop_cli.layout import counted
from batchdrop_cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Container

    from batchdrop.steps.orphans import Found
    from batchdrop_cli.desk import Desk

_NEEDED = {"BATCHDROP_TABLE": "TableName", "BATCHDROP_CALLBACK_SECRET": "CallbackSecretArn"}
_DO = {
    Kin.ADOPTABLE: "batchdrop adopt {job} {batch} {ticket}",
    Kin.ORPHAN: "delete it: --delete",  # but see _row
    Kin.FOREIGN: "",
}


def orphans(
    context: typer.Context,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete those whose batch has another job, each by its id.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    project: Annotated[
        str,
        typer.Option(
            "--project",
            metavar="PROJECT",
            help="HERE Tracking: the project's id or HRN, where it is not the secret's own.",
        ),
    ] = "",
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """List jobs at the services that nobody here waits for. Only where a service has a list of jobs."""
    desk = at_desk(context, stack, json)
    listing = [name for name in SERVICES if SERVICES[name].can.lists]
    enter(desk.stack(), _NEEDED, services=listing)
    configured = wiring.settings().secret_arns
    shown: list[dict[str, Any]] = []
    for service in [name for name in listing if name in configured] or listing:
        try:
            shown += _of(desk, service, project, delete=delete, yes=yes)
        except BatchdropError as no:
            raise Trouble(
                f"{service} cannot be asked for its jobs: {no}",
                "Check the secret, then try again.",
                exit=Exit.FAILED,
            ) from no
    desk.terminal.emit(shown)
    for service, why in left_out(configured):
        desk.terminal.say(f"{service}: not looked through, for {why}.")


def left_out(configured: Container[str]) -> list[tuple[str, str]]:
    """Services that are not looked through, and why."""
    why = {True: "the stack has no secret for it", False: "it has no list"}
    return [
        (name, why[SERVICES[name].can.lists])
        for name in sorted(SERVICES)
        if not SERVICES[name].can.lists or name not in configured
    ]


def _of(desk: Desk, service: str, project: str, *, delete: bool, yes: bool) -> list[dict[str, Any]]:
    step = wiring.orphans(service, _params(project))
    found = list(step())
    rows = [_row(service, each) for each in found]
    desk.terminal.table(
        ("service", "ticket", "status", "created", "is", "job", "batch", "what to do"),
        [tuple(str(cell) for cell in row.values()) for row in rows],
    )
    if not found:
        desk.terminal.say(f"{service}: no orphans.")
    spare = [each for each in found if each.kin is Kin.ORPHAN and SERVICES[service].can.deletes]
    if not (delete and spare):
        return rows
    if not yes and not typer.confirm(f"Delete {counted(len(spare), 'jobs')} at {service}?", err=True):
        raise typer.Exit(1)
    gone = sum(step.delete(each) for each in spare)
    desk.terminal.say(f"{service}: {gone} deleted.")
    return [{**row, "deleted": row["is"] == Kin.ORPHAN} for row in rows]


def _params(project: str) -> dict[str, str]:
    """The project as a route's parameter."""
    if not project:
        return {}
    return {"projectHrn" if project.startswith("hrn:") else "projectId": project}


def _row(service: str, found: Found) -> dict[str, Any]:
    listed, ticket = found.listed, found.listed.ticket.id
    do = _DO[found.kin].format(job=found.job, batch=found.batch, ticket=ticket)
    if found.kin is Kin.ORPHAN and not SERVICES[service].can.deletes:
        do = "nothing: the service deletes it by itself"
    return {
        "service": service,
        "ticket": ticket,
        "status": listed.status,
        "created": listed.created,
        "is": found.kin.value,
        "job": found.job,
        "batch": found.batch or "",
        "do": do,
    }
