"""What AWS does on a bad day, as rules for microburst: throttles, busy signals, lost replies, expired credentials, cut connections.

A call is made five times in all by the AWS client, so a rule that breaks up to four in a row is weathered within one invocation,
and one that breaks more reaches the handler.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.aws.clients import ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Sequence

Rule = dict[str, Any]
SERVICES = ("geoapify", "here_batch_v7")
"""One whose POST starts the job, and one of two phases: each has a file in every outage."""

LOST: Rule = {"response": {"abort_frac": 0.0, "strip_headers": ["Content-Length"]}}
"""The call is passed on and done; the connection breaks before its reply has come."""

CUT: Rule = {"response": {"abort_frac": 0.0}}
"""As LOST, but the length of the reply was announced. boto3 does not compare: to it a JSON reply is then a success that says nothing."""

_AND_AGAIN = {"sequence": {"fail": 1, "pass": 1}}
_FOR_LONG = {"times": 3 * ATTEMPTS}


@dataclass(frozen=True, slots=True)
class Outage:
    """One kind of bad weather. rules: each must have broken a call; large: results as large as a multipart upload; cold: functions begin
    anew, with nothing at hand; begins: the status of the jobs at which it begins, at once unless given.
    """

    name: str
    rules: tuple[Rule, ...]
    large: bool = False
    cold: bool = False
    begins: str = ""


def _each(rule: Rule, body: str, **more: Any) -> tuple[Rule, ...]:
    """The rule once for the job of each service. `body`: a condition on the call's body, with SERVICE in it."""
    return tuple({**rule, "body": body.replace("SERVICE", service), **more} for service in SERVICES)


def _error(service: str, code: str, status: int, **more: Any) -> Rule:
    return {"service": service, "error": {"code": code, "status": status}, **more}


_UPDATE = {"service": "dynamodb", "operation": "UpdateItem", **LOST}
_TOGETHER = {"service": "dynamodb", "operation": "TransactWriteItems", **LOST}
_JOB = "starts_with(Key.pk.S, 'job#SERVICE')"
_CLAIM = f"{_JOB} && Key.sk.S == 'job' && contains(ConditionExpression, 'attribute_not_exists')"
_POSTING = (
    f"{_JOB} && starts_with(Key.sk.S, 'batch#') && contains(values(ExpressionAttributeValues)[].S, 'posting')"
)
_MINE = "(TransactItems[].Update.Key | [?starts_with(pk.S, 'job#SERVICE')])"
_TICKET = f"{_MINE} && (TransactItems[].Update.Key | [?starts_with(pk.S, 'ticket#')])"
_EVENT = f"{_MINE} && (TransactItems[].Update.Key | [?starts_with(sk.S, 'event#')])"
_START = {"service": "stepfunctions", "operation": "StartExecution"}
_COMPLETE = {"service": "s3", "body": "Part || CompleteMultipartUpload"}
"""By its body: microburst 0.10.0 takes this call for another one [measured]."""

_THROTTLED = "ProvisionedThroughputExceededException"

OUTAGES: Sequence[Outage] = (
    Outage("DynamoDB throttles every other call", (_error("dynamodb", _THROTTLED, 400, **_AND_AGAIN),)),
    Outage(
        "DynamoDB throttles writes for longer than a call is repeated",
        (_error("dynamodb", _THROTTLED, 400, operation="UpdateItem", **_FOR_LONG),),
    ),
    Outage("S3 says SlowDown to every other call", (_error("s3", "SlowDown", 503, **_AND_AGAIN),)),
    Outage(
        "S3 says SlowDown for longer than a call is repeated",
        (
            _error("s3", "SlowDown", 503, operation="GetObject", **_FOR_LONG),
            _error("s3", "SlowDown", 503, operation="PutObject", **_FOR_LONG),
        ),
    ),
    Outage("the reply to the claim is lost", _each(_UPDATE, _CLAIM, times=1)),
    Outage("every reply to the claim is lost", _each(_UPDATE, _CLAIM, times=ATTEMPTS)),
    Outage("the reply to marking posting is lost", _each(_UPDATE, _POSTING, times=1)),
    Outage("every reply to marking posting is lost", _each(_UPDATE, _POSTING, times=ATTEMPTS)),
    Outage("the reply to writing the ticket is lost", _each(_TOGETHER, _TICKET, times=1)),
    Outage("every reply to writing the ticket is lost", _each(_TOGETHER, _TICKET, times=ATTEMPTS)),
    Outage("every reply to writing the end and its event is lost", _each(_TOGETHER, _EVENT, times=ATTEMPTS)),
    Outage(
        "the replies to SNS Publish are lost",
        ({"service": "sns", "operation": "Publish", **LOST, "times": 2},),
    ),
    Outage(
        "all replies to SNS Publish are lost for longer than a call is repeated",
        ({"service": "sns", "operation": "Publish", **LOST, **_FOR_LONG},),
    ),
    Outage(
        "the replies to EventBridge PutEvents are lost",
        ({"service": "events", "operation": "PutEvents", **LOST, "times": 2},),
    ),
    Outage(
        "the replies to CompleteMultipartUpload are lost",
        ({**_COMPLETE, **LOST, "times": 2},),
        large=True,
    ),
    Outage(
        "all replies to CompleteMultipartUpload are lost for longer than a call is repeated",
        ({**_COMPLETE, **LOST, **_FOR_LONG},),
        large=True,
    ),
    Outage(
        "objects are cut off half way",
        ({"service": "s3", "operation": "GetObject", "response": {"abort_frac": 0.5}, **_AND_AGAIN},),
    ),
    Outage(
        "the credentials have expired when the file comes",
        (_error("*", "ExpiredTokenException", 400, times=4),),
    ),
    Outage(
        "the credentials expire while jobs are at work",
        (
            _error("dynamodb", "ExpiredTokenException", 400, times=8),
            _error("s3", "ExpiredToken", 400, times=2),
        ),
        begins="inProgress",
    ),
    Outage(
        "every third connection is reset",
        ({"service": "*", "reset": True, "sequence": {"fail": 1, "pass": 2}},),
    ),
    Outage(
        "Step Functions throttles StartExecution",
        (_error("stepfunctions", "ThrottlingException", 400, operation="StartExecution", times=3),),
    ),
    Outage(
        "Step Functions throttles StartExecution for longer than a call is repeated",
        (
            _error(
                "stepfunctions", "ThrottlingException", 400, operation="StartExecution", times=2 * ATTEMPTS
            ),
        ),
    ),
    Outage("every reply to StartExecution is lost", ({**_START, **LOST, "times": 2 * ATTEMPTS},)),
    Outage(
        "answers of EventBridge and Step Functions end after their headers",
        (
            {"service": "events", **CUT, "times": 2},
            {"service": "stepfunctions", "operation": "StartExecution", **CUT, "times": 2},
        ),
    ),
    Outage(
        "Secrets Manager breaks down",
        (_error("secretsmanager", "InternalServiceError", 500, operation="GetSecretValue", **_FOR_LONG),),
        cold=True,
    ),
    Outage(
        "answers of Secrets Manager end after their headers",
        ({"service": "secretsmanager", **CUT, "times": 2},),
        cold=True,
    ),
)

QUICK = tuple(
    each
    for each in OUTAGES
    if each.name in ("every reply to marking posting is lost", "the replies to SNS Publish are lost")
)
"""What runs in `make test`."""
