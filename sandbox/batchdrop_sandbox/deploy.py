"""Builds and deploys the unmodified template into the local AWS, with the very `sam` commands a user would give."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3

from batchdrop.library_logs import protect_library_logs
from batchdrop.settings import WEBHOOK
from batchdrop_sandbox.emulator import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Which template parameter takes the secret of which service.
SECRET_PARAMETERS = {
    "geoapify": "GeoapifySecretArn",
    "here_batch_v7": "HereBatchV7SecretArn",
    "here_geocoder_v6": "HereGeocoderV6SecretArn",
    "here_tracking_v4": "HereTrackingV4SecretArn",
}
# The simulators take any key; this one is easy to find should it ever show up in a log.
SANDBOX_KEY = "sandbox-key-opens-nothing"
# Secrets of another shape than {"apiKey": …}.
SANDBOX_SECRETS = {"here_tracking_v4": {"email": "sandbox@example.org", "password": SANDBOX_KEY}}
# With it a receiver on this machine verifies what it gets; it signs nothing anywhere else.
SANDBOX_SIGNING_SECRET = "whsec_c2FuZGJveCBzaWduYXR1cmVzIG9wZW4gbm90aGluZw=="  # noqa: S105 - no secret
# The product takes https only. This host exists nowhere: the simulators' endpoints say who stands for it (decision 0017).
SANDBOX_WEBHOOK_URL = "https://webhook.invalid/events"
_SAM_SECONDS = 180


def aws_environment(endpoint: str) -> dict[str, str]:
    """What a process needs to talk to the local AWS and to no other, whatever profile the user has."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def client(service: str, endpoint: str) -> Any:
    """A boto3 client of the local AWS."""
    protect_library_logs()
    return boto3.client(  # type: ignore[call-overload]  # the name of the service is not a literal here
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",  # noqa: S106 - the local AWS asks for none
    )


def deploy(
    root: Path, run: Path, endpoint: str, stack: str, simulators: Mapping[str, str], **more: str
) -> dict[str, str]:
    """Deploys and returns the stack's outputs; `more`: further parameters of the template. Raises SandboxError with what `sam` said.

    A simulator named `webhook` stands for the user's URL: events are delivered to it, signed with SANDBOX_SIGNING_SECRET.
    """
    template = _build(root, run)
    aws = client("s3", endpoint), client("secretsmanager", endpoint), client("cloudformation", endpoint)
    try:
        s3, secrets, formation = aws
        s3.create_bucket(Bucket=f"{stack}-code")
        parameters = {"DeletionProtection": "false", **_make_secrets(secrets, stack), **more}
        if simulators:
            parameters["SimulatorEndpoints"] = json.dumps(dict(simulators))
        if WEBHOOK in simulators:
            parameters |= {
                "WebhookUrl": SANDBOX_WEBHOOK_URL,
                "WebhookSecretArn": _signing_secret(secrets, stack),
            }
        command = [
            "deploy",
            "--template-file",
            str(template),
            "--stack-name",
            stack,
            "--s3-bucket",
            f"{stack}-code",
        ]
        command += [
            "--no-resolve-s3",
            "--capabilities",
            "CAPABILITY_IAM",
            "--no-confirm-changeset",
            "--no-progressbar",
        ]
        command += ["--parameter-overrides", *(_override(name, value) for name, value in parameters.items())]
        _sam(root, run, command, aws_environment(endpoint))
        return read_outputs(formation, stack)
    finally:
        for each in aws:
            each.close()


def introduce(simulators: Mapping[str, str], endpoint: str) -> None:
    """Tells the simulators where the local AWS is, so that their webhooks find its API. One that is no simulator of ours is left out."""
    body = json.dumps({"endpoint": endpoint})
    for origin in {urlsplit(url).netloc for name, url in simulators.items() if name != WEBHOOK}:
        connection = http.client.HTTPConnection(origin, timeout=10)
        try:
            connection.request("POST", "/_sandbox/aws", body)
            connection.getresponse().read()
        except OSError:
            continue
        finally:
            connection.close()


def read_outputs(formation: Any, stack: str) -> dict[str, str]:
    """The outputs of a deployed stack by name."""
    outputs = formation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def _override(name: str, value: str) -> str:
    """One parameter as `sam` reads it: quoted, so that JSON with its own quotes and spaces arrives whole."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'


def _make_secrets(secrets: Any, stack: str) -> dict[str, str]:
    return {
        parameter: secrets.create_secret(
            Name=f"{stack}/{service}",
            SecretString=json.dumps(SANDBOX_SECRETS.get(service, {"apiKey": SANDBOX_KEY})),
        )["ARN"]
        for service, parameter in SECRET_PARAMETERS.items()
    }


def _signing_secret(secrets: Any, stack: str) -> str:
    made = secrets.create_secret(Name=f"{stack}/{WEBHOOK}", SecretString=SANDBOX_SIGNING_SECRET)
    return str(made["ARN"])


def _build(root: Path, run: Path) -> Path:
    """Builds into a folder of this run; what did not change comes from the cache. One build at a time."""
    built = root / "build/sam" / run.name
    with _one_at_a_time(root / "build/sam/lock"):
        _sam(
            root,
            run,
            ["build", "--cached", "--build-dir", str(built), "--cache-dir", str(root / "build/sam-cache")],
            {},
        )
    return built / "template.yaml"


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _sam(root: Path, run: Path, arguments: list[str], environment: Mapping[str, str]) -> None:
    sam = root / ".envs/sam/bin/sam"
    if not sam.exists():
        raise SandboxError("the SAM CLI is not installed: run `make install`")
    # Neither the user's AWS profile nor the settings of a `make` around us may reach `sam` and the layer's Makefile.
    mine = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS"))
    }
    mine |= {
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(run / "sam"),
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    mine |= {"PYTHON": sys.executable, **environment}  # the layer's Makefile uses our pip
    try:
        done = subprocess.run(  # noqa: S603 - our own program and arguments
            [str(sam), *arguments],
            cwd=root,
            env=mine,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SAM_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise SandboxError(f"`sam {arguments[0]}` did not end within {_SAM_SECONDS} seconds") from None
    (run / f"sam-{arguments[0]}.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        raise SandboxError(f"`sam {arguments[0]}` failed:\n{(done.stdout + done.stderr)[-3000:]}")
