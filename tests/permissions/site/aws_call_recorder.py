"""Record what AWS would have to allow: each call of boto3, as the actions and resources that its policies are asked about.

Standard library and botocore only: handlers on the local AWS import it too (see sitecustomize.py), and their layer has no tests.
A line of JSON for each new combination goes into a file of this process; names of this deployment are replaced by the variables that
hold them ({BATCHDROP_TABLE}), so that lines of all tests can be compared.
"""

from __future__ import annotations

import json
import os
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FOLDER = "RECORD_AWS_CALLS"
"""Environment variable that names the folder to write into; nothing is recorded without it."""

_ASKED = "batchdrop.asked"
_OURS = ("batchdrop", "batchdrop-cli")
"""What the product's clients add to their user agent: a test's own clients add nothing."""

_HELD_BY = {"table": "BATCHDROP_TABLE", "bus": "BATCHDROP_BUS_NAME"}
"""Where one name stands for several things, as in the tests of handlers."""

_GENERATED = {
    "-inboxbucket-": "{BATCHDROP_INBOX_BUCKET}",
    "-resultsbucket-": "{BATCHDROP_RESULTS_BUCKET}",
    "-table-": "{BATCHDROP_TABLE}",
}
"""What CloudFormation puts into names that it makes up, for commands whose environment holds no names."""


class Recorder:
    """Writes down the calls of one process. `principal`: who calls; nothing is written while it is empty.

    A thread that says itself for whom it calls is believed; other threads call for whom the main thread calls.
    """

    def __init__(self, folder: Path, principal: str = "") -> None:
        self._principal = principal
        self._of_thread = threading.local()
        self.names: dict[str, str] = {}
        """Further names and what stands for them."""
        self._file = folder / f"{os.getpid()}.jsonl"
        self._seen: set[tuple[str, ...]] = set()

    def install(self) -> None:
        """Hear every call of each boto3 session that is made from now on, presigned URLs too."""
        import botocore.handlers  # noqa: PLC0415  # a handler without boto3 must start as fast as ever

        botocore.handlers.BUILTIN_HANDLERS += [
            ("provide-client-params", self._asked),
            ("after-call", self._answered),
        ]

    @contextmanager
    def calling(self, principal: str) -> Iterator[None]:
        """Write down the calls of `principal` for a while."""
        before = self.principal
        self._set(principal)
        try:
            yield
        finally:
            self._set(before)

    @property
    def principal(self) -> str:
        """Who calls in this thread; "" for nobody."""
        return getattr(self._of_thread, "principal", None) or self._principal

    def _set(self, principal: str) -> None:
        if threading.current_thread() is threading.main_thread():
            self._principal = principal
        else:
            self._of_thread.principal = principal

    def _asked(self, params: Any, model: Any, context: Any, **_: Any) -> None:
        config = context.get("client_config")  # a presigned URL has none
        if not self.principal or (config and config.user_agent_extra not in _OURS):
            return
        context[_ASKED] = params
        for action, resource, keys in needs(model.service_model.service_name, model.name, params):
            self._write(action, resource, keys)

    def _answered(self, http_response: Any, model: Any, context: Any, **_: Any) -> None:
        """S3 says 404 only to those who may list the bucket, and 403 to others."""
        missing = model.name in ("GetObject", "HeadObject") and http_response.status_code == 404
        if missing and _ASKED in context:
            self._write("s3:ListBucket", f"arn:aws:s3:::{{{context[_ASKED]['Bucket']}}}", {})

    def _write(self, action: str, resource: str, keys: Mapping[str, Any]) -> None:
        kind = resource.partition(":")[0]
        named = re.sub(r"\{([^{}]+)\}", lambda found: self._name(found[1], kind), resource)
        shape = re.sub(r"[0-9a-f]{8,}|\d+", "#", f"{named} {json.dumps(keys)}")
        if (self.principal, action, shape) in self._seen:
            return
        self._seen.add((self.principal, action, shape))
        line = {"principal": self.principal, "action": action, "resource": named, "context": keys}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _name(self, name: str, kind: str) -> str:
        """Return the variable that holds this name, in braces; the name where none does."""
        for variable, value in os.environ.items():
            if variable.startswith(_HELD_BY.get(kind, "BATCHDROP_")) and name in (value, *value.split(",")):
                return f"{{{variable}}}"
        if name in self.names:
            return self.names[name]
        generated = [each for part, each in _GENERATED.items() if part in name.lower()]
        return generated[0] if generated else name


_VIA_SECRETS = {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"}


def needs(service: str, operation: str, params: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the actions, resources and condition keys that AWS checks for a call. Names to be replaced stand in braces.

    Source: the Service Authorization Reference, and "Required permissions for Amazon S3 API operations".
    Raises KeyError for an operation that nobody has looked up yet.
    """
    found: list[tuple[str, str, dict[str, Any]]] = _SERVICES[service](operation, params)
    return found


def _s3(operation: str, params: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    bucket = f"arn:aws:s3:::{{{params['Bucket']}}}"
    of_bucket = {
        "ListObjectsV2": "ListBucket",
        "HeadBucket": "ListBucket",
        "ListObjectVersions": "ListBucketVersions",
        "ListMultipartUploads": "ListBucketMultipartUploads",
        "GetBucketNotificationConfiguration": "GetBucketNotification",
        "GetBucketTagging": "GetBucketTagging",
        "PutBucketTagging": "PutBucketTagging",
    }
    if operation in of_bucket:
        keys = {"s3:prefix": params["Prefix"]} if "Prefix" in params else {}
        return [(f"s3:{of_bucket[operation]}", bucket, keys)]
    if operation == "DeleteObjects":
        gone = [(each["Key"], "VersionId" in each) for each in params["Delete"]["Objects"]]
        return [(f"s3:DeleteObject{'Version' if old else ''}", f"{bucket}/{key}", {}) for key, old in gone]
    version = "Version" if params.get("VersionId") else ""
    actions = {
        "GetObject": [f"GetObject{version}"],
        "HeadObject": [f"GetObject{version}"],
        "DeleteObject": [f"DeleteObject{version}"],
        "PutObject": ["PutObject"],
        "CreateMultipartUpload": ["PutObject"],
        "UploadPart": ["PutObject"],
        "CompleteMultipartUpload": ["PutObject"],
        "AbortMultipartUpload": ["AbortMultipartUpload"],
    }[operation]
    if params.get("Tagging"):
        actions.append("PutObjectTagging")
    if params.get("IfMatch") and operation == "PutObject":
        actions.append("GetObject")
    found: list[tuple[str, str, dict[str, Any]]] = [
        (f"s3:{each}", f"{bucket}/{params['Key']}", {}) for each in actions
    ]
    return found + _kms(operation, params["Bucket"])


def _kms(operation: str, bucket: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What an object costs in rights on the key of an inbox bucket that has its own: a bucket that has none drops the line later."""
    actions = {
        "GetObject": ["Decrypt"],
        "HeadObject": ["Decrypt"],
        "PutObject": ["GenerateDataKey"],
        "CreateMultipartUpload": ["GenerateDataKey", "Decrypt"],
        "UploadPart": ["GenerateDataKey", "Decrypt"],
        "CompleteMultipartUpload": ["Decrypt"],
    }
    return [(f"kms:{each}", f"key:{{{bucket}}}", {}) for each in actions.get(operation, ())]


def _dynamodb(operation: str, params: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    if operation == "TransactWriteItems":
        return [
            _on_table(f"{kind}Item" if kind != "ConditionCheck" else "ConditionCheckItem", given)
            for each in params["TransactItems"]
            for kind, given in each.items()
        ]
    return [_on_table(operation, params)]


def _on_table(action: str, params: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    keys = {"dynamodb:LeadingKeys": [params["Key"]["pk"]["S"]]} if "Key" in params else {}
    return f"dynamodb:{action}", f"table:{{{params['TableName']}}}{index}", keys


def _stepfunctions(operation: str, params: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    if operation == "DescribeExecution":
        machine, _, name = params["executionArn"].rpartition(":")
        return [
            (
                "states:DescribeExecution",
                f"execution:{{{machine.replace(':execution:', ':stateMachine:')}}}:{name}",
                {},
            )
        ]
    if operation == "StartExecution":
        return [("states:StartExecution", f"{{{params['stateMachineArn']}}}", {})]
    # A token names no resource: the reference lists none for this action.
    return [({"SendTaskSuccess": "states:SendTaskSuccess"}[operation], "*", {})]


def _secretsmanager(operation: str, params: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    secret = f"{{{params['SecretId']}}}"
    key = {
        "GetSecretValue": ["Decrypt"],
        "PutSecretValue": ["Decrypt", "GenerateDataKey"],
        "DescribeSecret": [],
    }
    found: list[tuple[str, str, dict[str, Any]]] = [(f"secretsmanager:{operation}", secret, {})]
    return found + [(f"kms:{each}", f"key:{secret}", dict(_VIA_SECRETS)) for each in key[operation]]


_SERVICES: dict[str, Any] = {
    "s3": _s3,
    "dynamodb": _dynamodb,
    "stepfunctions": _stepfunctions,
    "secretsmanager": _secretsmanager,
    "sns": lambda operation, params: [(f"sns:{operation}", f"{{{params['TopicArn']}}}", {})],
    "events": lambda operation, params: [
        (f"events:{operation}", f"bus:{{{name}}}", {})
        for name in sorted({each["EventBusName"] for each in params["Entries"]})
    ],
    "sqs": lambda operation, params: [(f"sqs:{operation}", f"queue:{{{params['QueueUrl']}}}", {})],
    "cloudformation": lambda operation, _: [(f"cloudformation:{operation}", "stack:", {})],
}
