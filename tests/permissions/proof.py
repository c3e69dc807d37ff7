"""`make permissions`: replay every AWS call of the tests against the policies of its caller, and take each action out once.

    python -m tests.permissions.proof build/permissions [--denied]

`--denied`: only that no call is denied, as after `make test`, which leaves out the longer tests. Ends with an error when a call is denied, when an action that no call needs has no reason here, or when an action can go unnoticed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.permissions.calls import COMMAND, Call, made_by_aws, recorded
from tests.permissions.roles import principals
from tests.template.loading import ROOT, as_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SIMULATOR = ROOT / ".envs/iam"

_GIVEN_UP = "an upload in parts that fails is given up, so that its parts cost nothing"
_LOOKS_FIRST = "job.json is looked at before it is written, and S3 says 404 only to those who may list"
_BY_HAND = "definitions of routes are put with the AWS CLI: there is no command for it"
WITHOUT_A_CALL: dict[tuple[str, str, str], str] = {
    **dict.fromkeys(
        (
            ("DropperPolicy", "DropFiles", "s3:AbortMultipartUpload"),
            ("plan", "WritePlan", "s3:AbortMultipartUpload"),
            ("advance", "ReadPlanWriteAnswers", "s3:AbortMultipartUpload"),
            ("collect", "WriteResults", "s3:AbortMultipartUpload"),
        ),
        _GIVEN_UP,
    ),
    **dict.fromkeys(
        (
            ("admit", "TellMissingFromForbidden", "s3:ListBucket"),
            ("advance", "TellMissingFromForbidden", "s3:ListBucket"),
            ("OperatorPolicy", "FindJobs", "s3:ListBucket"),
        ),
        _LOOKS_FIRST,
    ),
    **{("OperatorPolicy", "DefineRoutes", f"s3:{each}Object"): _BY_HAND for each in ("Get", "Put", "Delete")},
    **{("OperatorPolicy", "UseInboxKey", f"kms:{each}"): _BY_HAND for each in ("Decrypt", "GenerateDataKey")},
    ("OperatorPolicy", "ListInbox", "s3:ListBucket"): _BY_HAND,
}
"""(principal, statement, action) that no test calls, and why it stays."""

REFUSED = {
    (
        "batchdrop put",
        "s3:ListBucket",
    ): "who may not list is answered 403 for a missing route, which is read as missing",
    ("batchdrop check", "s3:ListBucket"): "as for put",
    ("batchdrop put", "dynamodb:GetItem"): "who may only drop is not told that the same bytes came before",
    ("batchdrop check", "dynamodb:GetItem"): "as for put",
}
"""(principal, action) that a command tries and can do without, and why."""

DROP, READ, OPERATE = ("DropperPolicy",), ("ReaderPolicy",), ("OperatorPolicy",)
POLICIES = {
    "put": DROP + READ,
    "check": DROP,
    "routes": DROP,
    **dict.fromkeys(("show", "watch", "fetch", "merge", "jobs"), READ),
    **dict.fromkeys(
        ("start", "stop", "delete", "adopt", "resubmit", "recollect", "accept-gaps", "redrive"), OPERATE
    ),
    **dict.fromkeys(("orphans", "webhook"), OPERATE),
}
"""The policies that docs/deploy.md names for each command."""


@dataclass(frozen=True, slots=True)
class Grant:
    """An action of one statement."""

    principal: str
    policy: str
    statement: int
    sid: str
    action: str

    @property
    def key(self) -> tuple[str, str, str]:
        """How WITHOUT_A_CALL names it."""
        return self.principal, self.sid, self.action


def policies_of(principal: str) -> list[str]:
    """Return whose policies a caller has: a function its own, a command those of the person who runs it."""
    if principal.startswith(COMMAND):
        return list(POLICIES[principal.removeprefix(COMMAND)])
    return [principal]


def evaluate(asked: Iterable[tuple[Call, Grant | None]]) -> list[dict[str, Any]]:
    """Return iam-simulate's answer for each call, with a grant taken out."""
    requests = [
        {
            "policies": [each for each in policies_of(call.principal) if each in principals()],
            "action": call.action,
            "resource": call.resource,
            "context": call.context,
            "without": [grant.principal, grant.policy, grant.statement, grant.action] if grant else None,
        }
        for call, grant in asked
    ]
    given = {
        "root": str(SIMULATOR),
        "principals": {name: each.policies for name, each in principals().items()},
        "requests": requests,
    }
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("evaluate.mjs"))],  # noqa: S607 - whichever node is there
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def grants() -> Iterator[Grant]:
    """Yield each action that a statement of the template allows."""
    for principal, each in principals().items():
        for policy, document in each.policies.items():
            for number, statement in enumerate(document["Statement"]):
                if statement["Effect"] == "Allow":
                    for action in as_list(statement["Action"]):
                        yield Grant(principal, policy, number, statement.get("Sid", "SAM"), action)


def denied(calls: Sequence[Call]) -> list[tuple[Call, str]]:
    """Return the calls that somebody's policies do not allow, with the reason."""
    answers = evaluate([(call, None) for call in calls])
    return [
        (call, answer["reason"])
        for call, answer in zip(calls, answers, strict=True)
        if not answer["allowed"] and (call.principal, call.action) not in REFUSED
    ]


def removals(calls: Sequence[Call]) -> dict[Grant, int]:
    """Return how many calls are denied once an action is taken out of its statement."""
    asked = [
        (call, grant)
        for grant in grants()
        for call in calls
        if call.action == grant.action and grant.principal in policies_of(call.principal)
    ]
    red = Counter(
        grant for (_, grant), answer in zip(asked, evaluate(asked), strict=True) if not answer["allowed"]
    )
    return {grant: red[grant] for grant in grants()}


def write_line(text: str) -> None:
    """Print a line of the report."""
    sys.stdout.write(f"{text}\n")


def main(folder: Path, *, whole: bool) -> int:
    """Print the tables; return 1 when something is wrong. `whole`: all tests ran, so an action without a call is superfluous."""
    calls = [*recorded(folder), *made_by_aws()]
    refused = denied(calls)
    by_principal: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        by_principal[call.principal].append(call)
    write_line(f"{'who':<28}{'calls':>6}{'actions':>9}{'denied':>8}")
    for principal, made in sorted(by_principal.items()):
        wrong = sum(call.principal == principal for call, _ in refused)
        write_line(f"{principal:<28}{len(made):>6}{len({each.action for each in made}):>9}{wrong:>8}")
    write_line(f"{'all':<28}{len(calls):>6}{len({each.action for each in calls}):>9}{len(refused):>8}")
    for call, reason in refused:
        write_line(f"denied: {call.principal} {call.action} {call.resource} {call.context or ''} {reason}")
    if not whole:
        return 1 if refused else 0
    taken = removals(calls)
    silent = [grant for grant, red in taken.items() if not red]
    reasons = [grant for grant in silent if grant.key in WITHOUT_A_CALL]
    write_line(
        f"\nactions taken out one by one: {len(taken)}; noticed: {len(taken) - len(silent)}; kept for a reason: {len(reasons)}"
    )
    for grant in reasons:
        write_line(f"kept: {grant.principal} {grant.sid} {grant.action}: {WITHOUT_A_CALL[grant.key]}")
    unexplained = [grant for grant in silent if grant not in reasons]
    needless = sorted(WITHOUT_A_CALL.keys() - {grant.key for grant in silent})
    for key in needless:
        write_line(f"a reason for nothing: {' '.join(key)}")
    for grant in unexplained:
        write_line(f"unused: {grant.principal} {grant.sid} {grant.action}")
    return 1 if refused or unexplained or needless else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), whole="--denied" not in sys.argv))
