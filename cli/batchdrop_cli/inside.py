"""Work as the stack's own functions do: this process finds in its environment what they find in theirs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from batchdrop import wiring
from batchdrop.aws.clients import client
from batchdrop.aws.secrets import parameter_of
from batchdrop.observe import logger
from batchdrop_cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from batchdrop_cli.stacks import Stack


def enter(stack: Stack, needed: Mapping[str, str], *, services: Iterable[str] = ()) -> None:
    """Set the variables `needed` (variable → output of the stack), and what it takes to talk to `services`.

    Raises Trouble when the stack lacks an output.
    """
    missing = [output for output in needed.values() if output not in stack.outputs]
    if missing:
        raise Trouble(
            f"The stack {stack.name!r} has no output {', '.join(missing)}.",
            "Deploy the current template, or check --stack.",
        )
    os.environ.update(stack.environment)
    os.environ.update({name: stack.outputs[output] for name, output in needed.items()})
    logger.setLevel("WARNING")  # stdout is the command's own
    wiring.forget()
    for service in services:
        _lend(stack, service)
    wiring.forget()


def _lend(stack: Stack, service: str) -> None:
    """The service's secret and, on the sandbox, where it is simulated. Reading the secret takes the person's own rights."""
    name = stack.environment.get("BATCHDROP_STACK", stack.name)
    described = client("cloudformation").describe_stacks(StackName=name)
    given = {
        each["ParameterKey"]: each.get("ParameterValue", "") for each in described["Stacks"][0]["Parameters"]
    }
    os.environ["BATCHDROP_SIMULATOR_ENDPOINTS"] = given.get("SimulatorEndpoints", "")
    os.environ["BATCHDROP_BASE_URLS"] = given.get("BaseUrls", "")
    os.environ[f"BATCHDROP_SECRET_{service.upper()}"] = given.get(parameter_of(service), "")
