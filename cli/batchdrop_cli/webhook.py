"""The webhook by which services ring a stack: make its secret anew, and see whether it rings."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Annotated

import typer

from batchdrop import wiring
from batchdrop.aws.clients import client
from batchdrop.aws.path_secret import FRESH_SECONDS
from batchdrop.errors import BatchdropError
from batchdrop.services import RINGING
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.exits import Exit
from batchdrop_cli.inside import enter
from batchdrop_cli.trouble import Trouble

if TYPE_CHECKING:
    from batchdrop.steps.doorbell import Doorbell

app = typer.Typer(no_args_is_help=True, help="The webhook by which services ring the stack when a job ends.")

_NEEDED = {
    "BATCHDROP_TABLE": "TableName",
    "BATCHDROP_CALLBACK_URL": "CallbackUrl",
    "BATCHDROP_CALLBACK_SECRET": "CallbackSecretArn",
}
_PAUSE = 0.5
_AGAIN = (
    FRESH_SECONDS + 1
)  # a container that has only just read the secret learns of a new one after that time


@app.command("rotate")
def rotate(context: typer.Context, stack: StackOption = None, json: JsonOption = False) -> None:
    """Make a new secret for the webhook's path. The one before it stays valid until the next rotation."""
    desk = at_desk(context, stack, json)
    enter(desk.stack(), _NEEDED)
    arn = wiring.settings().callback_secret
    client("secretsmanager").put_secret_value(SecretId=arn, SecretString=secrets.token_urlsafe(32))
    desk.terminal.emit({"rotated": True})
    desk.terminal.say("A new secret is valid, and the one before it until you rotate again.")
    desk.terminal.say(
        "Services are told where to ring when the next batch is sent; `batchdrop webhook test` tells them now."
    )


@app.command("test")
def try_it(
    context: typer.Context,
    wait: Annotated[int, typer.Option("--wait", min=1, help="Seconds to wait for the call.")] = 30,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Have the service call the stack with made-up values, and see whether the call arrives."""
    desk = at_desk(context, stack, json)
    enter(desk.stack(), _NEEDED, services=RINGING)
    found = []
    for service in RINGING:
        bell = wiring.doorbell(service)
        try:
            registration, heard = _tried(bell, wait)
        except BatchdropError as no:
            raise Trouble(f"{service} cannot be asked to ring: {no}", _REMEDY, exit=Exit.FAILED) from no
        found.append({"service": service, "registration": registration, "heard": heard})
        desk.terminal.say(f"{service}: {'rings' if heard else 'was not heard'} ({registration})")
    desk.terminal.emit(found)
    if not all(entry["heard"] for entry in found):
        raise Trouble(f"No call has arrived within {wait} s.", _REMEDY, exit=Exit.FAILED)


_REMEDY = "Jobs finish all the same, by polling. Look at the API of the stack and at the log of its function callback."


def _tried(bell: Doorbell, wait: float) -> tuple[str, bool]:
    """Have the service call, again and again, until a call is heard or the time is over: the registration, and which."""
    end = time.monotonic() + wait
    while True:
        registration = bell.test()
        again = min(end, time.monotonic() + _AGAIN)
        while time.monotonic() < again:
            if bell.heard():
                return registration, True
            time.sleep(_PAUSE)
        if again == end:
            return registration, False
