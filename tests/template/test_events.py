"""No event is lost silently: every hop is retried, has a place for what failed, and an alarm on that place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batchdrop.aws.queue import LONGEST_DELAY
from batchdrop.steps.announce import TAKEN
from batchdrop.steps.deliver import DELAYS
from batchdrop.steps.journal import event_key
from batchdrop.transport.webhook import DEADLINE
from tests.template.loading import load_definition, load_template, resources

TEMPLATE = load_template()
RULES = resources(TEMPLATE, "AWS::Events::Rule")
QUEUES = resources(TEMPLATE, "AWS::SQS::Queue")
ALARMS = [alarm["Properties"] for alarm in resources(TEMPLATE, "AWS::CloudWatch::Alarm").values()]
MAPPINGS = {
    name: mapping["Properties"]
    for name, mapping in resources(TEMPLATE, "AWS::Lambda::EventSourceMapping").items()
}
LANES = load_definition()["States"]["Lanes"]
INBOX, STREAM, WEBHOOK = (
    MAPPINGS[name] for name in ("SubmitFromInbox", "AnnounceFromTable", "DeliverFromWebhookQueue")
)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_states_its_retries_and_its_dead_letters(name: str) -> None:
    (target,) = RULES[name]["Properties"]["Targets"]
    assert set(target["RetryPolicy"]) == {"MaximumEventAgeInSeconds", "MaximumRetryAttempts"}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": "UndeliveredQueue.Arn"}}


@pytest.mark.parametrize("name", ["UploadRule", "FailedExecutionRule"])
def test_what_must_not_be_lost_is_tried_for_a_day(name: str) -> None:
    (target,) = RULES[name]["Properties"]["Targets"]
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_may_use_its_dead_letter_queue(name: str) -> None:
    (policy,) = (
        each["Properties"]["PolicyDocument"]
        for each in resources(TEMPLATE, "AWS::SQS::QueuePolicy").values()
        if each["Properties"]["Queues"] == [{"Ref": "UndeliveredQueue"}]
    )
    (allow,) = (each for each in policy["Statement"] if each["Effect"] == "Allow")
    assert {"Fn::GetAtt": f"{name}.Arn"} in allow["Condition"]["ArnEquals"]["aws:SourceArn"]


@pytest.mark.parametrize(
    "name", [name for name, rule in RULES.items() if "SweepFunction" in str(rule["Properties"]["Targets"])]
)
def test_a_rule_may_call_sweep(name: str) -> None:
    permissions = [each["Properties"] for each in resources(TEMPLATE, "AWS::Lambda::Permission").values()]
    (permission,) = (each for each in permissions if each["SourceArn"] == {"Fn::GetAtt": f"{name}.Arn"})
    assert permission["FunctionName"] == {"Ref": "SweepFunction"}
    assert permission["Principal"] == "events.amazonaws.com"


def test_only_uploads_below_incoming_become_jobs() -> None:
    pattern: dict[str, Any] = RULES["UploadRule"]["Properties"]["EventPattern"]
    assert pattern == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {
                "name": [{"Fn::If": ["OwnInbox", {"Ref": "InboxBucket"}, {"Ref": "ExistingInboxBucket"}]}]
            },
            "object": {"key": [{"prefix": "incoming/"}]},
        },
    }
    on = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert TEMPLATE["Resources"]["InboxBucket"]["Properties"]["NotificationConfiguration"] == on


def test_the_results_bucket_sends_events_to_those_only_who_want_them() -> None:
    on = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    properties = TEMPLATE["Resources"]["ResultsBucket"]["Properties"]
    nothing = {"Ref": "AWS::NoValue"}
    assert properties["NotificationConfiguration"] == {"Fn::If": ["HasResultsEvents", on, nothing]}
    assert TEMPLATE["Conditions"]["HasResultsEvents"] == {"Fn::Equals": [{"Ref": "ResultsEvents"}, "true"]}
    assert TEMPLATE["Parameters"]["ResultsEvents"]["Default"] == "false"


@pytest.mark.parametrize("name", MAPPINGS)
def test_one_bad_event_does_not_bring_the_others_back(name: str) -> None:
    assert MAPPINGS[name]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    if name != "AnnounceFromTable":
        assert MAPPINGS[name]["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_only_new_events_wake_announce() -> None:
    assert STREAM["EventSourceArn"] == {"Fn::GetAtt": "Table.StreamArn"}
    (pattern,) = STREAM["FilterCriteria"]["Filters"]
    wanted = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "event#"}]}}}}
    assert json.loads(pattern["Pattern"]) == wanted
    assert event_key("a-0123456789abcdef", 7).sk.startswith("event#")


def test_the_stream_is_read_from_its_beginning_and_a_bad_record_blocks_nobody_for_ever() -> None:
    assert STREAM["StartingPosition"] == "TRIM_HORIZON"
    assert STREAM["BisectBatchOnFunctionError"] is True
    assert 2 * TAKEN < STREAM["MaximumRecordAgeInSeconds"] <= 86_400
    assert STREAM["MaximumRetryAttempts"] >= 100
    assert STREAM["DestinationConfig"] == {
        "OnFailure": {"Destination": {"Fn::GetAtt": "UndeliveredQueue.Arn"}}
    }


def test_an_event_is_its_senders_alone_for_as_long_as_the_sender_may_live() -> None:
    announce = TEMPLATE["Resources"]["AnnounceFunction"]["Properties"]
    assert announce.get("Timeout", TEMPLATE["Globals"]["Function"]["Timeout"]) <= TAKEN


def test_a_delivery_is_tried_for_a_day_and_a_half_before_it_is_given_up() -> None:
    queue = QUEUES["WebhookQueue"]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == len(DELAYS) + 1
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": "WebhookDeadLetters.Arn"}
    assert queue["MessageRetentionPeriod"] > 1.5 * sum(DELAYS)
    timeout = TEMPLATE["Resources"]["DeliverFunction"]["Properties"]["Timeout"]
    assert queue["VisibilityTimeout"] >= 6 * timeout
    assert timeout > WEBHOOK["BatchSize"] * DEADLINE
    assert all(later <= LONGEST_DELAY <= 43_200 - timeout for later in DELAYS)
    assert list(DELAYS) == sorted(DELAYS)


def test_an_upload_event_is_tried_again_before_it_is_given_up() -> None:
    queue = QUEUES["InboxQueue"]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    assert queue["VisibilityTimeout"] >= 6 * TEMPLATE["Globals"]["Function"]["Timeout"]


def test_a_failed_execution_wakes_sweep() -> None:
    detail = RULES["FailedExecutionRule"]["Properties"]["EventPattern"]["detail"]
    assert detail == {"stateMachineArn": [{"Ref": "BatchJob"}], "status": ["FAILED", "TIMED_OUT", "ABORTED"]}


def test_failed_executions_wake_sweep_two_at_a_time() -> None:
    (target,) = RULES["FailedExecutionRule"]["Properties"]["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": "FailedExecutions.Arn"}
    mapping = MAPPINGS["SweepFromFailedExecutions"]
    assert mapping["EventSourceArn"] == target["Arn"]
    assert mapping["FunctionName"] == {"Ref": "SweepFunction"}
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}  # the least that Lambda takes
    queue = QUEUES["FailedExecutions"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * TEMPLATE["Resources"]["SweepFunction"]["Properties"]["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": "UndeliveredQueue.Arn"}


def test_sweep_which_is_called_asynchronously_keeps_what_it_failed_on() -> None:
    config = TEMPLATE["Resources"]["SweepFunction"]["Properties"]["EventInvokeConfig"]
    assert config["MaximumRetryAttempts"] == 2
    destination = config["DestinationConfig"]["OnFailure"]
    assert destination == {"Type": "SQS", "Destination": {"Fn::GetAtt": "UndeliveredQueue.Arn"}}


@pytest.mark.parametrize("queue", ["InboxDeadLetters", "UndeliveredQueue", "WebhookDeadLetters"])
def test_what_failed_raises_an_alarm(queue: str) -> None:
    dimension = {"Name": "QueueName", "Value": {"Fn::GetAtt": f"{queue}.QueueName"}}
    (alarm,) = (each for each in ALARMS if each.get("Dimensions") == [dimension])
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


def test_events_that_wait_in_the_stream_call_before_they_are_given_up() -> None:
    (alarm,) = (each for each in ALARMS if each["MetricName"] == "IteratorAge")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": STREAM["FunctionName"]}]
    assert alarm["Threshold"] < STREAM["MaximumRecordAgeInSeconds"] * 1000


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"])
def test_a_run_that_ends_badly_in_any_way_raises_an_alarm(metric: str) -> None:
    dimensions = [{"Name": "StateMachineArn", "Value": {"Ref": "BatchJob"}}]
    assert [each for each in ALARMS if each["MetricName"] == metric and each.get("Dimensions") == dimensions]


def test_a_failed_lane_raises_an_alarm() -> None:
    """[doc] Step Functions: child executions have metrics of their own, with the label of the map in the machine's ARN."""
    alarm = TEMPLATE["Resources"]["FailedLanesAlarm"]["Properties"]
    assert alarm["MetricName"] == "ExecutionsFailed"
    child = {"Fn::Sub": f"${{BatchJob}}/{LANES['Label']}"}
    assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": child}]


def test_calls_that_lambda_refuses_raise_an_alarm_when_they_last() -> None:
    alarm = TEMPLATE["Resources"]["ThrottlesAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Throttles")
    assert "Dimensions" not in alarm  # the account's limit, whoever uses it up
    assert alarm["EvaluationPeriods"] > 1
