"""The options every command knows, and what they come to: a terminal and, when asked for, a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from batchdrop_cli import simulated, stacks
from batchdrop_cli.terminal import Terminal

_STACK_HELP = "The CloudFormation stack; 'sandbox' is that of `batchdrop sandbox up`. Or set BATCHDROP_STACK."

StackOption = Annotated[str | None, typer.Option("--stack", metavar="NAME", help=_STACK_HELP)]
# Only the option before the command reads the environment: else it would win over one typed there.
FirstStackOption = Annotated[
    str | None,
    typer.Option("--stack", metavar="NAME", help=_STACK_HELP, envvar="BATCHDROP_STACK", show_envvar=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Nothing but JSON on stdout.")]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a command works: its terminal, and the name of its stack."""

    terminal: Terminal
    stack_name: str | None

    def stack(self) -> stacks.Stack:
        """The stack, found now. Raises Trouble when there is none."""
        asks_for_sandbox = self.stack_name in (None, stacks.SANDBOX)
        return stacks.find(self.stack_name, simulated.running() if asks_for_sandbox else None)


def at_desk(context: typer.Context, stack: str | None, json: bool) -> Desk:
    """The options given before the command (in the root context) joined with those given after it, which win."""
    root = context.find_root().params
    return Desk(Terminal.open(json=json or bool(root.get("json"))), stack or root.get("stack"))
