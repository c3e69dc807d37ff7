"""The proof itself: what it asks for, and that it sees what is missing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.permissions.calls import Call, made_by_aws, resource_of
from tests.permissions.proof import SIMULATOR, denied, grants, removals
from tests.permissions.roles import ACCOUNT, REGION, principals
from tests.permissions.site.aws_call_recorder import Recorder, needs

if TYPE_CHECKING:
    from pathlib import Path

TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/table"
POINTER = Call("submit", "s3:GetObjectVersion", "arn:aws:s3:::resultsbucket/by-input/r/people.csv.json")
evaluated = pytest.mark.skipif(
    not (SIMULATOR / "node_modules").is_dir(), reason="no npm here: iam-simulate is not installed"
)


@pytest.mark.parametrize(
    ("service", "operation", "params", "actions"),
    [
        ("s3", "HeadObject", {"Key": "k"}, ["s3:GetObject", "kms:Decrypt"]),
        ("s3", "GetObject", {"Key": "k", "VersionId": "v"}, ["s3:GetObjectVersion", "kms:Decrypt"]),
        (
            "s3",
            "PutObject",
            {"Key": "k", "Tagging": "a=b", "IfMatch": "e"},
            ["s3:PutObject", "s3:PutObjectTagging", "s3:GetObject", "kms:GenerateDataKey"],
        ),
        ("s3", "ListObjectVersions", {"Prefix": "p"}, ["s3:ListBucketVersions"]),
        (
            "s3",
            "DeleteObjects",
            {"Delete": {"Objects": [{"Key": "a", "VersionId": "v"}, {"Key": "b"}]}},
            ["s3:DeleteObjectVersion", "s3:DeleteObject"],
        ),
    ],
)
def test_a_call_needs_more_than_the_action_of_its_name(
    service: str, operation: str, params: dict[str, Any], actions: list[str]
) -> None:
    assert [action for action, _, _ in needs(service, operation, {"Bucket": "b", **params})] == actions


def test_a_transaction_needs_the_action_of_each_part_on_its_row() -> None:
    key = {"pk": {"S": "job#a"}, "sk": {"S": "job"}}
    parts = [{"Update": {"TableName": "t", "Key": key}}, {"Delete": {"TableName": "t", "Key": key}}]
    found = needs("dynamodb", "TransactWriteItems", {"TransactItems": parts})
    assert [(action, keys) for action, _, keys in found] == [
        ("dynamodb:UpdateItem", {"dynamodb:LeadingKeys": ["job#a"]}),
        ("dynamodb:DeleteItem", {"dynamodb:LeadingKeys": ["job#a"]}),
    ]


def test_a_thread_that_calls_for_another_function_leaves_the_main_thread_its_own(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    began, may_end = threading.Event(), threading.Event()
    heard: list[str] = []

    def plan() -> None:
        heard.append(recorder.principal)
        with recorder.calling("plan"):
            began.set()
            may_end.wait(10)
            heard.append(recorder.principal)

    thread = threading.Thread(target=plan)
    with recorder.calling("submit"):
        thread.start()
        assert began.wait(10)
        heard.append(recorder.principal)
    may_end.set()
    thread.join()
    assert heard == ["submit", "submit", "plan"]
    assert not recorder.principal


def test_a_call_that_nobody_has_looked_up_is_no_call_that_needs_nothing() -> None:
    with pytest.raises(KeyError):
        needs("s3", "PutBucketPolicy", {"Bucket": "b"})


def test_a_recorded_name_is_that_of_the_template_and_an_unknown_one_stays() -> None:
    variables = {"BATCHDROP_TABLE": "table", "BATCHDROP_INBOX_BUCKET": "inboxbucket"}
    assert resource_of("table:{BATCHDROP_TABLE}/index/byStatus", variables) == f"{TABLE}/index/byStatus"
    assert resource_of("arn:aws:s3:::{BATCHDROP_INBOX_BUCKET}/routes/a.json", variables) == (
        "arn:aws:s3:::inboxbucket/routes/a.json"
    )
    assert resource_of("arn:aws:s3:::elsewhere/a", variables) == "arn:aws:s3:::elsewhere/a"
    assert resource_of("key:elsewhere", variables) is None


def test_every_function_and_every_policy_for_people_is_a_principal() -> None:
    functions = {
        "submit",
        "plan",
        "admit",
        "advance",
        "collect",
        "announce",
        "deliver",
        "callback",
        "jobs_api",
        "sweep",
    }
    assert set(principals()) == functions | {"machine", "DropperPolicy", "ReaderPolicy", "OperatorPolicy"}
    assert all(each.policies for each in principals().values())


@evaluated
def test_what_lambda_and_step_functions_do_with_their_roles_is_allowed() -> None:
    assert denied([*made_by_aws()]) == []


@evaluated
@pytest.mark.parametrize(
    "call",
    [
        Call("submit", "s3:PutObject", "arn:aws:s3:::inboxbucket/incoming/r/people.csv"),
        Call("submit", "s3:GetObject", "arn:aws:s3:::inboxbucket/incoming/r/people.csv"),
        Call("plan", "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:geoapify-AbCdEf"),
        Call("callback", "dynamodb:GetItem", TABLE, {"dynamodb:LeadingKeys": ["job#people-0123456789abcdef"]}),
        Call("collect", "s3:GetObject", "arn:aws:s3:::resultsbucket/jobs/a/job.json", {"aws:ResourceAccount": "210987654321"}),
        Call("deliver", "kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/secrets", {"kms:ViaService": "s3.amazonaws.com"}),
    ],
    ids=lambda call: f"{call.principal} {call.action}",
)  # fmt: skip
def test_what_nobody_was_given_is_denied_conditions_too(call: Call) -> None:
    assert [refused for refused, _ in denied([call])] == [call]


@evaluated
def test_an_action_that_is_taken_out_is_missed() -> None:
    assert denied([POINTER]) == []
    noticed = [grant for grant, red in removals([POINTER]).items() if red]
    assert [(grant.principal, grant.action) for grant in noticed] == [("submit", "s3:GetObjectVersion")]
    assert len([*grants()]) > 100
