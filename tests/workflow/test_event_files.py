"""The files in events/ are what the functions really get: from the state machine, the queue and the rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.loading import ROOT, functions, load_definition, load_template, resources
from tests.workflow.contract import START, answers
from tests.workflow.walk import explore

FILES = {f"{path.parent.name}/{path.stem}": path for path in sorted(ROOT.glob("events/*/*.json"))}
PAYLOADS = explore(load_definition(), START, answers).payloads
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
    "name", [n for n in FILES if n.split("/")[0] in ("plan", "admit", "advance", "collect", "announce")]
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


def test_sweep_is_told_of_what_its_rules_match() -> None:
    pattern = RULES["FailedExecutionRule"]["EventPattern"]
    failed = load("sweep/failed-execution")
    assert [failed["source"]] == pattern["source"]
    assert [failed["detail-type"]] == pattern["detail-type"]
    assert failed["detail"]["status"] in pattern["detail"]["status"]
    assert load("sweep/schedule")["detail-type"] == "Scheduled Event"
