"""The definition as a text: nothing dangles, nothing is unreachable, every task is bounded and caught."""

from __future__ import annotations

import re
from typing import Any

import pytest

from batchdrop.steps.admit import SLOT_SLEEP
from batchdrop.steps.advance.lane import FAILURES, STUCK_AFTER, TICKS
from tests.template.loading import functions, load_definition, load_template, scopes, states, targets
from tests.workflow.walk import RANG_BEFORE, TIMES_OUT, listens

DEFINITION = load_definition()
STATES = states(DEFINITION)
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
CALLS = {name: state for name, state in TASKS.items() if not listens(state)}
LISTENS = {name: state for name, state in TASKS.items() if listens(state)}
LAMBDA_TROUBLE = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
}
SLEEPS = ("Hold", "WaitForSlot")
"""Where a whole job sleeps, on its own row."""
THROTTLED = "Lambda.TooManyRequestsException"
AN_HOUR = 3600
EVENTS_AFTER_WHICH_AN_EXECUTION_FAILS = 25_000


def test_every_target_exists_in_its_own_scope() -> None:
    for scope in scopes(DEFINITION):
        for name, state in scope["States"].items():
            assert set(targets(state)) <= set(scope["States"]), name
        assert scope["StartAt"] in scope["States"]


def test_every_state_is_reachable() -> None:
    for scope in scopes(DEFINITION):
        reached, waiting = set(), [scope["StartAt"]]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += targets(scope["States"][name])
        assert reached == set(scope["States"])


def test_an_end_is_succeed_or_fail() -> None:
    assert {state["Type"] for state in STATES.values() if not targets(state)} == {"Succeed", "Fail"}
    assert not [name for name, state in STATES.items() if "End" in state]


def test_names_are_unique_over_all_scopes() -> None:
    assert len(STATES) == sum(len(scope["States"]) for scope in scopes(DEFINITION))


@pytest.mark.parametrize("name", STATES)
def test_every_state_has_a_comment(name: str) -> None:
    assert len(STATES[name]["Comment"]) > 20


@pytest.mark.parametrize("name", CALLS)
def test_every_task_has_a_timeout_longer_than_its_function(name: str) -> None:
    function = re.fullmatch(r"\$\{(\w+)Function\}", TASKS[name]["Parameters"]["FunctionName"])
    assert function
    template = load_template()
    properties = functions(template)[function[1].lower()]
    timeout = properties.get("Timeout", template["Globals"]["Function"]["Timeout"])
    assert isinstance(TASKS[name]["TimeoutSeconds"], int)  # the local AWS ignores TimeoutSecondsPath
    assert TASKS[name]["TimeoutSeconds"] >= timeout + 30


@pytest.mark.parametrize("name", CALLS)
def test_every_task_retries_only_what_lambda_itself_got_wrong(name: str) -> None:
    throttled, others = TASKS[name]["Retry"]
    assert throttled["ErrorEquals"] == [THROTTLED]
    assert set(others["ErrorEquals"]) == LAMBDA_TROUBLE
    for retry in (throttled, others):
        assert retry["JitterStrategy"] == "FULL"
        assert retry["BackoffRate"] == 2


@pytest.mark.parametrize("name", CALLS)
def test_calls_that_lambda_refuses_for_want_of_concurrency_are_tried_for_about_an_hour(name: str) -> None:
    """A new account runs 10 functions at once: hundreds of files dropped together must queue, not break down."""
    retry = TASKS[name]["Retry"][0]
    waits = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** number, retry["MaxDelaySeconds"])
        for number in range(retry["MaxAttempts"])
    ]
    assert sum(waits) / 2 > 0.9 * AN_HOUR  # full jitter waits half as long on average
    assert retry["MaxDelaySeconds"] <= 120


@pytest.mark.parametrize("name", [name for name, state in STATES.items() if state["Type"] in ("Task", "Map")])
def test_whatever_fails_is_caught_with_its_cause(name: str) -> None:
    last = STATES[name]["Catch"][-1]
    assert last["ErrorEquals"] == ["States.ALL"]
    assert last["ResultPath"] == "$.trouble"


@pytest.mark.parametrize("name", ["Plan", "Admit", "Lanes", "Collect"])
def test_a_failure_in_the_parent_is_still_announced(name: str) -> None:
    assert STATES[name]["Catch"][-1]["Next"] == "AnnounceFailure"


def test_a_failed_announcement_fails_the_run_so_that_sweep_wakes() -> None:
    for name in ("Announce", "AnnounceFailure"):
        assert STATES[name]["Catch"][-1]["Next"] == "Failed"


def test_a_failed_look_at_a_lane_is_followed_by_a_rest() -> None:
    assert STATES["Advance"]["Catch"][-1]["Next"] == "Recover"
    assert STATES["Recover"]["Next"] == "Advance"


def test_a_lane_that_fails_until_it_is_stuck_does_not_fill_its_childs_history() -> None:
    """A failed call costs 6 events, its rest 3, each of six retries about 3; what came before counted its ticks."""
    failures = STUCK_AFTER / STATES["Recover"]["Seconds"] + FAILURES
    assert failures * (9 + 6 * 3) < EVENTS_AFTER_WHICH_AN_EXECUTION_FAILS / 2


def test_a_failed_lane_does_not_end_the_others() -> None:
    lanes = STATES["Lanes"]
    assert lanes["ToleratedFailurePercentage"] == 100
    assert lanes["MaxConcurrency"] == 8
    assert lanes["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert lanes["ResultPath"] is None  # results of children could outgrow the state


def test_only_shapes_that_work_on_aws_and_on_the_local_aws_are_used() -> None:
    text = str(DEFINITION)
    for word in (
        "QueryLanguage",
        "Assign",
        "TimeoutSecondsPath",
        "HeartbeatSeconds",
        "ItemReader",
        "ResultWriter",
    ):
        assert word not in text
    assert {state["Resource"] for state in CALLS.values()} == {"arn:${Partition}:states:::lambda:invoke"}
    update = "arn:${Partition}:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken"
    assert {state["Resource"] for state in LISTENS.values()} == {update}


def test_no_arn_names_a_partition() -> None:
    """GovCloud and China have partitions of their own: an ARN of another one ends an execution, and nothing can catch that."""
    assert "arn:aws" not in str(DEFINITION)


@pytest.mark.parametrize("name", LISTENS)
def test_a_token_is_stored_only_where_nobody_has_rung_since_the_last_look(name: str) -> None:
    """So no ring is missed; attribute_exists keeps a row that is gone from coming back as a ghost."""
    given = LISTENS[name]["Parameters"]
    assert given["TableName"] == "${Table}"
    assert given["UpdateExpression"] == "SET #token = :token"
    conditions = given["ConditionExpression"].split(" AND ")
    assert conditions[0] == "attribute_exists(pk)"
    assert "rings = :seen" in conditions[1]
    assert set(given["ExpressionAttributeValues"]) == {":token", ":seen"}
    assert set(given["ExpressionAttributeNames"]) == {"#token"}


@pytest.mark.parametrize("name", LISTENS)
def test_whoever_listens_looks_again_when_rung_when_rung_before_and_in_time(name: str) -> None:
    state = LISTENS[name]
    again, otherwise = ("Admit", "Queue") if name in SLEEPS else ("Advance", "Pause")
    assert isinstance(state["TimeoutSeconds"], int)  # the local AWS ignores TimeoutSecondsPath
    assert state["ResultPath"] is None  # what the ringer sends is no truth
    assert state["Next"] == again
    expected, rest = state["Catch"]
    assert set(expected["ErrorEquals"]) == {TIMES_OUT, RANG_BEFORE}
    assert (expected["Next"], expected["ResultPath"]) == (again, None)
    assert rest["Next"] == otherwise  # a wait that cannot fail the same way


def test_a_job_that_waits_for_a_slot_costs_next_to_nothing() -> None:
    """Three transitions each time it wakes by itself; $0.025 for 1,000 [doc: AWS Step Functions pricing, Standard, 2026]."""
    (choice,) = (each for each in STATES["Admitted?"]["Choices"] if each["StringEquals"] == "queue")
    assert choice["Next"] == "WaitForSlot"
    assert STATES["WaitForSlot"]["TimeoutSeconds"] == SLOT_SLEEP
    a_day = 86_400 / SLOT_SLEEP * 3 * 0.025 / 1000
    assert a_day * 10_000 < 3.01


def test_a_lane_listens_on_its_own_row_and_a_held_job_on_its() -> None:
    for name, state in LISTENS.items():
        job = {"pk": {"S.$": "States.Format('job#{}', $.job)"}, "sk": {"S": "job"}}
        lane = {"pk": {"S.$": "$.lane.pk"}, "sk": {"S.$": "$.lane.sk"}}
        assert state["Parameters"]["Key"] == (job if name in SLEEPS else lane)


def test_a_childs_history_stays_below_the_limit() -> None:
    """A Pause tick costs 9 events, a Listen tick 13, a failed Listen then Pause 15, each of six retries about 3.

    advance counts its ticks and hands over.
    """
    longest = 15 + 3 * 3  # three retries in every single tick would be a very bad day
    assert longest * TICKS < EVENTS_AFTER_WHICH_AN_EXECUTION_FAILS


def test_payloads_name_only_ids_and_counts() -> None:
    assert {name: _names(state["Parameters"]) for name, state in CALLS.items()} == {
        "Plan": {"job", "run"},
        "Admit": {"job", "run"},
        "Advance": set(),  # its whole input: job, run, lane, now
        "Collect": {"job", "run"},
        "Announce": {"job", "run", "failed"},
        "AnnounceFailure": {"job", "run", "failed"},
    }
    now = {"now", "settled", "listens", "wait", "rings", "ticks"}
    assert _names(STATES["Lanes"]["ItemSelector"]) == {"job", "run", "lane", *now}


def _names(template: Any) -> set[str]:
    """The field names of a payload template, however deep."""
    if not isinstance(template, dict):
        return set()
    inner = {name for value in template.values() for name in _names(value)}
    own = {name.removesuffix(".$") for name in template} - {"FunctionName", "Payload"}
    return own | inner
