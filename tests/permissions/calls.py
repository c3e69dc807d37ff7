"""The calls that AWS must allow: those that tests recorded, and those that AWS makes with a role by itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.permissions.roles import ACCOUNT, PARAMETERS, REGION, deployed, principals
from tests.template.loading import as_list, load_definition, states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = "batchdrop "
"""Before the name of a command that made a call."""


@dataclass(frozen=True, slots=True)
class Call:
    """One action of somebody on one resource."""

    principal: str
    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict, hash=False)


def recorded(folder: Path) -> list[Call]:
    """Return what the tests of this run have recorded, each combination once."""
    found: dict[tuple[str, str, str], Call] = {}
    everybody = principals()
    variables = everybody["submit"].variables | everybody["jobs_api"].variables
    for file in sorted(folder.glob("*.jsonl")):
        for line in map(json.loads, file.read_text().splitlines()):
            who = everybody.get(line["principal"])
            resource = resource_of(
                line["resource"], who.variables if who else {**_all_variables(), **variables}
            )
            if resource is None:
                continue
            call = Call(line["principal"], line["action"], resource, line["context"])
            shape = re.sub(r"[0-9a-f]{8,}|\d+", "#", f"{resource} {json.dumps(call.context)}")
            found.setdefault((call.principal, call.action, shape), call)
    return list(found.values())


def resource_of(recorded: str, variables: dict[str, str]) -> str | None:
    """Return the ARN of a recorded resource in the template's own deployment; None for a key that an object has none of.

    Names that no variable of the caller holds stay as they are: no policy will know them.
    """

    def named(found: re.Match[str]) -> str:
        return variables.get(found[1], found[1]).split(",")[0]

    kind, _, rest = recorded.partition(":")
    rest = re.sub(r"\{([A-Z0-9_]+)\}", named, rest)
    if kind == "key":
        return _key_of(rest, variables)
    return {
        "table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{rest}",
        "bus": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{rest}",
        "queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{rest.rpartition('/')[2]}",
        "execution": rest.replace(":stateMachine:", ":execution:"),
        "stack": deployed().value({"Ref": "AWS::StackId"}),
    }.get(kind) or re.sub(r"\{([A-Z0-9_]+)\}", named, recorded)


def _key_of(protected: str, variables: dict[str, str]) -> str | None:
    """Return the KMS key of a bucket or a secret; the results bucket and the callback's secret have AWS's own."""
    if protected == variables.get("BATCHDROP_INBOX_BUCKET"):
        return str(PARAMETERS["InboxKeyArn"])
    of_the_stack = variables.get("BATCHDROP_CALLBACK_SECRET")
    is_customers = ":secretsmanager:" in protected and protected != of_the_stack
    return str(PARAMETERS["SecretsKeyArn"]) if is_customers else None


def _all_variables() -> dict[str, str]:
    return {name: value for each in principals().values() for name, value in each.variables.items()}


def made_by_aws() -> Iterator[Call]:
    """Yield what Lambda and Step Functions do with the roles they are given, by their documentation."""
    yield from _event_sources()
    yield from _definition()


def _event_sources() -> Iterator[Call]:
    """Polling of queues and streams, and where failures go ([doc] Lambda: permissions of event source mappings)."""
    stack = deployed()
    polling = {
        "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        "dynamodb": (
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        ),
    }
    for each in stack.template["Resources"].values():
        properties = each.get("Properties", {})
        if each["Type"] == "AWS::Lambda::EventSourceMapping":
            source = stack.value(properties["EventSourceArn"])
            who = _folder(properties["FunctionName"]["Ref"])
            for action in polling[source.split(":")[2]]:
                yield Call(who, action, "*" if action == "dynamodb:ListStreams" else source)
        elif each["Type"] == "AWS::Lambda::EventInvokeConfig":
            who = _folder(properties["FunctionName"]["Ref"])
        else:
            continue
        failures = properties.get("DestinationConfig", {}).get("OnFailure")
        if failures:
            yield Call(who, "sqs:SendMessage", stack.value(failures["Destination"]))


def _folder(function: str) -> str:
    words = re.findall(r"[A-Z][a-z]+", function.removesuffix("Function"))
    return "_".join(words).lower()


def _definition() -> Iterator[Call]:
    """The state machine's tasks; a Distributed Map; delivery of its log."""
    stack = deployed()
    machine = stack.value({"Ref": "BatchJob"})
    for state in states(load_definition()).values():
        if "FunctionName" in state.get("Parameters", {}):
            function = re.sub(r"[${}]", "", state["Parameters"]["FunctionName"])
            yield Call("machine", "lambda:InvokeFunction", stack.value({"Fn::GetAtt": [function, "Arn"]}))
        elif "TableName" in state.get("Parameters", {}):
            context = {"dynamodb:LeadingKeys": ["job#a-0123456789abcdef"]}
            yield Call(
                "machine", "dynamodb:UpdateItem", stack.value({"Fn::GetAtt": ["Table", "Arn"]}), context
            )
    child = machine.replace(":stateMachine:", ":execution:") + ":0f1e2d3c"
    yield Call("machine", "states:StartExecution", machine)
    yield Call("machine", "states:DescribeExecution", child)
    yield Call("machine", "states:StopExecution", child)
    for action in as_list(_LOG_DELIVERY):
        yield Call("machine", f"logs:{action}", "*")


_LOG_DELIVERY = [
    "CreateLogDelivery",
    "DeleteLogDelivery",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "GetLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "UpdateLogDelivery",
]
"""[doc] Step Functions: logging to CloudWatch Logs."""
