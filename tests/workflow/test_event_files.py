"""The files in events/ are what the functions really get: from the state machine, the queue and the rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batchdrop.aws.events import message
from batchdrop.events import webhook_body
from tests.template.loading import ROOT, functions, load_definition, load_template, resources
from tests.workflow.contract import START, answers
from tests.workflow.walk import explore

FILES = {f"{path.parent.name}/{path.stem}": path for path in sorted(ROOT.glob("events/*/*.json"))}
PAYLOADS = explore(load_definition(), START, answers).payloads
MAPPINGS = {
    name: each["Properties"]
    for name, each in resources(load_template(), "AWS::Lambda::EventSourceMapping").items()
}
(TABLE,) = (each["Properties"] for each in resources(load_template(), "AWS::DynamoDB::Table").values())
RULES = {name: rule["Properties"] for name, rule in resources(load_template(), "AWS::Events::Rule").items()}


def load(name: str) -> Any:
    return json.loads(FILES[name].read_text())


def shape(value: Any) -> Any:
    """The names and types in a JSON value."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return type(value).__name__


def test_every_function_has_an_example() -> None:
    assert set(functions(load_template())) <= {name.split("/")[0] for name in FILES}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in FILES
        if name.split("/")[0] in ("plan", "admit", "advance", "collect", "announce")
        and name != "announce/written"
    ],
)
def test_what_the_machine_sends_has_this_shape(name: str) -> None:
    task = name.split("/", maxsplit=1)[0].title()
    sent = [*PAYLOADS[task], *PAYLOADS.get(f"{task}Failure", [])]
    assert shape(load(name)) in [shape(payload) for payload in sent]


@pytest.mark.parametrize("name", [n for n in FILES if n.startswith("submit/")])
def test_upload_messages_hold_what_the_rule_lets_through(name: str) -> None:
    pattern = RULES["UploadRule"]["EventPattern"]
    for record in load(name)["Records"]:
        assert record["eventSource"] == "aws:sqs"
        if record["body"].startswith("{"):
            event = json.loads(record["body"])
            assert [event["source"]] == pattern["source"]
            assert [event["detail-type"]] == pattern["detail-type"]
            assert event["detail"]["object"]["key"].startswith("incoming/")


def test_announce_is_told_of_what_the_filter_lets_through_and_of_keys_only() -> None:
    (pattern,) = MAPPINGS["AnnounceFromTable"]["FilterCriteria"]["Filters"]
    wanted = json.loads(pattern["Pattern"])
    for record in load("announce/written")["Records"]:
        assert record["eventName"] in wanted["eventName"]
        (rule,) = wanted["dynamodb"]["Keys"]["sk"]["S"]
        assert record["dynamodb"]["Keys"]["sk"]["S"].startswith(rule["prefix"])
        assert record["dynamodb"]["StreamViewType"] == TABLE["StreamSpecification"]["StreamViewType"]
        assert not {"NewImage", "OldImage"} & set(record["dynamodb"])


@pytest.mark.parametrize("name", [n for n in FILES if n.startswith("deliver/")])
def test_deliver_is_given_what_announce_puts_into_the_queue(name: str) -> None:
    goldens = [json.loads(path.read_text()) for path in ROOT.glob("events/completion/*.json")]
    kinds = ("Job Attention", "Job Status Change")
    put = [message(webhook_body(kinds[not each["attention"]], each)) for each in goldens]
    for record in load(name)["Records"]:
        assert record["eventSource"] == "aws:sqs"
        assert record["body"] in put


def test_sweep_is_told_of_what_its_rules_match() -> None:
    pattern = RULES["FailedExecutionRule"]["EventPattern"]
    (record,) = load("sweep/failed-execution")["Records"]
    failed = json.loads(record["body"])
    assert [failed["source"]] == pattern["source"]
    assert [failed["detail-type"]] == pattern["detail-type"]
    assert failed["detail"]["status"] in pattern["detail"]["status"]
    assert load("sweep/schedule")["detail-type"] == "Scheduled Event"
