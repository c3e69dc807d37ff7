"""The inbox: the stack's own bucket, or one that is there already; and the policies for those who drop and those who read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.aws.secrets import parameter_of
from batchdrop.services import SERVICES
from tests.template.loading import as_list, functions, load_template, resources, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = load_template()
POLICIES = resources(TEMPLATE, "AWS::IAM::ManagedPolicy")
EITHER = {"Fn::If": ["OwnInbox", {"Ref": "InboxBucket"}, {"Ref": "ExistingInboxBucket"}]}


def mentions(value: Any, path: str = "") -> Iterator[str]:
    """Where the stack's own inbox bucket is referred to but inside a choice between both."""
    if value == EITHER:
        return
    if isinstance(value, dict):
        if value.get("Condition") == "OwnInbox":
            return
        for name, each in value.items():
            yield from mentions(each, f"{path}/{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from mentions(each, f"{path}/{number}")
    elif (
        isinstance(value, str)
        and re.search(r"\bInboxBucket\b(?!Name)", value)
        and "/Fn::" in f"{path}/{value}"
    ) or (value == "InboxBucket" and path.endswith("/Ref")):
        yield path


def test_nothing_needs_the_stacks_own_bucket_when_another_is_the_inbox() -> None:
    assert TEMPLATE["Conditions"]["OwnInbox"] == {"Fn::Equals": [{"Ref": "ExistingInboxBucket"}, ""]}
    found = [*mentions(TEMPLATE["Resources"]), *mentions(TEMPLATE["Globals"]), *mentions(TEMPLATE["Outputs"])]
    assert found == []
    for name in ("InboxBucket", "InboxBucketPolicy"):
        assert TEMPLATE["Resources"][name]["Condition"] == "OwnInbox"
    assert TEMPLATE["Outputs"]["InboxBucketName"]["Value"] == EITHER
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["BATCHDROP_INBOX_BUCKET"] == EITHER


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("", True),
        ("my-team.uploads-2026", True),
        ("batchdrop-resultsbucket-1k2j3h4g5f6d", False),  # C8: a results bucket as the inbox would be a loop
        ("other-resultsbucket-x", False),
        ("Upper", False),
        ("a", False),
        ("arn:aws:s3:::bucket", False),
    ],
)
def test_a_results_bucket_is_refused_as_the_inbox_at_deploy(name: str, taken: bool) -> None:
    pattern = TEMPLATE["Parameters"]["ExistingInboxBucket"]["AllowedPattern"]
    assert bool(re.search(pattern, name)) is taken
    assert "ResultsBucket" in TEMPLATE["Resources"]  # whose logical id stands in the names that AWS makes


def test_a_second_stack_on_the_same_existing_bucket_is_refused_at_deploy() -> None:
    """Each would make a job of every file, and each would pay. CloudFormation keeps names of exports unique in an account and a region."""
    owner = TEMPLATE["Outputs"]["InboxOwner"]
    assert owner["Condition"] == "HasExistingInbox"
    assert TEMPLATE["Conditions"]["HasExistingInbox"] == {"Fn::Not": [TEMPLATE["Conditions"]["OwnInbox"]]}
    text, names = owner["Export"]["Name"]["Fn::Sub"]
    assert text == "batchdrop-inbox:${Bucket}"
    parts = {"Fn::Split": [".", {"Ref": "ExistingInboxBucket"}]}  # a dot may stand in no export's name
    assert names == {"Bucket": {"Fn::Join": [":", parts]}}


def granted(policy: str) -> dict[str, set[str]]:
    """Actions with the resources they are allowed on."""
    found: dict[str, set[str]] = {}
    for each in POLICIES[policy]["Properties"]["PolicyDocument"]["Statement"]:
        statement = each.get("Fn::If", [None, each])[1]
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            assert re.fullmatch(r"[a-z0-9]+:[A-Z][A-Za-z]+", action)
            found.setdefault(action, set()).update(json.dumps(on) for on in as_list(statement["Resource"]))
    return found


def inbox(path: str) -> str:
    return json.dumps({"Fn::Sub": [f"arn:${{AWS::Partition}}:s3:::${{Inbox}}{path}", {"Inbox": EITHER}]})


def test_a_dropper_drops_files_and_sees_routes_and_nothing_else() -> None:
    stack, key = {'{"Ref": "AWS::StackId"}'}, {'{"Ref": "InboxKeyArn"}'}
    assert granted("DropperPolicy") == {
        "s3:PutObject": {inbox("/incoming/*")},
        "s3:AbortMultipartUpload": {inbox("/incoming/*")},
        "s3:GetObject": {inbox("/routes/*")},
        "s3:ListBucket": {inbox("")},
        "cloudformation:DescribeStacks": stack,
        "kms:GenerateDataKey": key,  # both, for uploads in parts
        "kms:Decrypt": key,
    }


def test_a_dropper_lists_routes_and_not_what_others_dropped() -> None:
    statements = POLICIES["DropperPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (found,) = (each for each in statements if each.get("Action") == "s3:ListBucket")
    assert found["Condition"]["StringLike"] == {"s3:prefix": "routes/*"}


def test_an_operator_gives_orders_and_reads_neither_results_nor_dropped_files() -> None:
    may = granted("OperatorPolicy")
    written = {each for action, on in may.items() if action.startswith("s3:Put") for each in on}
    results = json.dumps({"Fn::Sub": "${ResultsBucket.Arn}/jobs/*/job.json"})
    assert written == {results, inbox("/routes/*")}
    assert may["s3:GetObject"] == written
    assert may["s3:DeleteObjectVersion"] == {inbox("/incoming/*")}
    assert "dynamodb:DeleteItem" not in may
    listing = {service for service, each in SERVICES.items() if each.can.lists}
    named = {json.loads(each)["Ref"] for each in may["secretsmanager:GetSecretValue"]} - {"CallbackSecret"}
    assert named == {parameter_of(service) for service in listing}


def test_a_reader_reads_results_and_neither_answers_nor_dropped_files() -> None:
    may = granted("ReaderPolicy")
    assert set(may) == {"s3:GetObject", "s3:ListBucket", "cloudformation:DescribeStacks"}
    paths = {json.loads(each)["Fn::Sub"] for each in may["s3:GetObject"]}
    base = "${ResultsBucket.Arn}"
    assert all(each.startswith(f"{base}/") for each in paths)
    patterns = [re.escape(each).replace(r"\*", ".*") for each in paths]

    def reads(key: str) -> bool:
        return any(re.fullmatch(pattern, f"{base}/{key}") for pattern in patterns)

    ours = ("job.json", "results.csv.gz", "results.geojson", "errors.ndjson", "problems.csv", "report.html")
    assert all(reads(f"jobs/a-1/{name}") for name in ours)
    assert reads("by-input/here-geocode/people.csv.json")
    assert not any(
        reads(f"jobs/a-1/{name}")
        for name in ("raw/00001/answer", "work/queries.ndjson", "work/collect/results-9")
    )


def test_policies_for_people_are_outputs() -> None:
    assert TEMPLATE["Outputs"]["OperatorPolicyArn"]["Value"] == {"Ref": "OperatorPolicy"}
    assert TEMPLATE["Outputs"]["DropperPolicyArn"]["Value"] == {"Ref": "DropperPolicy"}
    assert TEMPLATE["Outputs"]["ReaderPolicyArn"]["Value"] == {"Ref": "ReaderPolicy"}


def test_who_reads_the_inbox_may_use_its_key_and_who_writes_results_may_tag_them() -> None:
    for name, properties in functions(TEMPLATE).items():
        actions: dict[str, str] = {}
        for statement in statements(properties):
            for action in as_list(statement["Action"]):
                actions[action] = actions.get(action, "") + json.dumps(statement["Resource"])
        reads_inbox = "Inbox" in actions.get("s3:GetObject", "")
        assert ("InboxKeyArn" in actions.get("kms:Decrypt", "")) is reads_inbox, name
        if "ResultsBucket" in actions.get("s3:PutObject", ""):
            assert "ResultsBucket" in actions.get("s3:PutObjectTagging", ""), name
