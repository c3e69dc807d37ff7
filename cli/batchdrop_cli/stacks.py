"""Finding a stack by its name through CloudFormation, or the sandbox through its state; and what AWS errors mean."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError, ProfileNotFound

from batchdrop.aws.table import DynamoTable
from batchdrop_cli.exits import Exit
from batchdrop_cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

SANDBOX = "sandbox"
AWS_ERRORS = (BotoCoreError, ClientError)
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 6}, user_agent_extra="batchdrop-cli")


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed batchdrop.

    created: when the stack was made, in seconds since the epoch; 0 where that does not matter. private_names: job ids leave the file name out. events_name_versions: upload events carry the version id, so job ids
    are known in advance; the local AWS's do not [measured]. interval: seconds between two looks. input_days: for how long
    the same bytes are held. environment: AWS_… variables
    that reach it, where it is not the person's own.
    """

    name: str
    inbox: str
    results: str
    s3: S3Client
    private_names: bool = False
    events_name_versions: bool = True
    interval: float = 2.0
    input_days: int = 30
    created: float = 0.0
    outputs: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def find(name: str | None, sandbox: Sandboxed | None = None) -> Stack:
    """The stack of that name; the name `sandbox` means the sandbox that is up. Raises Trouble when there is none."""
    if not name:
        up = f" A sandbox is up: --stack {SANDBOX}." if sandbox is not None else ""
        raise Trouble("No stack is named.", f"Give --stack NAME, or set BATCHDROP_STACK.{up}")
    if name == SANDBOX:
        if sandbox is None:
            raise Trouble("No sandbox is up.", "Start one: batchdrop sandbox up")
        return from_environment(sandbox)
    return _deployed(name)


@dataclass(frozen=True, slots=True)
class Sandboxed:
    """What is needed to reach a sandbox: AWS_… variables and the outputs of its stack."""

    environment: Mapping[str, str]
    outputs: Mapping[str, str]


def from_environment(sandbox: Sandboxed) -> Stack:
    """The sandbox as a stack: its endpoint and its made-up credentials, never those of the person."""
    environment = sandbox.environment
    session = _session_of(environment)
    client = session.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"], config=_CONFIG)
    stack = _stack(SANDBOX, client, sandbox.outputs, {})
    return replace(stack, events_name_versions=False, interval=0.2, environment=environment)


def table_of(stack: Stack) -> DynamoTable | None:
    """Return the stack's table, with the person's own rights; None where the stack does not name one."""
    if "TableName" not in stack.outputs:
        return None
    environment = stack.environment
    session = _session_of(environment) if environment else Session()
    client = session.client("dynamodb", endpoint_url=environment.get("AWS_ENDPOINT_URL"), config=_CONFIG)
    return DynamoTable(client, stack.outputs["TableName"])


def explain(error: Exception) -> Trouble:
    """An AWS error as Trouble: which call was refused, and what to do."""
    if isinstance(error, NoCredentialsError | NoRegionError | ProfileNotFound):
        return Trouble(
            f"AWS cannot be reached: {error}", "Set AWS_PROFILE, or the credentials and AWS_REGION."
        )
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "an error")
        remedy = {
            "AccessDenied": "Ask for the right to do this on the stack's buckets.",
            "403": "Ask for the right to do this on the stack's buckets.",
            "ExpiredToken": "Log in again.",
            "ExpiredTokenException": "Log in again.",
            "InvalidClientTokenId": "Check the AWS credentials.",
        }.get(code, "Try again; if it stays, look at the stack.")
        return Trouble(f"AWS answered {code} to {error.operation_name}.", remedy, exit=Exit.FAILED)
    return Trouble(f"AWS cannot be reached: {error}", "Check the network and try again.", exit=Exit.FAILED)


def is_missing(error: ClientError) -> bool:
    """Whether S3 says that there is no such object."""
    return error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey", "NotFound"}


def is_forbidden(error: ClientError) -> bool:
    """Whether S3 says that the person may not."""
    return error.response.get("Error", {}).get("Code") in {"403", "AccessDenied", "Forbidden"}


def _session_of(environment: Mapping[str, str]) -> Session:
    return Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment.get("AWS_REGION") or environment["AWS_DEFAULT_REGION"],
    )


def _deployed(name: str) -> Stack:
    session = Session()
    try:
        answer = session.client("cloudformation", config=_CONFIG).describe_stacks(StackName=name)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ValidationError":
            raise
        region = session.region_name or "?"
        raise Trouble(
            f"There is no stack {name!r} in {region}.",
            "Check --stack, AWS_REGION and AWS_PROFILE, or deploy it first.",
        ) from error
    found: Any = answer["Stacks"][0]
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in found.get("Outputs", ())}
    parameters = {
        entry["ParameterKey"]: entry.get("ParameterValue", "") for entry in found.get("Parameters", ())
    }
    client = session.client("s3", config=_CONFIG)
    local = urlsplit(client.meta.endpoint_url).hostname == "127.0.0.1"
    created = 0.0 if local else found["CreationTime"].timestamp()
    return replace(_stack(name, client, outputs, parameters), events_name_versions=not local, created=created)


def _stack(name: str, s3: S3Client, outputs: Mapping[str, str], parameters: Mapping[str, str]) -> Stack:
    missing = {"InboxBucketName", "ResultsBucketName"} - outputs.keys()
    if missing:
        raise Trouble(
            f"The stack {name!r} is not a batchdrop stack, or not ready: it has no output {', '.join(sorted(missing))}.",
            "Wait for its deployment to end, or check --stack.",
        )
    return Stack(
        name=name,
        inbox=outputs["InboxBucketName"],
        results=outputs["ResultsBucketName"],
        s3=s3,
        private_names=parameters.get("PrivateNames") == "true",
        input_days=int(parameters.get("InputDays") or 30),
        outputs=dict(outputs),
    )
