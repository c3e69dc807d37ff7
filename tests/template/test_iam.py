"""Who may do what. The local AWS enforces no policies, so this is the only proof of them."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from typing import Any

import pytest

from batchdrop.batches.states import job_pk, ticket_key
from batchdrop.jobs import single_use_key
from batchdrop.steps.doorbell import registration_key
from batchdrop.steps.reporting import REPORT
from tests.template.loading import (
    as_list,
    functions,
    load_definition,
    load_template,
    resources,
    statements,
    states,
)

TEMPLATE = load_template()
FUNCTIONS = functions(TEMPLATE)
(MACHINE,) = (each["Properties"] for each in resources(TEMPLATE, "AWS::Serverless::StateMachine").values())
OWNERS = {**FUNCTIONS, "machine": MACHINE}
# Actions that AWS knows no resources for.
MAY_NAME_ANY_RESOURCE = {"DeliverLogs", "FindStream", "WakeSleepers"}
INBOX = "arn:${AWS::Partition}:s3:::${Inbox}"


def allowed(owner: str) -> dict[str, list[str]]:
    """Actions with the resources they are allowed on, written as JSON."""
    found: dict[str, list[str]] = {}
    for statement in statements(OWNERS[owner]):
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            found.setdefault(action, []).extend(json.dumps(each) for each in as_list(statement["Resource"]))
    return found


@pytest.mark.parametrize("owner", OWNERS)
def test_no_action_has_a_wildcard_and_every_statement_says_what_it_is_for(owner: str) -> None:
    for statement in statements(OWNERS[owner]):
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", statement["Sid"])
        assert all(
            re.fullmatch(r"[a-z0-9]+:[A-Z][A-Za-z]+", action) for action in as_list(statement["Action"])
        )
        assert "NotAction" not in statement
        assert "NotResource" not in statement


@pytest.mark.parametrize("owner", OWNERS)
def test_resources_are_named(owner: str) -> None:
    for statement in statements(OWNERS[owner]):
        if "*" in as_list(statement["Resource"]):
            assert statement["Sid"] in MAY_NAME_ANY_RESOURCE


def test_no_function_that_drives_jobs_may_write_into_the_inbox() -> None:
    never = resources(TEMPLATE, "AWS::IAM::ManagedPolicy")["NeverWriteInbox"]
    (deny,) = never["Properties"]["PolicyDocument"]["Statement"]
    assert deny["Effect"] == "Deny"
    assert set(deny["Action"]) >= {"s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"}
    assert deny["Resource"]["Fn::Sub"][0] == f"{INBOX}/*"
    for owner, properties in FUNCTIONS.items():
        if owner == "jobs_api":
            continue
        assert {"Ref": "NeverWriteInbox"} in properties["Policies"], owner
        writes = [
            each
            for action, on in allowed(owner).items()
            if action.startswith(("s3:Put", "s3:Del"))
            for each in on
        ]
        assert not any("InboxBucket" in each for each in writes)


@pytest.mark.parametrize(
    ("action", "owners"),
    [
        ("secretsmanager:GetSecretValue", {"advance", "callback", "deliver"}),
        ("states:SendTaskSuccess", {"callback", "collect", "jobs_api"}),
        ("sns:Publish", {"announce"}),
        ("events:PutEvents", {"announce"}),
        ("sqs:ReceiveMessage", {"submit", "deliver", "sweep"}),
        ("sqs:SendMessage", {"announce"}),
        ("dynamodb:GetRecords", {"announce"}),
        ("states:StartExecution", {"submit", "sweep", "jobs_api", "machine"}),
        ("states:StopExecution", {"machine"}),
        ("lambda:InvokeFunction", {"machine"}),
    ],
)
def test_only_these_may(action: str, owners: set[str]) -> None:
    assert {owner for owner in OWNERS if action in allowed(owner)} == owners


@pytest.mark.parametrize("reader", ["plan", "collect"])
def test_only_plan_and_collect_read_what_was_dropped(reader: str) -> None:
    def reads_input(owner: str) -> bool:
        return any(f"{INBOX}/incoming/*" in each for each in allowed(owner).get("s3:GetObjectVersion", []))

    assert reads_input(reader)
    assert {owner for owner in FUNCTIONS if reads_input(owner)} == {"plan", "collect"}


@pytest.mark.parametrize("owner", ["submit", "jobs_api", "collect"])
def test_who_points_from_an_input_to_its_job_reads_pointers_by_version(owner: str) -> None:
    """S3 asks for another action than GetObject as soon as a version is named, which moto and the local AWS do not check."""
    may = allowed(owner)["s3:GetObjectVersion"]
    assert any(where_of(each) == "${ResultsBucket.Arn}/by-input/*" for each in may if "Fn::Sub" in each)


def test_advance_reads_each_secret_that_has_a_parameter_and_only_if_it_is_given() -> None:
    parameters = {name for name in TEMPLATE["Parameters"] if name.endswith(("SecretArn", "SecretArns"))} - {
        "WebhookSecretArn"
    }
    conditional = [
        each["Fn::If"]
        for policy in FUNCTIONS["advance"]["Policies"]
        for each in policy.get("Statement", [])
        if "Fn::If" in each
    ]
    assert {statement["Resource"]["Ref"] for _, statement, _ in conditional} == {*parameters, "SecretsKeyArn"}
    for condition, statement, otherwise in conditional:
        assert otherwise == {"Ref": "AWS::NoValue"}
        parameter: Any = {"Ref": statement["Resource"]["Ref"]}
        if parameter["Ref"].endswith("Arns"):
            parameter = {"Fn::Join": ["", parameter]}
        given = {"Fn::Not": [{"Fn::Equals": [parameter, ""]}]}
        assert TEMPLATE["Conditions"][condition] == given


@pytest.mark.parametrize("owner", ["advance", "deliver"])
def test_who_reads_secrets_may_use_the_key_they_are_encrypted_with_and_only_for_that(owner: str) -> None:
    (found,) = (each for each in statements(FUNCTIONS[owner]) if "SecretsKeyArn" in json.dumps(each))
    assert found["Action"] == "kms:Decrypt"
    service = {"Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"}
    assert found["Condition"] == {"StringEquals": {"kms:ViaService": service}}


def test_deliver_reads_its_queue_and_one_secret_and_nothing_else() -> None:
    may = allowed("deliver")
    assert set(may) == {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ChangeMessageVisibility",
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
    }
    assert may.pop("secretsmanager:GetSecretValue") == ['{"Ref": "WebhookSecretArn"}']
    assert may.pop("kms:Decrypt") == ['{"Ref": "SecretsKeyArn"}']
    assert {each for on in may.values() for each in on} == {'{"Fn::GetAtt": "WebhookQueue.Arn"}'}


def test_announce_reads_the_tables_stream_and_keeps_what_it_could_not_publish() -> None:
    may = allowed("announce")
    for action in ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"):
        assert may[action] == ['{"Fn::GetAtt": "Table.StreamArn"}']
    assert may["sqs:SendMessage"] == [
        f'{{"Fn::GetAtt": "{each}.Arn"}}' for each in ("UndeliveredQueue", "WebhookQueue")
    ]
    conditional = [
        each["Fn::If"]
        for policy in FUNCTIONS["announce"]["Policies"]
        for each in policy.get("Statement", [])
        if "Fn::If" in each
    ]
    assert [(condition, each["Sid"]) for condition, each, _ in conditional] == [
        ("HasWebhook", "QueueForTheUser")
    ]


def test_announce_writes_the_report_of_a_run_that_broke_down() -> None:
    may = [where_of(each) for each in allowed("announce")["s3:PutObject"]]
    assert may == ["${ResultsBucket.Arn}/jobs/*/job.json", f"${{ResultsBucket.Arn}}/jobs/*/{REPORT}"]


def test_the_machine_may_call_just_the_functions_it_names() -> None:
    named = {
        re.sub(r"[${}]", "", state["Parameters"]["FunctionName"])
        for state in states(load_definition()).values()
        if state["Type"] == "Task" and "FunctionName" in state["Parameters"]
    }
    callable_ = {json.loads(each)["Fn::GetAtt"] for each in allowed("machine")["lambda:InvokeFunction"]}
    assert callable_ == {f"{name}.Arn" for name in named}


def test_the_machine_may_run_its_own_lanes() -> None:
    """A Distributed Map needs StartExecution on its own machine, Describe and Stop on its executions."""
    name = MACHINE["Name"]["Fn::Sub"]
    assert name.startswith("${AWS::StackName}")
    may = allowed("machine")
    assert all(f":stateMachine:{name}" in each for each in may["states:StartExecution"])
    for action in ("states:DescribeExecution", "states:StopExecution"):
        assert all(f":execution:{name}:*" in each for each in may[action])


def test_the_machine_writes_to_the_table_and_nothing_else() -> None:
    written = {action: on for action, on in allowed("machine").items() if action.startswith("dynamodb:")}
    assert written == {"dynamodb:UpdateItem": ['{"Fn::GetAtt": "Table.Arn"}']}


def test_callback_wakes_reads_one_secret_and_touches_no_file() -> None:
    may = allowed("callback")
    assert set(may) == {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "states:SendTaskSuccess",
        "secretsmanager:GetSecretValue",
    }
    assert may["secretsmanager:GetSecretValue"] == ['{"Ref": "CallbackSecret"}']


def where_of(resource: str) -> str:
    """The text of a Sub, with or without variables of its own."""
    text = json.loads(resource)["Fn::Sub"]
    return str(text if isinstance(text, str) else text[0])


def test_jobs_api_drops_only_where_a_key_is_used_once_and_deletes_nothing() -> None:
    """Orders are carried out by the lanes and by collect: this function needs neither secrets nor the right to delete."""
    may = allowed("jobs_api")
    assert set(may) == {
        *("dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"),
        *("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectTagging", "s3:ListBucket"),
        *("kms:Decrypt", "kms:GenerateDataKey"),  # of an inbox bucket with a key of its own
        *("states:StartExecution", "states:DescribeExecution", "states:SendTaskSuccess"),
    }
    results = "${ResultsBucket.Arn}/jobs/*"
    once = f"{INBOX}/incoming/*/.job-*/*"
    by_input = "${ResultsBucket.Arn}/by-input/*"
    assert [where_of(each) for each in may["s3:PutObject"]] == [once, f"{results}/job.json", by_input]
    read = [f"{INBOX}/routes/*", once, results, f"{results}/job.json", by_input]
    assert [where_of(each) for each in may["s3:GetObject"]] == read
    key = single_use_key("here-geocode", "people.csv", "0" * 32)
    assert fnmatch(key, once.removeprefix(f"{INBOX}/"))
    assert not fnmatch("incoming/here-geocode/people.csv", once.removeprefix(f"{INBOX}/"))


@pytest.mark.parametrize("action", ["states:StartExecution", "states:DescribeExecution"])
def test_a_machine_that_is_named_is_the_machine(action: str) -> None:
    name = MACHINE["Name"]["Fn::Sub"]
    assert all(f":{name}" in each for each in allowed("jobs_api")[action])


@pytest.mark.parametrize("owner", ["callback", "collect", "jobs_api"])
def test_a_token_names_no_machine(owner: str) -> None:
    """[doc] Service Authorization Reference: SendTaskSuccess has no resource types, so a policy that names one allows nothing."""
    assert allowed(owner)["states:SendTaskSuccess"] == ['"*"']


def test_each_role_is_its_functions_own() -> None:
    assert not [owner for owner, properties in OWNERS.items() if "Role" in properties]


def test_no_managed_policy_of_aws_is_attached() -> None:
    """They name every resource; SAM's own events for queues would attach one, so the mapping is written out."""
    assert not resources(TEMPLATE, "AWS::IAM::Role")
    for properties in OWNERS.values():
        assert not [policy for policy in properties["Policies"] if isinstance(policy, str)]
        assert {event["Type"] for event in properties.get("Events", {}).values()} <= {"Api"}


def test_policies_of_queues_and_topics_name_their_services_and_sources() -> None:
    found: list[dict[str, Any]] = [
        statement
        for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy")
        for each in resources(TEMPLATE, kind).values()
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert found
    for statement in found:
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        assert "aws:SourceArn" in statement["Condition"]["ArnEquals"]
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


OWN_ACCOUNT = {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}


def _policies() -> list[tuple[str, dict[str, Any]]]:
    """Each statement of each function, of the machine, and of the policies for people."""
    found = [(owner, each) for owner, properties in OWNERS.items() for each in statements(properties)]
    for name, policy in resources(TEMPLATE, "AWS::IAM::ManagedPolicy").items():
        listed = policy["Properties"]["PolicyDocument"]["Statement"]
        found += [(name, each["Fn::If"][1] if "Fn::If" in each else each) for each in listed]
    return found


def test_every_right_on_s3_holds_for_buckets_of_this_account_only() -> None:
    on_s3 = [
        (owner, each)
        for owner, each in _policies()
        if each["Effect"] == "Allow" and any(action.startswith("s3:") for action in as_list(each["Action"]))
    ]
    assert len(on_s3) > 15
    for owner, each in on_s3:
        assert each.get("Condition", {}).items() >= OWN_ACCOUNT.items(), (owner, each["Sid"])


def test_the_function_that_anybody_can_call_reads_tickets_and_changes_rows_of_its_kinds_only() -> None:
    rows = {
        action: each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for each in statements(FUNCTIONS["callback"])
        for action in as_list(each["Action"])
        if action.startswith("dynamodb:")
    }
    assert rows == {"dynamodb:GetItem": ["ticket#*"], "dynamodb:UpdateItem": ["job#*", "service#*"]}
    assert fnmatch(ticket_key("here-batch-v7", "JOB-1").pk, "ticket#*")
    assert fnmatch(job_pk("x-0123456789abcdef"), "job#*")
    assert fnmatch(registration_key("here-batch-v7").pk, "service#*")
